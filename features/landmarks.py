"""Where a run is cut: at which checkpoints a forecaster learns from it, and a monitor of it asks."""

import numpy as np

from training_runs import Run
from training_runs.arrays import FloatArray
from training_runs.onset import chance_accuracy_of, memorization, rise_step, target_accuracy_of

MIN_EVALS = 3  # fewer confirm nothing
MIN_LANDMARK = 10  # before step 10 a run has shown nothing yet
LANDMARKS_PER_RUN = 8
# Where most forecasts are requested: at these multiples of the step of memorisation, three times and at double weight,
# and at so many landmarks up to ten times it.
_REQUESTED_AT, _TIMES, _REQUESTED_WEIGHT = (1.0, 2.0, 4.0), 3, 2
_REQUESTED_BETWEEN, _REQUESTED_UNTIL = 8, 10
_MONITORED_CHECKPOINTS = 24


def landmarks(run: Run, rng: np.random.Generator) -> list[int]:
    """Return up to 8 checkpoints of a run, log-spaced with jitter from step 10 to the budget."""
    return sorted({landmark for _, landmark in snapped(run, planned_landmarks(run, rng))})


def planned_landmarks(run: Run, rng: np.random.Generator) -> FloatArray:
    """Return where landmarks are wanted, whatever will happen.

    The grid knows the budget but not the onset: if it ended at the onset, its spacing would give the onset away.
    """
    k = np.arange(LANDMARKS_PER_RUN) + rng.uniform(size=LANDMARKS_PER_RUN)
    return np.asarray(MIN_LANDMARK * (run.budget_step / MIN_LANDMARK) ** (k / LANDMARKS_PER_RUN))


def while_memorized(run: Run, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return checkpoints from confirmed memorisation on, log-spaced with jitter, each with its weight."""
    confirmed = memorization(run.trajectory).confirmed_step
    if confirmed is None:
        return []
    between = (np.arange(_REQUESTED_BETWEEN) + rng.uniform(size=_REQUESTED_BETWEEN)) / _REQUESTED_BETWEEN
    requested = _TIMES * snapped(run, confirmed * np.array(_REQUESTED_AT))
    others = snapped(run, confirmed * _REQUESTED_UNTIL**between)
    return [(step, _REQUESTED_WEIGHT) for _, step in requested] + [(step, 1) for _, step in others]


def snapped(run: Run, wanted: FloatArray) -> list[tuple[float, int]]:
    """Return each wanted landmark that the recording reaches, with the last checkpoint at or before it."""
    steps = run.trajectory.steps
    at = run.trajectory.index_at(wanted)
    found: dict[int, float] = {}
    for k, w in zip(at, wanted, strict=True):
        if k >= MIN_EVALS - 1 and w <= steps[-1] and steps[k] >= MIN_LANDMARK:
            found.setdefault(int(steps[k]), float(w))
    return [(w, step) for step, w in found.items()]


def monitored(run: Run) -> list[int]:
    """Return up to 24 checkpoints from confirmed memorisation on, log-spaced, as far as they lie before the rise."""
    confirmed = memorization(run.trajectory).confirmed_step
    if confirmed is None:
        return []
    steps = run.trajectory.steps[run.trajectory.steps >= confirmed]
    count = min(len(steps), _MONITORED_CHECKPOINTS)
    wanted = np.geomspace(confirmed, steps[-1], count)
    found = sorted({int(run.trajectory.steps[k]) for k in run.trajectory.index_at(wanted)})
    rise = rise_of(run)
    return [step for step in found if step < rise]


def rise_of(run: Run, target: float | None = None) -> float:
    """Return the step at which generalisation became visible; infinity where it did not.

    To a target accuracy, by default that of the run's task.
    """
    chance, _ = chance_accuracy_of(run.context, run.trajectory)
    wanted = target_accuracy_of(run.context) if target is None else target
    step = rise_step(run.trajectory, chance, wanted)
    return np.inf if step is None else float(step)
