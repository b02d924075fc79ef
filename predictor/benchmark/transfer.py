"""Leave one level out: how good forecasts are on a modulus, family, architecture, optimiser or cadence never seen.

For each level that is estimable, a hazard model is fitted on every configuration without it and predicts the runs with
it at memorisation, beside the context alone: the same kind of model, and the linear one. Of these the one that is
stronger on the mean over a factor's levels stands beside ours. One learner a level, calibrated on a fifth of what it was
fitted without, instead of five: a level costs a fifth of a forecaster.
"""

import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.context_features import CONTEXT_MARKER
from features.table import FeatureTable
from predictor.benchmark import metrics
from predictor.benchmark.baselines.context_and_population import context_boosting, context_linear, predict_hazard
from predictor.benchmark.bootstrap import Interval, interval, plain
from predictor.benchmark.methods import CONTEXT_BOOSTED, CONTEXT_LINEAR, CONTEXT_ONLY
from predictor.benchmark.prediction import Prediction
from predictor.benchmark.result import FactorFigures, LevelFigures
from predictor.forecaster import context_positions
from predictor.hazard.cross_fitting import HazardModel
from predictor.hazard.rows import Rows
from training_runs import Run

# The cadence differs between seeds of one configuration, the others do not.
FACTORS: dict[str, Callable[[Run], object]] = {
    "modulus": lambda run: run.context.modulus,
    "operation": lambda run: run.context.operation,
    "task_family": lambda run: run.context.task_family,
    "architecture": lambda run: run.context.architecture,
    "optimizer": lambda run: run.context.optimizer,
    "cadence": lambda run: run.cadence,
}
LEAST_CONFIGURATIONS = 20  # with onset, and without, or a level is not estimable


class Errors(NamedTuple):
    """How well a model predicts a level."""

    auroc: Interval
    log10_mae: Interval


class Level(NamedTuple):
    """A level left out: its rows, those with onset, our errors, and those of each model of the context alone."""

    rows: int
    positives: int
    ours: Errors
    context: dict[str, Errors]


def leave_one_out(
    runs: Sequence[Run],
    rows: FeatureTable,
    training: FeatureTable,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    factors: Collection[str] = tuple(FACTORS),
    n_trees: int | None = None,
) -> dict[str, FactorFigures]:
    """Return, for each factor, the figures of every estimable level, their means, and the levels that are not.

    Parameters
    ----------
    rows, training : of the runs: those at memorisation, before the rise, and those that a forecaster is fitted on.
    """
    levels = {factor: level_of_run(runs, factor) for factor in factors}
    estimable = [
        (factor, level)
        for factor in factors
        for level in sorted(set(levels[factor].values()))
        if _is_estimable(rows, _at_level(rows, levels[factor], level))
    ]
    done = iter(range(1, len(estimable) + 1))

    def judge(left_out: tuple[str, str]) -> Level:
        factor, level = left_out
        test = rows.where(_at_level(rows, levels[factor], level))
        names = np.unique(training.configuration[_at_level(training, levels[factor], level)])
        train = training.where(~np.isin(training.configuration, names))
        assert not set(train.configuration) & set(test.configuration)
        at = rows.where(~np.isin(rows.configuration, names))
        judged = _level(train, at, test, n_trees)
        on_progress(next(done), len(estimable))
        return judged

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        judged = dict(zip(estimable, pool.map(judge, estimable), strict=True))
    found = {f: _beside_the_stronger({level: v for (g, level), v in judged.items() if g == f}) for f in factors}
    return {factor: _factor_figures(found[factor], set(levels[factor].values())) for factor in factors}


def level_of_run(runs: Sequence[Run], factor: str) -> dict[str, str]:
    """Return the level of a factor that each run has, of those that have one."""
    values = {run.run_id: FACTORS[factor](run) for run in runs}
    return {run_id: str(value) for run_id, value in values.items() if value is not None}


def _at_level(rows: FeatureTable, levels: dict[str, str], level: str) -> NDArray[np.bool_]:
    return np.array([levels.get(run) == level for run in rows.run.tolist()], dtype=bool)


def _is_estimable(rows: FeatureTable, inside: NDArray[np.bool_]) -> bool:
    """Whether a level has enough configurations of either outcome, and the rest has too."""
    return all(
        len(np.unique(rows.configuration[part & outcome & ~rows.blocked])) >= LEAST_CONFIGURATIONS
        for part in (inside, ~inside)
        for outcome in (rows.event, ~rows.event)
    )


def _level(train: FeatureTable, at: FeatureTable, test: FeatureTable, n_trees: int | None) -> Level:
    """Return our errors on a level, and those of each model of the context alone.

    Parameters
    ----------
    train, at : rows without the level: those that hazards are fitted on, and those at memorisation.
    """
    rows = Rows.of(train, train.features, np.zeros(len(train), dtype=np.int64))
    model = HazardModel.fit(
        rows,
        context_positions(train.columns),
        context_marker=train.position(CONTEXT_MARKER),
        n_learners=1,
        n_trees=n_trees,
    )
    context = {
        CONTEXT_BOOSTED: context_boosting(train, n_learners=1, n_trees=n_trees)(train, test),
        CONTEXT_LINEAR: context_linear(at, test),
    }
    return Level(
        rows=len(test),
        positives=int(test.event.sum()),
        ours=_errors(predict_hazard(model, test.features, test), test),
        context={name: _errors(prediction, test) for name, prediction in context.items()},
    )


def _errors(prediction: Prediction, test: FeatureTable) -> Errors:
    return Errors(_auroc(prediction, test), _log10_mae(prediction, test))


def _beside_the_stronger(levels: dict[str, Level]) -> dict[str, LevelFigures]:
    """Return levels with the errors of the model of the context that is stronger on their mean, for each figure."""
    whether = max(CONTEXT_ONLY, key=lambda name: _mean([v.context[name].auroc for v in levels.values()]))
    when = min(CONTEXT_ONLY, key=lambda name: _mean([v.context[name].log10_mae for v in levels.values()]))
    return {
        name: LevelFigures(
            rows=level.rows,
            positives=level.positives,
            auroc=level.ours.auroc,
            log10_mae=level.ours.log10_mae,
            context_only_auroc=level.context[whether].auroc,
            context_only_log10_mae=level.context[when].log10_mae,
        )
        for name, level in levels.items()
    }


def _auroc(prediction: Prediction, test: FeatureTable) -> Interval:
    kept = np.flatnonzero(~test.blocked)
    return interval(
        lambda i: metrics.auroc(prediction.probability[kept][i], test.event[kept][i]),
        test.configuration[kept],
    )


def _log10_mae(prediction: Prediction, test: FeatureTable) -> Interval:
    kept = np.flatnonzero(test.event)
    return interval(
        lambda i: metrics.log10_mae(prediction.median[kept][i], test.time[kept][i]),
        test.configuration[kept],
    )


def _factor_figures(levels: dict[str, LevelFigures], present: set[str]) -> FactorFigures:
    """Return the estimable levels of a factor, those of the runs that are not, and the means."""
    found = list(levels.values())
    return FactorFigures(
        levels=levels,
        not_estimable=tuple(sorted(present - set(levels))),
        auroc=plain(_mean([v.auroc for v in found])),
        log10_mae=plain(_mean([v.log10_mae for v in found])),
        context_only_auroc=plain(_mean([v.context_only_auroc for v in found])),
        context_only_log10_mae=plain(_mean([v.context_only_log10_mae for v in found])),
    )


def _mean(figures: Sequence[Interval]) -> float:
    """Return the mean of the figures that are defined; NaN without one."""
    defined = [figure.value for figure in figures if figure.value is not None]
    return float(np.mean(defined)) if defined else float("nan")
