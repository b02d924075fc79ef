"""Whether runs come back: what one that is trained again has in common with what was kept of it.

Training is chaotic: where sums are taken in another order, beside runs with more samples or on another machine, the last bit
of a weight differs, and after thousands of steps so does everything. So what is told is how far curves agree, and what
became of both.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training_runs import archive
from training_runs.errors import InvalidInput
from training_runs.labelled_run import LabelledRun, label
from training_runs.run import Run

TOLERANCE = 1e-3  # of a loss: a thousand times the rounding of float32, and less than a curve shows
_LOSSES = ("train_loss", "val_loss")


@dataclass(frozen=True)
class MadeAgain:
    """A run beside itself, trained again.

    Attributes
    ----------
    kept, again : both, with what became of them; values as they are stored.
    signals : how many signals the kept run has.
    same : those of them whose every value came back bit for bit, at the same steps.
    alike_until : the last recorded step up to which both losses agree to `TOLERANCE`; 0 if they never do.
    """

    kept: LabelledRun
    again: LabelledRun
    signals: int
    same: tuple[str, ...]
    alike_until: int

    @property
    def ends_alike(self) -> bool:
        """Whether both are of one class, and onsets, where both have one, differ by a tenth at most."""
        onset, other = self.kept.generalized.step, self.again.generalized.step
        near = onset is None or other is None or abs(other - onset) <= 0.1 * onset
        return self.kept.outcome == self.again.outcome and near


def drawn(runs: Sequence[Run], count: int, seed: int) -> list[Run]:
    """Return some runs at random, whatever order they come in.

    Raises
    ------
    InvalidInput : fewer than `count` have a config that they can be made from.
    """
    ours = sorted((run for run in runs if run.config), key=lambda run: run.run_id)
    if count > len(ours):
        hint = "runs recorded elsewhere have no config"
        raise InvalidInput(field="--check", value=count, expected=f"at most {len(ours)}, the runs here", hint=hint)
    return random.Random(seed).sample(ours, count)


def compared(kept: Run, again: Run) -> MadeAgain:
    """Compare a run with itself, trained again."""
    kept, again = archive.as_stored([kept, again])
    ours, theirs = kept.trajectory.signals, again.trajectory.signals
    same_steps = np.array_equal(kept.trajectory.steps, again.trajectory.steps)
    same = (n for n, values in ours.items() if n in theirs and np.array_equal(values, theirs[n], equal_nan=True))
    return MadeAgain(label(kept), label(again), len(ours), tuple(same) if same_steps else (), _alike_until(kept, again))


def _alike_until(kept: Run, again: Run) -> int:
    steps, others = kept.trajectory.steps, again.trajectory.steps
    n = min(len(steps), len(others))
    alike = steps[:n] == others[:n]
    for name in _LOSSES:
        a, b = (run.trajectory.signals[name][:n] for run in (kept, again))
        alike &= np.isclose(a, b, rtol=TOLERANCE, atol=1e-6, equal_nan=True)
    agreeing = n if alike.all() else int(alike.argmin())
    return int(steps[agreeing - 1]) if agreeing else 0
