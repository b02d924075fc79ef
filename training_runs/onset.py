"""When a run memorised and when it generalised, with censoring as a value.

Thresholds and classes follow Li & Sakib (ECE 826, sections 2 and 3.2). One crossing is not an event: in published
runs between 24 % and 97 % of first crossings last, so three consecutive checkpoints are required.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from training_runs.context import Context
from training_runs.trajectory import ROUNDING, FloatArray, Trajectory

SUSTAINED_EVALS = 3
MEMORIZED_ACCURACY = 0.95
COMPREHENSION_DELAY_STEPS = 1000  # Li & Sakib 3.2: a longer delay is grokking
HIGHEST_CHANCE = 0.75  # a first validation above it, as after an epoch of fine-tuning, is no guess
RISE_SHARE = 0.2  # of the way from chance to target: visible to the eye

Outcome = Literal["grokking", "comprehension", "memorization", "confusion"]
OUTCOMES: tuple[Outcome, ...] = ("grokking", "comprehension", "memorization", "confusion")


@dataclass(frozen=True)
class Onset:
    """First step from which an accuracy held, or the fact that it was not seen.

    Attributes
    ----------
    step : first of three consecutive checkpoints at or above the threshold; None where not seen.
    confirmed_step : the third of them, when the event became known; None where not seen.
    observed_until : last step of the history that was searched.
    """

    step: int | None
    confirmed_step: int | None
    observed_until: int

    def by(self, step: float) -> bool:
        """Return True if the event is known to have happened at or before a step."""
        return self.step is not None and self.step <= step


def sustained(trajectory: Trajectory, signal: str, threshold: float) -> Onset:
    """Return the first of `SUSTAINED_EVALS` consecutive recorded values of a signal at or above a threshold.

    Checkpoints at which the signal is missing are passed over. An accuracy of 0.95 that was kept in 32 bits is at 0.95.
    """
    steps, values = trajectory.recorded(signal)
    above = values >= threshold - ROUNDING
    n_begins = max(len(above) - SUSTAINED_EVALS + 1, 0)
    held = above[:n_begins].copy()
    for later in range(1, SUSTAINED_EVALS):
        held &= above[later : later + n_begins]
    if not held.any():
        return Onset(None, None, trajectory.observed_until)
    first = int(held.argmax())
    return Onset(int(steps[first]), int(steps[first + SUSTAINED_EVALS - 1]), trajectory.observed_until)


def arrived(trajectory: Trajectory, signal: str, threshold: float) -> int:
    """Return how many of the last recorded values of a signal, one after the other, are at or above a threshold."""
    _, values = trajectory.recorded(signal)
    below = np.flatnonzero(values < threshold - ROUNDING)
    return len(values) - (int(below[-1]) + 1 if len(below) else 0)


def memorization(trajectory: Trajectory) -> Onset:
    """Return when training accuracy first held at 0.95 or more."""
    return sustained(trajectory, "train_acc", MEMORIZED_ACCURACY)


def generalization(trajectory: Trajectory, target_accuracy: float) -> Onset:
    """Return when validation accuracy first held at the target or more: the onset step."""
    return sustained(trajectory, "val_acc", target_accuracy)


def rise_step(trajectory: Trajectory, chance: float, target_accuracy: float) -> int | None:
    """Return the first step at which validation accuracy is a fifth of the way from chance to target."""
    steps, values = trajectory.recorded("val_acc")
    risen = values > rise_threshold(chance, target_accuracy)
    return int(steps[np.argmax(risen)]) if risen.any() else None


def rise_threshold(chance: float, target_accuracy: float) -> float:
    """Return the validation accuracy at which generalisation is visible to the eye."""
    return chance + RISE_SHARE * (target_accuracy - chance)


def target_accuracy_of(context: Context) -> float:
    """Return the validation accuracy that counts as generalised for a task, unless a caller sets another."""
    if context.task_family == "reviews":
        return 0.75
    few = context.train_size is None or context.train_size <= 5000
    if context.task_family in {"mnist", "digits", "images"} and few:
        return 0.85
    return 0.95


def chance_accuracy_of(context: Context, trajectory: Trajectory) -> tuple[float, str | None]:
    """Return the accuracy of a blind guess, and a warning where it had to be assumed."""
    if context.chance_accuracy is not None:
        return context.chance_accuracy, None
    if context.classes is not None:
        return 1.0 / context.classes, None
    _, values = trajectory.recorded("val_acc")
    first = float(values[0]) if len(values) else None
    if first is not None and first > HIGHEST_CHANCE:
        return (
            0.0,
            f"no chance accuracy was given: the first val_acc, {first:.3g}, is no guess, and 0 stands for chance",
        )
    if first is not None:
        return first, f"no chance accuracy was given: the first val_acc, {first:.3g}, stands for it"
    return 0.0, "no chance accuracy was given: 0 stands for it"


def outcome_by(horizon: float, memorized: Onset, generalized: Onset) -> Outcome:
    """Return the class of a run as it stands at a horizon (Li & Sakib 3.2)."""
    if generalized.by(horizon):
        assert generalized.step is not None
        early = memorized.step is None or (generalized.step - memorized.step <= COMPREHENSION_DELAY_STEPS)
        return "comprehension" if early else "grokking"
    return "memorization" if memorized.by(horizon) else "confusion"


def as_event_time(onsets: list[Onset]) -> tuple[np.ndarray, FloatArray]:
    """Return (event, time), the pair survival analysis works with: time of the event, or of censoring."""
    event = np.array([o.step is not None for o in onsets], dtype=bool)
    time = np.array([o.observed_until if o.step is None else o.step for o in onsets], dtype=float)
    return event, time
