"""How good plans are: onset by a step, from the context alone, of configurations and sources that were not learnt from.

Each run is judged by the learner that has not seen its configuration, of runs recorded elsewhere its source, calibrated without it;
beside it stand the same folds' Kaplan-Meier curve, which knows no context, and the published law that the onset comes at a time
in proportion to 1 / (learning rate x weight decay), with exponent, factor and spread fitted to the other folds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from predictor.benchmark import metrics
from predictor.benchmark.bootstrap import Interval, interval
from predictor.hazard import censored_regression
from predictor.hazard.folds import fold_of
from predictor.hazard.rows import Rows
from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.planning.planner import Planner, PlanRows
from predictor.planning.time_to_event import GRID, at_step
from training_runs import Run
from training_runs.arrays import FloatArray

PLAN, CONSTANT, LAW = "plan", "constant", "1 / (rate x decay)"
OWN_BUDGET = "its budget"
FIXED_STEP = 10_000
CONTEXTS = {True: "whole", False: "fields forgotten"}


@dataclass(frozen=True)
class PlanFigures:
    """What one method is worth on some runs.

    Attributes
    ----------
    runs_of : whose runs.
    context : how much of it is given.
    by : the step that the probability is for.
    runs, configurations, onsets : runs whose onset by then is known, and how many have one.
    log10_mae : of the median given onset by then, over runs with onset.
    coverage90 : of onsets within 90 % intervals, under censoring.
    """

    runs_of: str
    context: str
    by: str
    method: str
    runs: int
    configurations: int
    onsets: int
    auroc: Interval
    brier: Interval
    log10_mae: Interval
    coverage90: Interval


class _Scored(NamedTuple):
    rows: Rows
    horizon: FloatArray
    event: NDArray[np.bool_]


def benchmark_plans(planner: Planner, runs: Sequence[Run]) -> list[PlanFigures]:
    """Return the figures of a planner on the runs that it was fitted on, each by a learner that has not seen it."""
    rows = PlanRows.of(runs, planner.settings)
    curves = {
        PLAN: planner.onset.blind_curves(
            rows.onset.features, rows.onset.target, rows.onset.group, rows.onset.configuration
        ),
        **baseline_curves(rows, planner.settings.numbers.index("decay_clock")),
    }
    elsewhere = np.tile(np.array([bool(run.origin) for run in runs]), 2)
    groups = {"own runs": ~elsewhere, "public sources, left out": elsewhere}
    return [
        figures
        for runs_of, members in groups.items()
        for as_given, context in CONTEXTS.items()
        if (members & (rows.as_given == as_given)).any()
        for figures in _judged(rows, curves, members & (rows.as_given == as_given), planner.reach, runs_of, context)
    ]


def _judged(
    rows: PlanRows, curves: dict[str, FloatArray], members: NDArray[np.bool_], reach: float, runs_of: str, context: str
) -> Iterator[PlanFigures]:
    horizons = {OWN_BUDGET: rows.budget, f"step {FIXED_STEP:,}": np.full(len(rows.budget), np.log10(FIXED_STEP))}
    for by, horizon in horizons.items():
        event = rows.onset.event & (rows.onset.x <= horizon + 1e-9)
        known = members & ~rows.blocked & (event | (rows.onset.x >= horizon - 1e-9))
        scored = _Scored(rows.onset.where(known), np.minimum(horizon[known], reach), event[known])
        for method, all_curves in curves.items():
            yield _figures(scored, all_curves[known], runs_of, context, by, method)


def _figures(scored: _Scored, curves: FloatArray, runs_of: str, context: str, by: str, method: str) -> PlanFigures:
    rows, event = scored.rows, scored.event
    probability = at_step(curves, scored.horizon)
    median = _steps_of(curves, probability / 2)
    at_end = at_step(curves, rows.x)

    def when(i: NDArray[np.intp]) -> float:
        i = i[event[i]]
        return metrics.log10_mae(10 ** median[i], 10 ** rows.x[i])

    measures: dict[str, Callable[[NDArray[np.intp]], float]] = {
        "auroc": lambda i: metrics.auroc(probability[i], event[i]),
        "brier": lambda i: metrics.brier(probability[i], event[i]),
        "log10_mae": when,
        "coverage90": lambda i: metrics.interval_coverage(at_end[i], rows.event[i], rows.weight[i]),
    }
    figures = {name: interval(measure, rows.configuration) for name, measure in measures.items()}
    return PlanFigures(
        runs_of=runs_of,
        context=context,
        by=by,
        method=method,
        runs=len(event),
        configurations=len(np.unique(rows.configuration)),
        onsets=int(event.sum()),
        **figures,
    )


def baseline_curves(rows: PlanRows, clock: int) -> dict[str, FloatArray]:
    """Return the curves of both baselines, each fold's from the others. Where rate or decay is not known the law says nothing: the constant stands for it."""
    onset = rows.onset
    fold = fold_of(onset.configuration, "fit")
    constant, law = np.zeros((2, len(fold), len(GRID)))
    # The clock is read at one step: its differences are those of rate x decay. A decay of zero is at its floor: late, not never.
    x = onset.features[:, clock]
    has_law = np.isfinite(x)
    for k in np.unique(fold):
        inside, train = fold == k, (fold != k) & rows.as_given
        times, cdf, _ = kaplan_meier(onset.x[train], onset.event[train], onset.weight[train])
        constant[inside] = cdf_at(GRID, times, cdf)
        law[inside] = constant[inside]
        fitted = train & has_law
        model = censored_regression.fit(_line(x[fitted]), onset.x[fitted], onset.event[fitted])
        told = inside & has_law
        law[told] = norm.cdf((GRID - model.median(_line(x[told]))[:, None]) / model.sigma)
    return {CONSTANT: constant, LAW: law}


def _line(x: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(x)), x])


def _steps_of(curves: FloatArray, levels: FloatArray) -> FloatArray:
    """Return log10 of the step by which each curve reaches its level."""
    ramp = 1e-12 * np.arange(len(GRID))  # flat parts would leave the inverse open
    steps = [np.interp(level, curve + ramp, GRID) for curve, level in zip(curves, levels, strict=True)]
    return np.array(steps, dtype=float)
