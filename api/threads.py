"""Threads beside the event loop for what asks no database.

Handlers that are plain functions run in threads of FastAPI's, 40 in all; they ask the database, and while that hangs each of them waits.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

Found = TypeVar("Found")
Purpose = Literal["compute", "parse", "admit", "append"]

# How many at once. Large bodies are memory, and their parser holds the interpreter's lock.
AT_ONCE: dict[Purpose, int] = {"compute": 16, "parse": 2, "admit": 8, "append": 4}
_LIMITERS: RunVar[dict[Purpose, CapacityLimiter]] = RunVar("grokcast_limiters")


async def beside(purpose: Purpose, function: Callable[[], Found]) -> Found:
    """Return what a function returns, called in a thread of those for a purpose."""
    return await to_thread.run_sync(function, limiter=_limiters()[purpose])


def _limiters() -> dict[Purpose, CapacityLimiter]:
    """Return the limiters of this event loop."""
    try:
        return _LIMITERS.get()
    except LookupError:
        limiters = {purpose: CapacityLimiter(number) for purpose, number in AT_ONCE.items()}
        _LIMITERS.set(limiters)
        return limiters
