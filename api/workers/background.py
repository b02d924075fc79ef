"""Work that a worker of the service does beside answering: small, often, and never fatal."""

import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)


class Periodic:
    """A thread that calls a function again and again until it is stopped.

    Parameters
    ----------
    work : what is called; what it raises is logged, once for each new message.
    seconds : the pause between two calls.
    """

    def __init__(self, name: str, work: Callable[[], object], seconds: float) -> None:
        self._work, self._seconds = work, seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._last_logged = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """End, after the call that is under way."""
        self._stopping.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._work()
                self._last_logged = ""
            except Exception as error:
                if repr(error) != self._last_logged:
                    _LOG.exception("%s failed; retrying", self._thread.name)
                self._last_logged = repr(error)
