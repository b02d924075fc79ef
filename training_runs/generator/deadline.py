"""When the time for training is up, and what then becomes of runs that have not ended."""

import math
import time
from dataclasses import dataclass

_TO_START = 0.1  # of the time: a stack that begins later would not get far


@dataclass(frozen=True)
class Deadline:
    """The end of the time that may be spent.

    Attributes
    ----------
    start_by, stop : by the clock that all processes of a machine share and nobody sets (`time.monotonic`); no stack begins
        after the one, and training ends at the other.
    cut : whether runs that have not ended then end where they are, as if that step had been their budget. What time
        allows knows nothing of what a run was about to do, so it is as fair a budget as a drawn one. Otherwise they are
        left out, to be made again.
    """

    start_by: float
    stop: float
    cut: bool

    @classmethod
    def after(cls, minutes: float, *, cut: bool) -> "Deadline":
        """Return the deadline that is so many minutes from now."""
        now = time.monotonic()
        return cls(now + 60 * minutes * (1 - _TO_START), now + 60 * minutes, cut)

    def too_late_to_start(self) -> bool:
        """Return whether no further stack may begin."""
        return time.monotonic() >= self.start_by

    def passed(self) -> bool:
        """Return whether the time is up."""
        return time.monotonic() >= self.stop


NEVER = Deadline(math.inf, math.inf, cut=False)
