"""Figures of held-out rows with their intervals: by method, by group, and those of the headline."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.benchmark import metrics
from predictor.benchmark.baselines.registry import Baseline
from predictor.benchmark.bootstrap import Interval, interval, plain
from predictor.benchmark.held_out import HeldOut
from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.prediction import Prediction
from predictor.benchmark.result import (
    GroupFigures,
    Headline,
    LandmarkFigures,
    MethodFigures,
    Negatives,
    SignalSetFigures,
    When,
    Whether,
)
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs import Run
from training_runs.arrays import FloatArray
from training_runs.datasheet.noise_floor import noise_floor

Measure = Callable[[NDArray[np.intp]], float]
Metric = Callable[[FloatArray, FloatArray], float]


def landmark_figures(held_out: HeldOut) -> LandmarkFigures:
    """Return the figures of every method on rows of one kind of landmark."""
    rows = held_out.rows
    return LandmarkFigures(
        rows=len(rows),
        positives=int(rows.event.sum()),
        grokking=int(rows.grokking().sum()),
        negatives=Negatives(
            budget_censored=int((~rows.event & ~rows.blocked).sum()),
            blocked=int((~rows.event & rows.blocked).sum()),
        ),
        methods={name: method_figures(rows, predicted) for name, predicted in held_out.predictions.items()},
        coverage90=_coverage(held_out),
    )


def method_figures(rows: FeatureTable, predicted: Prediction) -> MethodFigures:
    """Return every figure of a method with its interval."""
    probability, event = predicted.probability, rows.event

    def figure(measure: Measure) -> Interval:
        return interval(measure, rows.configuration)

    return MethodFigures(
        auroc=figure(_area(rows, predicted, ~rows.blocked)),
        auroc_all=figure(_area(rows, predicted, np.ones(len(rows), dtype=bool))),
        auroc_blocked=figure(_area(rows, predicted, rows.blocked | event)),
        average_precision=figure(lambda i: metrics.average_precision(probability[i], event[i])),
        brier=figure(lambda i: metrics.brier(probability[i], event[i])),
        log10_mae=figure(_when(metrics.log10_mae, rows, predicted)),
        mape=figure(_when(metrics.mape, rows, predicted)),
        silent=None if predicted.silent is None else int(predicted.silent.sum()),
    )


def signal_set_figures(held_out: HeldOut) -> SignalSetFigures:
    """Return the figures of the forecaster with one set of signals."""
    found = method_figures(held_out.rows, held_out.predictions[FORECASTER])
    return SignalSetFigures(found.auroc, found.log10_mae)


def group_figures(runs: Sequence[Run], held_out: HeldOut) -> dict[str, GroupFigures]:
    """Return the figures of each task family, and then of each architecture."""
    contexts = {run.run_id: run.context for run in runs}
    groups = {}
    for factor in ("task_family", "architecture"):
        own = [getattr(contexts[run], factor) for run in held_out.rows.run.tolist()]
        for name in sorted({level for level in own if level is not None}):
            part = held_out.where(np.array([name == level for level in own]))
            found = method_figures(part.rows, part.predictions[FORECASTER])
            groups[name] = GroupFigures(
                factor=factor,
                rows=len(part.rows),
                positives=int(part.rows.event.sum()),
                grokking=int(part.rows.grokking().sum()),
                auroc=found.auroc,
                log10_mae=found.log10_mae,
                mape=found.mape,
                coverage90=_coverage(part),
            )
    return groups


def headline(landmark: str, held_out: HeldOut, figures: LandmarkFigures, baselines: Collection[Baseline]) -> Headline:
    """Return the figures that are quoted, beside the best baselines of the context and of the signals."""
    methods, ours = figures.methods, figures.methods[FORECASTER]
    context, signals = ([b.name for b in baselines if b.reads == what] for what in ("context", "signals"))
    best_context = max(context, key=lambda name: methods[name].auroc.value or 0)
    best_signal = max(signals, key=lambda name: methods[name].auroc.value or 0)
    context_when = min(context, key=lambda name: methods[name].log10_mae.value or np.inf)
    rows = held_out.rows
    # Of the runs whose error stands beside it.
    floor = noise_floor(*_first_rows(rows.where(rows.grokking() | ~rows.event)))
    c_index, ibs = _survival_figures(held_out)
    return Headline(
        landmark=landmark,
        whether=Whether(
            auroc=ours.auroc,
            average_precision=ours.average_precision,
            brier=ours.brier,
            negatives=figures.negatives,
            context_only=best_context,
            context_only_auroc=methods[best_context].auroc,
            minus_context_only=_auroc_minus(held_out, best_context),
            best_signal=best_signal,
            minus_best_signal=_auroc_minus(held_out, best_signal),
        ),
        when=When(
            grokking_runs=figures.grokking,
            mape=ours.mape,
            log10_mae=ours.log10_mae,
            noise_floor=floor,
            context_only=context_when,
            context_only_log10_mae=methods[context_when].log10_mae,
            coverage90=figures.coverage90,
            c_index=c_index,
            ibs=ibs,
        ),
    )


def _area(rows: FeatureTable, predicted: Prediction, kept: NDArray[np.bool_]) -> Measure:
    """Return the AUROC of a method on some rows."""

    def measure(i: NDArray[np.intp]) -> float:
        i = i[kept[i]]
        return metrics.auroc(predicted.probability[i], rows.event[i])

    return measure


def _auroc_minus(held_out: HeldOut, other: str) -> Interval:
    """Return the paired difference of AUROC between the forecaster and another method."""
    rows = held_out.rows
    ours, theirs = (_area(rows, held_out.predictions[name], ~rows.blocked) for name in (FORECASTER, other))
    return interval(lambda i: ours(i) - theirs(i), rows.configuration)


def _when(metric: Metric, rows: FeatureTable, predicted: Prediction) -> Measure:
    """Return a metric of WHEN on the runs that grokked; NaN for a method that gives no median."""
    grokking = rows.grokking()

    def measure(i: NDArray[np.intp]) -> float:
        i = i[grokking[i]]
        return metric(predicted.median[i], rows.time[i])

    return measure


def _coverage(held_out: HeldOut) -> Interval:
    at_end, rows = held_out.at_end, held_out.rows
    return interval(lambda i: metrics.interval_coverage(at_end[i], rows.event[i], rows.weight[i]), rows.configuration)


def _survival_figures(s: HeldOut) -> tuple[float | None, float | None]:
    """Return Harrell's concordance of the restricted mean onset, and the integrated Brier score, over two decades."""
    ahead = EDGES <= 2.0
    x = decades_after(s.rows.time, s.rows.landmark)
    mean_onset = np.asarray(np.trapezoid(1 - s.cdf[:, ahead], EDGES[ahead], axis=1))
    ibs = metrics.integrated_brier(s.cdf[:, ahead][:, 1:], EDGES[ahead][1:], x, s.rows.event)
    return plain(metrics.c_index(mean_onset, x, s.rows.event)), plain(ibs)


def _first_rows(rows: FeatureTable) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.str_]]:
    """Return time, event and configuration of one row a run."""
    _, first = np.unique(rows.run, return_index=True)
    return rows.time[first], rows.event[first], rows.configuration[first]
