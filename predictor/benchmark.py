"""How good the forecasts are on configurations that were not learnt from, beside every simple baseline.

Outer folds hold out whole configurations. In each, the forecaster is fitted from nothing on the others (its own
calibration folds lie inside them), and so is every baseline. Forecasts are made at fixed landmarks before the rise.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from features.table import FeatureTable, landmarks, table_at, training_table
from predictor import metrics
from predictor.baselines import BASELINES, Ask, Prediction, predict
from predictor.bootstrap import interval
from predictor.folds import N_FOLDS, fold_of
from predictor.forecaster import OnsetForecaster
from predictor.hazard import decades_after
from training_runs import Run
from training_runs.onset import COMPREHENSION_DELAY_STEPS, memorization

FORECASTER = "grokcast"
STRONGEST_BASELINES = ("context only, boosted", "context only, linear")


def _memorized_at(run: Run, factor: float) -> list[int]:
    """Return the checkpoint at a multiple of the step at which memorisation was confirmed."""
    confirmed = memorization(run.trajectory).confirmed_step
    if confirmed is None:
        return []
    return _checkpoint_at(run, factor * confirmed)


def _checkpoint_at(run: Run, step: float) -> list[int]:
    steps = run.trajectory.steps
    k = int(np.searchsorted(steps, step, side="right")) - 1
    return [int(steps[k])] if k >= 0 and step <= run.trajectory.observed_until else []


LANDMARKS: dict[str, Callable[[Run], Iterable[int]]] = {
    "at memorisation": lambda run: _memorized_at(run, 1),
    "2x memorisation": lambda run: _memorized_at(run, 2),
    "4x memorisation": lambda run: _memorized_at(run, 4),
    "10 % of budget": lambda run: _checkpoint_at(run, 0.1 * run.budget_step),
    "any, before the rise": lambda run: landmarks(run, np.random.default_rng(0)),
}
HEADLINE = "at memorisation"


@dataclass(frozen=True, eq=False)
class Scored:
    """Test rows of one kind of landmark, with the predictions of every method; concatenated over folds.

    `at_end` is the forecaster's F(T) at the onset or at the end of the recording.
    """

    rows: FeatureTable
    predictions: dict[str, Prediction]
    at_end: FloatArray


def cross_validate(
    runs: Sequence[Run], on_progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Scored]:
    """Return, for each kind of landmark, every early row predicted by models that did not see its configuration."""
    configuration = np.array([r.configuration_id for r in runs])
    fold = fold_of(configuration, "benchmark")
    parts: dict[str, list[Scored]] = {name: [] for name in LANDMARKS}
    for k in range(N_FOLDS):
        learnt = [r for r, f in zip(runs, fold, strict=True) if f != k]
        held_out = [r for r, f in zip(runs, fold, strict=True) if f == k]
        assert not {r.configuration_id for r in learnt} & {r.configuration_id for r in held_out}
        table = training_table(learnt)
        forecaster = OnsetForecaster.fit(learnt, f"fold-{k}", table=table)
        asks = {name: baseline(table) for name, baseline in BASELINES.items()}
        for name, choose in LANDMARKS.items():
            at, test = table_at(learnt, choose).early(), table_at(held_out, choose).early()
            if len(test):
                parts[name].append(_score(forecaster, asks, at, test))
        on_progress(k + 1, N_FOLDS)
    return {name: _concatenated(scored) for name, scored in parts.items() if scored}


def _score(
    forecaster: OnsetForecaster, asks: dict[str, Ask], at: FeatureTable, test: FeatureTable
) -> Scored:
    # As far as the model goes: baselines know no reach, and all are asked about the same budget.
    curves = forecaster.curves(test, to_reach=False)
    predictions = {FORECASTER: predict(curves, test)}
    predictions |= {name: ask(at, test) for name, ask in asks.items()}
    return Scored(test, predictions, curves.probability(decades_after(test.time, test.landmark)))


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
    return Scored(rows, predictions, join([p.at_end for p in parts]))


def summarize(runs: Sequence[Run], scored: dict[str, Scored]) -> dict[str, Any]:
    """Return the whole result as plain data: `tables` by landmark, and the `headline`."""
    tables = {name: _table(s) for name, s in scored.items()}
    return {
        "runs": len(runs),
        "configurations": len({r.configuration_id for r in runs}),
        "folds": N_FOLDS,
        "tables": tables,
        "headline": _headline(scored, tables),
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
        "grokking": int(_grokking(rows).sum()),
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


def _grokking(rows: FeatureTable) -> NDArray[np.bool_]:
    late = rows.time - rows.memorized_time > COMPREHENSION_DELAY_STEPS
    return np.asarray(rows.event & rows.memorized_event & late)


def _when(
    metric: Callable[[FloatArray, FloatArray], float], s: Scored, name: str, i: NDArray[np.intp]
) -> float:
    """Apply a metric of WHEN to the runs that grokked; NaN for a method that gives no median."""
    i = i[_grokking(s.rows)[i]]
    return metric(s.predictions[name].median[i], s.rows.time[i])


def _coverage(s: Scored, i: NDArray[np.intp]) -> float:
    return metrics.interval_coverage(s.at_end[i], s.rows.event[i])


def _interval(scored: Scored, measure: Measure) -> dict[str, float | None]:
    return vars(interval(lambda i: measure(scored, i), scored.rows.configuration))


def _minus(
    scored: Scored, measure: Callable[[str], Measure], other: str
) -> dict[str, float | None]:
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
    context_when = min(
        STRONGEST_BASELINES, key=lambda n: table["methods"][n]["log10_mae"]["value"] or np.inf
    )
    rows = s.rows
    floor = metrics.noise_floor(*_first_rows(rows))
    return {
        "landmark": HEADLINE,
        "whether": {
            **{k: ours[k] for k in ("auroc", "average_precision", "brier")},
            "negatives": table["negatives"],
            "context_only": context,
            "context_only_auroc": table["methods"][context]["auroc"],
            "minus_context_only": _minus(s, area, context),
            "minus_best_signal": _minus(s, area, "best single signal"),
        },
        "when": {
            "grokking_runs": table["grokking"],
            "mape": ours["mape"],
            "log10_mae": ours["log10_mae"],
            "noise_floor": vars(floor),
            "context_only": context_when,
            "context_only_log10_mae": table["methods"][context_when]["log10_mae"],
            "coverage90": table["coverage90"],
        },
    }


def _first_rows(rows: FeatureTable) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.str_]]:
    """Return time, event and configuration of one row a run."""
    _, first = np.unique(rows.run, return_index=True)
    return rows.time[first], rows.event[first], rows.configuration[first]
