"""Points of live runs, kept in memory: an append needs all of a run, and has just one point of it with it."""

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from training_runs import Trajectory

if TYPE_CHECKING:
    from api.storage.stored_run import StoredRun


class _Kept(NamedTuple):
    state: tuple[int, float, int]
    history: Trajectory
    n_values: int


class KeptHistories:
    """The points of the runs that were asked for last, each as the database had them at one revision of its run.

    Whoever asks names the revision that the database has now, so what another worker changed is never missed.

    Parameters
    ----------
    most : values in all, of eight bytes.
    """

    def __init__(self, most: int = 4_000_000) -> None:
        self._most, self._n_values = most, 0
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
        kept = _Kept(_state(run), history, len(history) * (len(history.signals) + 2))
        with self._lock:
            self._forget(run.id)
            self._kept[run.id] = kept
            self._n_values += kept.n_values
            while self._n_values > self._most:
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
            self._n_values -= kept.n_values


def _state(run: "StoredRun") -> tuple[int, float, int]:
    """Return what no other points of a run have, even in a database that was restored from an older one."""
    return run.revision, run.updated_at, run.point_count
