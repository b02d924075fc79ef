"""What a training has logged so far: its points by step, however often it went back."""

import time

from grokcast.monitor_backends import Point

MAX_POINTS = 10_000  # beyond, older points are thinned: a forecast hardly depends on their density


class LoggedPoints(dict[int, Point]):
    """The points of a training by step, increasing; `copy` is a plain dictionary."""

    @property
    def last_step(self) -> int:
        """The newest step; -1 before the first."""
        return next(reversed(self), -1)

    def add(self, step: int, point: Point) -> None:
        """Add signals at a step, with the time; points after an earlier step, and what it had, are dropped (a rewind)."""
        if step < self.last_step:
            while self.last_step >= step:
                self.popitem()
        # A new dict, not an update: the monitor's thread may be reading the old one.
        self[step] = {"time": round(time.time(), 3), **self.get(step, {}), **point}
        if len(self) > MAX_POINTS:
            # Every second point of the older half goes: the past gets coarser, the present stays.
            for old in list(self)[1 : MAX_POINTS // 2 : 2]:
                del self[old]
