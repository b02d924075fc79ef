"""Time in tests that run beside others: a busy machine is no failure."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 120
_SCHEDULED = Path("/proc/thread-self/schedstat")  # Linux: ns on a core, ns ready without one, turns


def until(happened: Callable[[], object]) -> None:
    """Return as soon as something has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def own_seconds() -> float:
    """A clock of this thread that stands while it is ready and has no core: what it counts, the thread did or waited for."""
    now = time.perf_counter()
    return now - int(_SCHEDULED.read_text().split()[1]) / 1e9 if _SCHEDULED.exists() else now
