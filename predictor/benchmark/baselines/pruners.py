"""The rules that sweeps prune by today, written from the documented behaviour of Optuna's pruners.

Reports of runs are compared at equal steps, so all runs report on one grid of steps. Higher is better.

References
----------
Optuna 4, `MedianPruner` and `SuccessiveHalvingPruner`; Li et al., arXiv 1810.05934 (asynchronous successive halving).
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from itertools import count

import numpy as np

from predictor.benchmark.methods import NO_PRUNING
from training_runs.arrays import FloatArray

Pruner = Callable[[FloatArray, FloatArray], FloatArray]
"""From the reports of a study's runs, in the order they come in, shape (n_runs, n_steps), and the steps of the reports,
to the step at which each run is stopped, shape (n_runs,); infinity where it is not.
"""


def no_pruning(values: FloatArray, steps: FloatArray) -> FloatArray:
    """Stop nothing."""
    return np.full(len(values), np.inf)


def median_pruner(*, n_startup_trials: int = 5, n_warmup_steps: int = 0) -> Pruner:
    """Return Optuna's MedianPruner; the defaults are its own.

    Once `n_startup_trials` runs have come to their end, a run is stopped at the first report from `n_warmup_steps` on at
    which its best accuracy so far is below the median of what the runs that came to their end had at that same step.
    """

    def pruner(values: FloatArray, steps: FloatArray) -> FloatArray:
        stopped = np.full(len(values), np.inf)
        reported = np.isfinite(values)
        best = np.fmax.accumulate(values, axis=1)
        completed: list[list[float]] = [[] for _ in steps]  # values at each step, sorted
        median = np.full(len(steps), np.nan)
        n_completed = 0
        for run in range(len(values)):
            # Nothing is below NaN, the median of no runs.
            worse = reported[run] & (steps >= n_warmup_steps) & (best[run] < median)
            if n_completed >= n_startup_trials and worse.any():
                stopped[run] = steps[np.argmax(worse)]
                continue
            n_completed += 1
            for k in np.flatnonzero(reported[run]):
                insort(completed[k], float(values[run, k]))
                median[k] = _median(completed[k])
        return stopped

    return pruner


def _median(ranked: list[float]) -> float:
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


def successive_halving(*, min_resource: int | None = None, reduction_factor: int = 4) -> Pruner:
    """Return Optuna's SuccessiveHalvingPruner; the defaults are its own.

    At `min_resource * reduction_factor ** rung` steps a run goes on only if its accuracy is among the best
    `1 / reduction_factor` of all that have come to that rung, itself included; as long as these are fewer than
    `reduction_factor`, only if it is the best. With None for `min_resource`, nothing is stopped until one run has come
    to its end, and a hundredth of the step of its last report is taken from then on.
    """

    def pruner(values: FloatArray, steps: FloatArray) -> FloatArray:
        stopped = np.full(len(values), np.inf)
        rungs: list[list[float]] = []  # accuracies of all that came to each rung, sorted
        resource = min_resource
        for run in range(len(values)):
            reported = np.isfinite(values[run])
            if resource is not None:
                promotions = (resource * reduction_factor**rung for rung in count())
                reports = zip(steps[reported], values[run, reported], strict=True)
                stopped[run] = _halved(reports, promotions, rungs, reduction_factor)
            elif reported.any():
                resource = max(int(steps[reported][-1]) // 100, 1)
        return stopped

    return pruner


def _halved(
    reports: Iterable[tuple[float, float]],
    promotions: Iterator[int],
    rungs: list[list[float]],
    factor: int,
) -> float:
    """Enter a run into the rungs that it comes to; return the step at which it is stopped, infinity if it is not."""
    rung, promotion = 0, next(promotions)
    for step, value in reports:
        while step >= promotion:
            if rung == len(rungs):
                rungs.append([])
            insort(rungs[rung], float(value))
            if value < rungs[rung][-max(len(rungs[rung]) // factor, 1)]:
                return float(step)
            rung, promotion = rung + 1, next(promotions)
    return float("inf")


PRUNERS: dict[str, Pruner] = {
    NO_PRUNING: no_pruning,
    "MedianPruner": median_pruner(),
    "MedianPruner, warm-up 1,000": median_pruner(n_warmup_steps=1_000),
    "MedianPruner, warm-up 10,000": median_pruner(n_warmup_steps=10_000),
    "successive halving by 4": successive_halving(),
    "successive halving by 2": successive_halving(reduction_factor=2),
}
