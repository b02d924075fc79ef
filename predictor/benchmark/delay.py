"""The delay from memorisation to onset, and the four classes that it divides: held-out forecasts beside two baselines.

The forecast of a delay is its median given onset by the budget, as `delay_steps_if_onset` has it. It is scored on runs that
grok, apart for rows at which memorisation was seen and for those at which it was still to come. The forecast of a class is the
likeliest of the four at the budget.

Beside it, on the same rows: the context alone, whose one onset is taken as certain where its probability is 0.5 or more;
and, knowing nothing of the run, the median delay of the grokking runs learnt from, with their commonest class.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.phase import phase_index
from features.table import FeatureTable
from predictor.answering.delay import before_memorization
from predictor.answering.outcomes import outcome_probabilities
from predictor.benchmark import metrics
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.methods import CONTEXT_BOOSTED, FORECASTER
from predictor.benchmark.prediction import Prediction
from predictor.benchmark.result import DelayFigures, OutcomeFigures
from predictor.hazard.curves import OnsetCurve, OnsetCurves
from predictor.hazard.time_bins import EDGES
from training_runs.arrays import FloatArray
from training_runs.onset import COMPREHENSION_DELAY_STEPS, OUTCOMES, Outcome

TYPICAL = "median delay, commonest class"
_LEAST = 1.0  # steps: a delay that is scored by its logarithm


@dataclass(frozen=True, eq=False)
class DelayForecasts:
    """Rows with each method's delay in steps, given onset, and the index in `OUTCOMES` of the class that it forecasts."""

    rows: FeatureTable
    delay: dict[str, FloatArray]
    outcome: dict[str, NDArray[np.int64]]

    @classmethod
    def of(
        cls,
        rows: FeatureTable,
        curves: OnsetCurves,
        memorization: FloatArray,
        learnt_from: FeatureTable,
        context_only: Prediction | None = None,
    ) -> "DelayForecasts":
        """Forecast each row from its curve, and by the baselines.

        Parameters
        ----------
        memorization : P(memorised by each edge) of runs that are still fitting, shape (n_bins + 1,).
        learnt_from : rows at the same kind of landmark of the configurations that were learnt from.
        context_only : its forecasts of the rows, where it was fitted.
        """
        found = {FORECASTER: _by_curves(rows, curves, memorization), TYPICAL: _typical(rows, learnt_from)}
        if context_only is not None:
            found[CONTEXT_BOOSTED] = _by_median(rows, context_only, memorization)
        return cls(
            rows, {name: delay for name, (delay, _) in found.items()}, {name: k for name, (_, k) in found.items()}
        )

    @classmethod
    def concatenate(cls, parts: Sequence["DelayForecasts"]) -> "DelayForecasts":
        """Return the rows of several folds, which have the same methods."""
        return cls(
            FeatureTable.concatenate([p.rows for p in parts]),
            {name: np.concatenate([p.delay[name] for p in parts]) for name in parts[0].delay},
            {name: np.concatenate([p.outcome[name] for p in parts]) for name in parts[0].outcome},
        )


def memorization_seen(rows: FeatureTable) -> NDArray[np.bool_]:
    """Return for each row whether memorisation was confirmed at its landmark."""
    return np.asarray(rows.phase == phase_index("memorized"))


def delays_by_kind(forecasts: Mapping[str, DelayForecasts]) -> dict[str, DelayFigures]:
    """Return the figures of delays by kind of landmark, apart for rows with and without memorisation; none without rows."""
    figures = {}
    for name, found in forecasts.items():
        seen = memorization_seen(found.rows)
        for state, kept in (("memorisation seen", seen), ("memorisation to come", ~seen)):
            if (kept & found.rows.grokking()).any():
                figures[f"{name}, {state}"] = delay_figures(found, kept)
    return figures


def delay_figures(forecasts: DelayForecasts, kept: NDArray[np.bool_]) -> DelayFigures:
    """Return the error of each method's delay on those of some rows whose runs grok, in decades."""
    kept = kept & forecasts.rows.grokking()
    rows = forecasts.rows.where(kept)
    true = rows.time - rows.memorized_time

    def error_of(delay: FloatArray) -> Interval:
        delay = np.maximum(delay[kept], _LEAST)
        return interval(lambda i: metrics.log10_mae(delay[i], true[i]), rows.configuration)

    return DelayFigures(
        rows=len(rows),
        configurations=len(np.unique(rows.configuration)),
        log10_mae={name: error_of(delay) for name, delay in forecasts.delay.items()},
    )


def outcome_figures(forecasts: DelayForecasts) -> OutcomeFigures:
    """Return how often each class was forecast for each class that came by the budget, and the share that is right."""
    rows, true = forecasts.rows, outcomes_of(forecasts.rows)
    confusion: dict[str, dict[Outcome, dict[Outcome, int]]] = {}
    for name, predicted in forecasts.outcome.items():
        counts = np.zeros((len(OUTCOMES), len(OUTCOMES)), dtype=np.int64)
        np.add.at(counts, (true, predicted), 1)
        of_classes = zip(OUTCOMES, counts.tolist(), strict=True)
        confusion[name] = {came: dict(zip(OUTCOMES, of_class, strict=True)) for came, of_class in of_classes}

    def right(predicted: NDArray[np.int64]) -> Interval:
        return interval(lambda i: float(np.mean(predicted[i] == true[i])), rows.configuration)

    return OutcomeFigures(len(rows), confusion, {name: right(k) for name, k in forecasts.outcome.items()})


def outcomes_of(rows: FeatureTable) -> NDArray[np.int64]:
    """Return the class of each row's run at its budget, as an index in `OUTCOMES`; `training_runs.onset.outcome_by` for tables."""
    generalized = rows.event & (rows.time <= rows.budget)
    memorized = rows.memorized_event & (rows.memorized_time <= rows.budget)
    is_late = rows.memorized_event & (rows.time - rows.memorized_time > COMPREHENSION_DELAY_STEPS)
    return np.where(generalized, np.where(is_late, 0, 1), np.where(memorized, 2, 3))


def _by_curves(
    rows: FeatureTable, curves: OnsetCurves, memorization: FloatArray
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Forecast as an answer does (`predictor.answering`)."""
    columns = (rows.landmark, rows.budget, rows.memorized_time, memorization_seen(rows))
    each = zip(curves, *(column.tolist() for column in columns), strict=True)
    found = [_answer(curve, at, budget, step, seen, memorization) for curve, at, budget, step, seen in each]
    delay, outcome = zip(*found, strict=True) if found else ((), ())
    return np.array(delay, dtype=float), np.array(outcome, dtype=np.int64)


def _answer(
    curve: OnsetCurve, landmark: float, budget: float, memorized: float, is_seen: bool, memorization: FloatArray
) -> tuple[float, int]:
    by_budget = float(curve.probability(np.log10(budget / landmark)))
    delays = None if is_seen else before_memorization(landmark, curve, memorization, by_budget)
    median = landmark * 10 ** curve.quantile(0.5 * by_budget)
    chances = outcome_probabilities(
        curve,
        by_budget,
        landmark=landmark,
        horizon=budget,
        has_memorized=is_seen,
        memorization_step=memorized if is_seen else None,
        memorization=memorization,
        delays=delays,
    )
    likeliest = int(np.argmax([chances[name] for name in OUTCOMES]))
    return float(median - memorized if delays is None else np.median(delays)), likeliest


def _by_median(
    rows: FeatureTable, predicted: Prediction, memorization: FloatArray
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Forecast from one onset a row: where memorisation is to come, it is at its median up to that onset in the corpus."""
    seen = memorization_seen(rows)
    ahead = np.log10(np.maximum(predicted.median / rows.landmark, 1.0))
    by_onset = np.interp(ahead, EDGES, memorization)
    expected = rows.landmark * 10 ** np.interp(0.5 * by_onset, memorization, EDGES)
    delay = predicted.median - np.where(seen, rows.memorized_time, expected)
    fits = seen | (np.interp(np.log10(rows.budget / rows.landmark), EDGES, memorization) >= 0.5)
    generalizes = predicted.probability >= 0.5
    late = delay > COMPREHENSION_DELAY_STEPS
    return delay, np.where(generalizes, np.where(late, 0, 1), np.where(fits, 2, 3))


def _typical(rows: FeatureTable, learnt_from: FeatureTable) -> tuple[FloatArray, NDArray[np.int64]]:
    """Forecast what is typical of runs learnt from, each with one row: their median delay, and their commonest class."""
    _, first = np.unique(learnt_from.run, return_index=True)
    runs = learnt_from.where(first)
    delays = (runs.time - runs.memorized_time)[runs.grokking()]
    median = float(np.median(delays)) if len(delays) else float("nan")
    commonest = int(np.bincount(outcomes_of(runs), minlength=len(OUTCOMES)).argmax())
    return np.full(len(rows), median), np.full(len(rows), commonest, dtype=np.int64)
