"""How good the forecasts are on configurations that were not learnt from, beside every simple baseline.

Outer folds hold out whole configurations. In each, the forecaster is fitted from nothing on the others (its own
calibration folds lie inside them), and so is every baseline. Forecasts are made at fixed landmarks before the rise.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from features.table import FeatureTable, table_at
from predictor.benchmark.alarm import alarms
from predictor.benchmark.baselines.registry import baselines, laws
from predictor.benchmark.decision import Forecasts, decide, frontier, sweep_of
from predictor.benchmark.delay import delays_by_kind, outcome_figures
from predictor.benchmark.figures import group_figures, headline, landmark_figures, method_figures, signal_set_figures
from predictor.benchmark.held_out import Evaluation, cross_validate
from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.plots import Plots, held_out_plots
from predictor.benchmark.prediction import Prediction
from predictor.benchmark.result import BenchmarkResult, Decision, FactorFigures, LandmarkFigures
from predictor.benchmark.rows import ANY, HEADLINE, LANDMARKS, CorpusTables, few
from predictor.benchmark.transfer import leave_one_out
from predictor.hazard.folds import N_FOLDS, fold_of
from training_runs import Run
from training_runs.errors import InvalidInput

QUICK_TREES = 60  # of a learner
Progress = Callable[[str, int, int], None]  # stage, done, total


def benchmark(
    runs: Sequence[Run],
    on_progress: Progress = lambda stage, done, total: None,
    *,
    n_trees: int | None = None,
    quick: bool = False,
) -> tuple[BenchmarkResult, Plots]:
    """Return every figure, and the arrays of the report's plots.

    Parameters
    ----------
    n_trees : of every learner, as `OnsetForecaster.fit` has it.
    quick : a fifth of the configurations, few trees and no levels left out. Its figures are worse than those of the whole.
    """
    if quick:
        runs, n_trees = few(runs, folds=1), n_trees or QUICK_TREES
    tables = CorpusTables.of(runs)
    evaluation = cross_validate(runs, tables, partial(on_progress, "folds"), n_trees=n_trees)
    levels = partial(on_progress, "levels left out")
    rows, training = tables.early[HEADLINE], tables.fitting.training
    transfer = {} if quick else leave_one_out(runs, rows, training, levels, n_trees=n_trees)
    sweep, forecasts = sweep_of(runs), _forecasts(evaluation)
    result = _summarize(runs, evaluation, transfer, decide(sweep, forecasts), quick=quick)
    return result, held_out_plots(runs, evaluation, frontier(sweep, forecasts, np.linspace(0.3, 1, 40)))


def with_laws(result: BenchmarkResult, runs: Sequence[Run]) -> BenchmarkResult:
    """Return a benchmark of these runs with the closed laws measured again, on its rows and in its folds: minutes.

    Raises
    ------
    InvalidInput : it is of other runs.
    """
    return replace(
        result,
        tables={name: _with_laws(f, table_at(runs, LANDMARKS[name]).early()) for name, f in result.tables.items()},
    )


def _with_laws(figures: LandmarkFigures, rows: FeatureTable) -> LandmarkFigures:
    found = (len(rows), int(rows.event.sum()), int(rows.grokking().sum()))
    held = (figures.rows, figures.positives, figures.grokking)
    if found != held:
        raise InvalidInput(
            field="runs",
            value=f"{found} rows, with onset, that grok",
            expected=f"those of the benchmark, {held}",
            hint="a new release benchmarks the runs at hand",
        )
    fold = fold_of(rows.configuration, "benchmark")
    parts = [(rows.where(fold != k), rows.where(fold == k)) for k in range(N_FOLDS)]
    judged = FeatureTable.concatenate([test for _, test in parts])
    methods = dict(figures.methods)
    for law in laws():
        predictions = [law.fit(train)(train, test) for train, test in parts]
        methods[law.name] = method_figures(judged, Prediction.concatenate(predictions))
    return replace(figures, methods={name: methods[name] for name in sorted(methods, key=_place)})


def _place(method: str) -> int:
    """Return where a method stands in a table."""
    return [FORECASTER, *(baseline.name for baseline in baselines({}))].index(method)


def _summarize(
    runs: Sequence[Run],
    evaluation: Evaluation,
    transfer: dict[str, FactorFigures],
    decision: dict[str, Decision],
    *,
    quick: bool,
) -> BenchmarkResult:
    tables = {name: landmark_figures(held_out) for name, held_out in evaluation.at.items()}
    at_headline = evaluation.at.get(HEADLINE)
    return BenchmarkResult(
        runs=len(runs),
        configurations=len({r.configuration_id for r in runs}),
        folds=N_FOLDS,
        tables=tables,
        alarm=alarms(runs, evaluation.watched),
        signal_sets={name: signal_set_figures(held_out) for name, held_out in evaluation.by_signals.items()},
        groups=group_figures(runs, at_headline) if at_headline else {},
        transfer=transfer,
        decision=decision,
        delay=delays_by_kind(evaluation.delays),
        outcomes={name: outcome_figures(found) for name, found in evaluation.delays.items()},
        headline=headline(HEADLINE, at_headline, tables[HEADLINE], evaluation.baselines) if at_headline else None,
        quick=quick,
    )


def _forecasts(evaluation: Evaluation) -> Forecasts:
    """Return every held-out probability of watched runs, and of those that have not memorised, by run and landmark."""
    parts = [evaluation.watched, evaluation.at[ANY]] if ANY in evaluation.at else [evaluation.watched]
    return Forecasts(
        np.concatenate([p.rows.run for p in parts]),
        np.concatenate([p.rows.landmark for p in parts]),
        np.concatenate([p.predictions[FORECASTER].probability for p in parts]),
    )
