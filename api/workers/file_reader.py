"""Files that are read beside the event loop: a few at once, each within a time."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from api.errors import TooManyFiles
from training_runs import InvalidInput

_AT_ONCE = 2  # reading holds the interpreter's lock most of the time: more would only slow forecasts down
_WAITING = 8
_SHARE = (_AT_ONCE + _WAITING) // 2  # of one key, of which one is read at a time

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
        self._unfinished: Counter[str | None] = Counter()  # by key
        self._turns: defaultdict[str | None, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, 1))
        self._turns[None] = asyncio.Semaphore(_AT_ONCE)  # without keys there is nobody else

    async def read(self, key_id: str | None, name: str, size: int, reading: Callable[[], Found]) -> Found:
        """Return what a function reads from a file of so many bytes, for a key if there are any.

        Raises
        ------
        TooManyFiles : as many are read and waiting as there may be, in all or of this key.
        InvalidInput : it takes too long.
        """
        if self._unfinished.total() >= _AT_ONCE + _WAITING:
            raise TooManyFiles(self._unfinished.total())
        if key_id is not None and self._unfinished[key_id] >= _SHARE:
            raise TooManyFiles(_SHARE, whose="your key")
        self._unfinished[key_id] += 1
        task = asyncio.create_task(self._in_turn(key_id, reading))
        task.add_done_callback(partial(self._finished, key_id))
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

    async def _in_turn(self, key_id: str | None, reading: Callable[[], Found]) -> Found:
        async with self._turns[key_id]:
            return await asyncio.get_running_loop().run_in_executor(self._threads, reading)

    def _finished(self, key_id: str | None, task: "asyncio.Task[Any]") -> None:
        self._unfinished[key_id] -= 1
        if not task.cancelled():
            task.exception()  # of one that nobody waits for any more
