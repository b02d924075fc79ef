"""How good the forecasts are on configurations that were not learnt from, beside every simple baseline.

Outer folds hold out whole configurations. In each, the forecaster is fitted from nothing on the others (its own
calibration folds lie inside them), and so is every baseline. Forecasts are made at fixed landmarks before the rise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.benchmark import metrics
from predictor.benchmark.alarm import alarm_figures, watch, with_unwatched
from predictor.benchmark.baselines.context_and_population import BASELINES, Ask, Prediction, predict
from predictor.benchmark.baselines.single_signals import EXTRAPOLATIONS, SIGNAL_RULES, extrapolation_rules
from predictor.benchmark.bootstrap import interval
from predictor.benchmark.decision import Forecasts, decide, frontier, sweep_of
from predictor.benchmark.methods import (
    BEST_SINGLE_SIGNAL,
    CONTEXT_BOOSTED,
    FORECASTER,
    STRONGEST_BASELINES,
)
from predictor.benchmark.plots import plot_arrays
from predictor.benchmark.transfer import leave_one_out
from predictor.fitting_tables import ANY, HEADLINE, CorpusTables
from predictor.forecaster import OnsetForecaster
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs import Run
from training_runs.arrays import FloatArray
from training_runs.datasheet.noise_floor import noise_floor
from training_runs.labelled_run import label

SINGLE_SIGNALS = (BEST_SINGLE_SIGNAL, *SIGNAL_RULES, *EXTRAPOLATIONS)
ALGORITHMIC = ("modular", "permutation", "parity")


@dataclass(frozen=True, eq=False)
class Scored:
    """Test rows of one kind of landmark, with the predictions of every method; concatenated over folds.

    `cdf` holds the forecaster's curves at the bin edges, `at_end` their value at the onset or the end of the recording.
    """

    rows: FeatureTable
    predictions: dict[str, Prediction]
    cdf: FloatArray
    at_end: FloatArray

    def where(self, kept: NDArray[np.bool_]) -> "Scored":
        """Return some of the rows."""
        predictions = {name: Prediction(p.probability[kept], p.median[kept]) for name, p in self.predictions.items()}
        return Scored(self.rows.where(kept), predictions, self.cdf[kept], self.at_end[kept])


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Held-out predictions: by kind of landmark, of runs watched from memorisation to the rise, and by signal set."""

    at: dict[str, Scored]
    watched: Scored
    by_signals: dict[str, Scored]


Progress = Callable[[str, int, int], None]  # stage, done, total


def benchmark(runs: Sequence[Run], on_progress: Progress = lambda stage, done, total: None) -> dict[str, Any]:
    """Return the whole result as plain data: what `summarize` gives, and the arrays of the report's plots."""
    tables = CorpusTables.of(runs)
    evaluation = cross_validate(runs, tables, partial(on_progress, "folds"))
    transfer = leave_one_out(runs, tables, partial(on_progress, "levels left out"))
    sweep, forecasts = sweep_of(runs), _forecasts(evaluation)
    result = summarize(runs, evaluation, transfer, decide(sweep, forecasts))
    plots = {
        **_plots(runs, evaluation),
        "frontier": frontier(sweep, forecasts, np.linspace(0.3, 1, 40)),
    }
    return {**result, "plots": plots}


def cross_validate(
    runs: Sequence[Run],
    tables: CorpusTables,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Return every early row predicted by models that did not see its configuration."""
    configuration = np.array([r.configuration_id for r in runs])
    fold = fold_of(configuration, "benchmark")
    parts: dict[str, list[Scored]] = {name: [] for name in tables.early}
    baselines = {
        **BASELINES,
        **SIGNAL_RULES,
        **extrapolation_rules({r.run_id: r.trajectory for r in runs}),
    }
    by_signals: dict[str, list[Scored]] = {name: [] for name in tables.by_signals}
    watched: list[Scored] = []
    for k in range(N_FOLDS):
        learnt = tables.of_configurations(configuration[fold != k])
        held_out = tables.of_configurations(configuration[fold == k])
        assert not set(learnt.fitting.training.configuration) & set(held_out.fitting.training.configuration)
        known = [r for r, f in zip(runs, fold, strict=True) if f != k]
        forecaster = OnsetForecaster.fit(known, f"fold-{k}", tables=learnt.fitting)
        asks = {name: baseline(learnt.fitting.training) for name, baseline in baselines.items()}
        for name, test in held_out.early.items():
            if len(test):
                parts[name].append(_score(forecaster, asks, learnt.early[name], test))
        seen = {CONTEXT_BOOSTED: asks[CONTEXT_BOOSTED]}
        watched.append(_score(forecaster, seen, learnt.fitting.monitored_rows, held_out.fitting.monitored_rows))
        for name, test in held_out.by_signals.items():
            by_signals[name].append(_score(forecaster, {}, learnt.early[HEADLINE], test))
        on_progress(k + 1, N_FOLDS)
    return Evaluation(
        {name: _concatenated(scored) for name, scored in parts.items() if scored},
        _concatenated(watched),
        {name: _concatenated(scored) for name, scored in by_signals.items()},
    )


def judge(forecaster: OnsetForecaster, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the figures of a forecaster as it is on runs that it has not seen, by kind of landmark."""
    early = CorpusTables.of(runs).early
    return {name: _table(_score(forecaster, {}, rows, rows)) for name, rows in early.items()}


def _score(forecaster: OnsetForecaster, asks: dict[str, Ask], at: FeatureTable, test: FeatureTable) -> Scored:
    # As far as the model goes: baselines know no reach, and all are asked about the same budget.
    curves = forecaster.curves(test, to_reach=False)
    predictions = {FORECASTER: predict(curves, test)}
    predictions |= {name: ask(at, test) for name, ask in asks.items()}
    at_end = curves.probability(decades_after(test.time, test.landmark))
    return Scored(test, predictions, curves.cdf, at_end)


def _concatenated(parts: list[Scored]) -> Scored:
    def join(arrays: list[FloatArray]) -> FloatArray:
        return np.concatenate(arrays)

    predictions = {
        name: Prediction(
            join([p.predictions[name].probability for p in parts]),
            join([p.predictions[name].median for p in parts]),
        )
        for name in parts[0].predictions
    }
    rows = FeatureTable.concatenate([p.rows for p in parts])
    return Scored(rows, predictions, join([p.cdf for p in parts]), join([p.at_end for p in parts]))


def summarize(
    runs: Sequence[Run],
    evaluation: Evaluation,
    transfer: dict[str, Any],
    decision: dict[str, Any],
) -> dict[str, Any]:
    """Return the whole result as plain data: `tables` by landmark, every other layer, and the `headline`."""
    tables = {name: _table(s) for name, s in evaluation.at.items()}
    alarm = _alarm(runs, evaluation.watched)
    headline = _headline(evaluation.at, tables)
    signal_sets = {
        name: {k: v for k, v in _figures(s, FORECASTER).items() if k in ("auroc", "log10_mae")}
        for name, s in evaluation.by_signals.items()
    }
    return {
        "runs": len(runs),
        "configurations": len({r.configuration_id for r in runs}),
        "folds": N_FOLDS,
        "tables": tables,
        "alarm": alarm,
        "signal_sets": signal_sets,
        "groups": _groups(runs, evaluation.at[HEADLINE]) if HEADLINE in evaluation.at else {},
        "transfer": transfer,
        "decision": decision,
        "headline": None
        if headline is None
        else {
            **headline,
            "alarm": alarm[FORECASTER],
            "transfer": {f: _without_levels(t) for f, t in transfer.items()},
            "decision": decision,
            "signal_sets": signal_sets,
        },
    }


def _forecasts(evaluation: Evaluation) -> Forecasts:
    """Return every held-out probability of watched runs, and of those that have not memorised, by run and landmark."""
    parts = [evaluation.watched, evaluation.at[ANY]] if ANY in evaluation.at else [evaluation.watched]
    return Forecasts(
        np.concatenate([p.rows.run for p in parts]),
        np.concatenate([p.rows.landmark for p in parts]),
        np.concatenate([p.predictions[FORECASTER].probability for p in parts]),
    )


def _plots(runs: Sequence[Run], evaluation: Evaluation) -> dict[str, Any]:
    """Return the arrays that the HTML report draws."""
    if HEADLINE not in evaluation.at:
        return {}
    families = {r.run_id: r.context.task_family or "unknown" for r in runs}
    own = np.array([families[r] for r in evaluation.at[HEADLINE].rows.run.tolist()])
    plots = plot_arrays(evaluation.at, own, HEADLINE, (FORECASTER, CONTEXT_BOOSTED))
    watched = watch(evaluation.watched.rows, evaluation.watched.predictions[FORECASTER].probability)
    return {
        **plots,
        "leads": watched.lead_share[watched.grokking].tolist(),
    }


def _without_levels(transfer: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in transfer.items() if k not in ("levels", "not_estimable")}


def _groups(runs: Sequence[Run], scored: Scored) -> dict[str, Any]:
    """Return the figures of each task family, and then of each architecture, at the headline landmark."""
    contexts = {run.run_id: run.context for run in runs}
    groups = {}
    for factor in ("task_family", "architecture"):
        own = [getattr(contexts[run], factor) for run in scored.rows.run.tolist()]
        for name in sorted({level for level in own if level is not None}):
            part = scored.where(np.array([name == level for level in own]))
            figures = _figures(part, FORECASTER)
            groups[name] = {
                "factor": factor,
                "rows": len(part.rows),
                "positives": int(part.rows.event.sum()),
                "grokking": int(part.rows.grokking().sum()),
                **{k: figures[k] for k in ("auroc", "log10_mae", "mape")},
                "coverage90": _interval(part, _coverage),
            }
    return groups


def _alarm(runs: Sequence[Run], watched: Scored) -> dict[str, Any]:
    """Return the figures of alarms on algorithmic tasks, by method."""
    algorithmic = [r for r in runs if r.context.task_family in ALGORITHMIC]
    watched = watched.where(np.isin(watched.rows.run, [r.run_id for r in algorithmic]))
    seen = set(watched.rows.run.tolist())
    unwatched = np.array(
        [r.configuration_id for r in algorithmic if r.run_id not in seen and label(r).outcome == "grokking"],
        dtype=str,
    )
    return {
        name: alarm_figures(with_unwatched(watch(watched.rows, p.probability), unwatched))
        for name, p in watched.predictions.items()
    }


def _table(scored: Scored) -> dict[str, Any]:
    rows = scored.rows
    negatives = {
        "budget_censored": int((~rows.event & ~rows.blocked).sum()),
        "blocked": int((~rows.event & rows.blocked).sum()),
    }
    return {
        "rows": len(rows),
        "positives": int(rows.event.sum()),
        "grokking": int(rows.grokking().sum()),
        "negatives": negatives,
        "methods": {name: _figures(scored, name) for name in scored.predictions},
        "coverage90": _interval(scored, _coverage),
    }


def _figures(scored: Scored, name: str) -> dict[str, Any]:
    """Return every figure of a method with its interval."""
    measures = {
        "auroc": lambda s, i: _auroc(s, name, i, ~s.rows.blocked),
        "auroc_all": lambda s, i: _auroc(s, name, i, np.ones(len(s.rows), dtype=bool)),
        "auroc_blocked": lambda s, i: _auroc(s, name, i, s.rows.blocked | s.rows.event),
        "average_precision": lambda s, i: metrics.average_precision(
            s.predictions[name].probability[i], s.rows.event[i]
        ),
        "brier": lambda s, i: metrics.brier(s.predictions[name].probability[i], s.rows.event[i]),
        "log10_mae": lambda s, i: _when(metrics.log10_mae, s, name, i),
        "mape": lambda s, i: _when(metrics.mape, s, name, i),
    }
    return {key: _interval(scored, measure) for key, measure in measures.items()}


Measure = Callable[[Scored, NDArray[np.intp]], float]


def _auroc(s: Scored, name: str, i: NDArray[np.intp], kept: NDArray[np.bool_]) -> float:
    i = i[kept[i]]
    return metrics.auroc(s.predictions[name].probability[i], s.rows.event[i])


def _when(metric: Callable[[FloatArray, FloatArray], float], s: Scored, name: str, i: NDArray[np.intp]) -> float:
    """Apply a metric of WHEN to the runs that grokked; NaN for a method that gives no median."""
    i = i[s.rows.grokking()[i]]
    return metric(s.predictions[name].median[i], s.rows.time[i])


def _coverage(s: Scored, i: NDArray[np.intp]) -> float:
    return metrics.interval_coverage(s.at_end[i], s.rows.event[i], s.rows.weight[i])


def _interval(scored: Scored, measure: Measure) -> dict[str, float | None]:
    return vars(interval(lambda i: measure(scored, i), scored.rows.configuration))


def _minus(scored: Scored, measure: Callable[[str], Measure], other: str) -> dict[str, float | None]:
    """Return the paired difference of a figure between the forecaster and another method."""
    ours, theirs = measure(FORECASTER), measure(other)
    return _interval(scored, lambda s, i: ours(s, i) - theirs(s, i))


def _headline(scored: dict[str, Scored], tables: dict[str, Any]) -> dict[str, Any] | None:
    if HEADLINE not in scored:
        return None
    s, table = scored[HEADLINE], tables[HEADLINE]
    ours = table["methods"][FORECASTER]

    def area(name: str) -> Measure:
        return lambda s, i: _auroc(s, name, i, ~s.rows.blocked)

    context = max(STRONGEST_BASELINES, key=lambda n: table["methods"][n]["auroc"]["value"] or 0)
    signal = max(SINGLE_SIGNALS, key=lambda n: table["methods"][n]["auroc"]["value"] or 0)
    context_when = min(STRONGEST_BASELINES, key=lambda n: table["methods"][n]["log10_mae"]["value"] or np.inf)
    # Of the runs whose error stands beside it.
    floor = noise_floor(*_first_rows(s.rows.where(s.rows.grokking() | ~s.rows.event)))
    return {
        "landmark": HEADLINE,
        "whether": {
            **{k: ours[k] for k in ("auroc", "average_precision", "brier")},
            "negatives": table["negatives"],
            "context_only": context,
            "context_only_auroc": table["methods"][context]["auroc"],
            "minus_context_only": _minus(s, area, context),
            "best_signal": signal,
            "minus_best_signal": _minus(s, area, signal),
        },
        "when": {
            "grokking_runs": table["grokking"],
            "mape": ours["mape"],
            "log10_mae": ours["log10_mae"],
            "noise_floor": vars(floor),
            "context_only": context_when,
            "context_only_log10_mae": table["methods"][context_when]["log10_mae"],
            "coverage90": table["coverage90"],
            **_survival_figures(s),
        },
    }


def _survival_figures(s: Scored) -> dict[str, float]:
    """Return Harrell's concordance of the restricted mean onset, and the integrated Brier score, over two decades."""
    ahead = EDGES <= 2.0
    x = decades_after(s.rows.time, s.rows.landmark)
    mean_onset = np.asarray(np.trapezoid(1 - s.cdf[:, ahead], EDGES[ahead], axis=1))
    ibs = metrics.integrated_brier(s.cdf[:, ahead][:, 1:], EDGES[ahead][1:], x, s.rows.event)
    return {
        "c_index": round(metrics.c_index(mean_onset, x, s.rows.event), 4),
        "ibs": round(ibs, 4),
    }


def _first_rows(rows: FeatureTable) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.str_]]:
    """Return time, event and configuration of one row a run."""
    _, first = np.unique(rows.run, return_index=True)
    return rows.time[first], rows.event[first], rows.configuration[first]
