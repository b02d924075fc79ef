"""Files that are read beside the event loop: a few at once, each within a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from api.errors import TooManyFiles
from training_runs import InvalidInput

_AT_ONCE = 2  # reading holds the interpreter's lock most of the time: more would only slow forecasts down
_WAITING = 8

Found = TypeVar("Found")


class FileReader:
    """Reads files in threads of its own.

    A thread cannot be stopped: a file that takes too long keeps its thread until it is read, and others wait. What waits is
    bounded too, so that strange files never cost more than these threads.

    Parameters
    ----------
    seconds : within which a file must be read, the wait for a thread included.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="grokcast-file")
        self._unfinished = 0

    async def read(self, name: str, size: int, reading: Callable[[], Found]) -> Found:
        """Return what a function reads from a file of so many bytes.

        Raises
        ------
        TooManyFiles : as many are read and waiting as there may be.
        InvalidInput : it takes too long.
        """
        if self._unfinished >= _AT_ONCE + _WAITING:
            raise TooManyFiles(self._unfinished)
        self._unfinished += 1
        task = asyncio.get_running_loop().run_in_executor(self._threads, reading)
        task.add_done_callback(self._finished)
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._seconds)
        except TimeoutError:
            raise InvalidInput(
                field=name,
                value=f"a file of {size} bytes",
                expected=f"a file that is read within {self._seconds:g} s",
                hint="send the metrics of one run, thinned; `grokcast forecast` has no such limit",
            ) from None

    def close(self) -> None:
        """Take no more files."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _finished(self, task: "asyncio.Future[Any]") -> None:
        self._unfinished -= 1
        if not task.cancelled():
            task.exception()  # of one that nobody waits for any more
