"""Figures of sets of runs: shares, medians and correlations, with intervals over configurations."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.metrics import auroc
from training_runs.arrays import FloatArray
from training_runs.labelled_run import LabelledRun
from training_runs.onset import rise_step

Runs = Sequence[LabelledRun]


def of(runs: Iterable[LabelledRun], family: str, architecture: str) -> list[LabelledRun]:
    """Return the runs of a task family and an architecture that can generalise."""
    found = (r for r in runs if r.family == family and r.run.context.architecture == architecture)
    return [r for r in found if not r.run.blocked]


def random_tables(runs: Iterable[LabelledRun], architecture: str) -> list[LabelledRun]:
    """Return the runs of an architecture on tables without structure that memorised them."""
    found = (r for r in runs if r.operation == "random_table" and r.run.context.architecture == architecture)
    return [r for r in found if r.memorized.step is not None]


def grokking(runs: Iterable[LabelledRun]) -> list[LabelledRun]:
    """Return the runs whose validation came more than 1,000 steps after memorisation."""
    return [r for r in runs if r.outcome == "grokking"]


def recording(runs: Iterable[LabelledRun], signal: str, least: int = 5) -> list[LabelledRun]:
    """Return the runs that hold some values of a signal."""
    return [r for r in runs if len(r.run.trajectory.recorded(signal)[0]) >= least]


def rise(run: LabelledRun) -> float:
    """Return the step at which generalisation is visible to the eye; infinity where it was not seen."""
    step = rise_step(run.run.trajectory, run.run.context.chance_accuracy or 0.0, run.target)
    return float("inf") if step is None else float(step)


def memorized(run: LabelledRun) -> float:
    """Return the memorisation step; infinity where it was not seen."""
    return float("inf") if run.memorized.step is None else float(run.memorized.step)


def onset(run: LabelledRun) -> float:
    """Return the onset step; infinity where it was not seen."""
    return float("inf") if run.generalized.step is None else float(run.generalized.step)


def delay(run: LabelledRun) -> float:
    """Return the steps from memorisation to onset; infinity where either was not seen."""
    return onset(run) - memorized(run) if memorized(run) < float("inf") else float("inf")


def before(run: LabelledRun, signal: str, step: float) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the steps and values of a signal before a step."""
    steps, values = run.run.trajectory.recorded(signal)
    return steps[steps < step], values[steps < step]


def recorded(run: LabelledRun, signal: str) -> tuple[FloatArray, FloatArray]:
    """Return the steps and values at which a signal was recorded, to be drawn."""
    steps, values = run.run.trajectory.recorded(signal)
    return steps.astype(float), values


def value_at(run: LabelledRun, signal: str, step: float) -> float:
    """Return the last value of a signal at or before a step; NaN before the first."""
    steps, values = run.run.trajectory.recorded(signal)
    at = int(np.searchsorted(steps, step, side="right")) - 1
    return float(values[at]) if at >= 0 else float("nan")


def crossing(run: LabelledRun, signal: str, threshold: float) -> float:
    """Return the first step at which a signal exceeds a threshold; infinity where it never does."""
    steps, values = run.run.trajectory.recorded(signal)
    above = values > threshold
    return float(steps[np.argmax(above)]) if above.any() else float("inf")


def share(runs: Runs, is_so: Callable[[LabelledRun], bool]) -> Interval:
    """Return the share of runs of which something is so."""
    return statistic(runs, [float(is_so(r)) for r in runs], np.mean)


def median(runs: Runs, measure: Callable[[LabelledRun], float]) -> Interval:
    """Return the median of what is defined of some runs."""
    measured = [(run, measure(run)) for run in runs]
    known = [(run, value) for run, value in measured if np.isfinite(value)]
    return statistic([run for run, _ in known], [value for _, value in known], np.median)


def statistic(runs: Runs, values: Sequence[float], summary: Callable[[FloatArray], float]) -> Interval:
    """Return a summary of one value a run."""
    array = np.array(values)
    return _interval(runs, lambda i: summary(array[i]))


def spearman(runs: Runs, x: Sequence[float], y: Sequence[float]) -> Interval:
    """Return the rank correlation of two values a run."""
    return _interval(runs, lambda i: rank_correlation(np.array(x)[i], np.array(y)[i]))


def rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Return Spearman's correlation; NaN where one of both does not vary."""
    if len(set(x)) < 2 or len(set(y)) < 2:
        return float("nan")
    # By ranks: several times as fast as scipy's, which tests significance too.
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def pearson(runs: Runs, x: Sequence[float], y: Sequence[float]) -> Interval:
    """Return the linear correlation of two values a run."""
    a, b = np.array(x), np.array(y)

    def measure(i: NDArray[np.intp]) -> float:
        return float(np.corrcoef(a[i], b[i])[0, 1]) if np.ptp(a[i]) and np.ptp(b[i]) else float("nan")

    return _interval(runs, measure)


def separation(runs: Runs, values: Sequence[float], event: Sequence[bool]) -> Interval:
    """Return the AUROC of a value for an event, one of each a run."""
    a, e = np.array(values), np.array(event, dtype=bool)
    return _interval(runs, lambda i: auroc(a[i], e[i]))


def share_difference(one: Runs, other: Runs, is_so: Callable[[LabelledRun], bool]) -> Interval:
    """Return by how much a share is larger in one set of runs than in another."""
    runs = [*one, *other]
    first = np.arange(len(runs)) < len(one)
    so = np.array([is_so(r) for r in runs], dtype=float)

    def measure(i: NDArray[np.intp]) -> float:
        inside = first[i]
        return float(so[i][inside].mean() - so[i][~inside].mean()) if 0 < inside.sum() < len(i) else float("nan")

    return _interval(runs, measure)


def _interval(runs: Runs, measure: Callable[[NDArray[np.intp]], float]) -> Interval:
    if not runs:
        return Interval(None, None, None)
    return interval(measure, np.array([r.run.configuration_id for r in runs]))
