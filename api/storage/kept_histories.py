"""Points of live runs, kept in memory: an append needs all of a run, and has just one point of it with it."""

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from training_runs import Trajectory

if TYPE_CHECKING:
    from api.storage.stored_run import StoredRun


# Beside its values: what Python needs for an array (a view of a block, as most are), and for a run with all that names it.
_ARRAY_BYTES, _RUN_BYTES = 112, 900


class _Kept(NamedTuple):
    state: tuple[int, float, int]
    history: Trajectory
    n_bytes: int


class KeptHistories:
    """The points of the runs that were asked for last, each as the database had them at one revision of its run.

    Whoever asks names the revision that the database has now, so what another worker changed is never missed.

    Parameters
    ----------
    most : bytes in all, with what Python needs for itself: of short runs that is more than their values.
    """

    def __init__(self, most: int = 32_000_000) -> None:
        self._most, self._n_bytes = most, 0
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._lock = Lock()

    def of(self, run: "StoredRun") -> Trajectory | None:
        """Return the points of a run at its revision; None where they are not kept."""
        with self._lock:
            kept = self._kept.get(run.id)
            if kept is None or kept.state != _state(run):
                return None
            self._kept.move_to_end(run.id)
            return kept.history

    def keep(self, run: "StoredRun", history: Trajectory) -> None:
        """Keep the points of a run at its revision, instead of those that were asked for longest ago."""
        kept = _Kept(_state(run), history, _bytes_of(history))
        with self._lock:
            self._forget(run.id)
            self._kept[run.id] = kept
            self._n_bytes += kept.n_bytes
            while self._n_bytes > self._most:
                self._forget(next(iter(self._kept)))

    def extend(self, before: "StoredRun", after: "StoredRun", later: Trajectory) -> None:
        """Note that points were added after all others of a run."""
        if before.point_count == 0:
            self.keep(after, later.as_recorded())
        elif (history := self.of(before)) is not None:
            self.keep(after, history.followed_by(later.as_recorded()))

    def _forget(self, number: int) -> None:
        kept = self._kept.pop(number, None)
        if kept is not None:
            self._n_bytes -= kept.n_bytes


def _bytes_of(history: Trajectory) -> int:
    """Return what a history keeps in memory: of views the whole array that they look at."""
    arrays = [history.steps, *history.signals.values(), *([] if history.times is None else [history.times])]
    wholes = {
        id(whole): whole.nbytes
        for array in arrays
        for whole in (array.base if isinstance(array.base, np.ndarray) else array,)
    }
    return _RUN_BYTES + _ARRAY_BYTES * len(arrays) + sum(wholes.values())


def _state(run: "StoredRun") -> tuple[int, float, int]:
    """Return what no other points of a run have, even in a database that was restored from an older one."""
    return run.revision, run.updated_at, run.point_count
