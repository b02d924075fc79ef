"""What single papers read off a run, each as a rule to beat: a signal or two, the landmark and the budget, no more.

A rule sees some columns of a row, or where a fitted learning curve leads. A logistic regression with landmark and
budget turns them into P(onset by the budget), a ridge into the median onset. The published thresholds are those of the
authors' own networks and do not carry over, so they are fitted anew on training rows `at` the same kind of landmark.
Rows that record none of a rule's columns get the population's prediction.

References
----------
Truong et al., arXiv 2605.18845 (first passage of the norm) and arXiv 2604.13123 (spectral entropy); Notsawo et al.,
arXiv 2306.13253 (oscillation of the early loss; Hjorth 1970); Salah & Yevick, arXiv 2507.11645 (variance of accuracy
under dropout); for the curves see `predictor.benchmark.baselines.learning_curves`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from features.table import FeatureTable
from predictor.benchmark.baselines.context_and_population import kaplan_meier_curve
from predictor.benchmark.baselines.learning_curves import LOSS_SHARE_AT_ONSET, extrapolate, extrapolate_loss
from predictor.benchmark.prediction import Prediction, Predictor
from training_runs import Trajectory
from training_runs.arrays import FloatArray

COLUMNS: dict[str, tuple[str, ...]] = {
    "clock, loss and norm": (
        "training_clock",
        "train_loss_level",
        "val_loss_level",
        "weight_norm_per_weight",
        "weight_norm_slope_long",
    ),
    "spectral-entropy gap": (
        "representation_entropy_level",
        "representation_entropy_slope_long",
    ),
    "Hjorth activity": ("train_loss_roughness",),
    "dropout variance": ("dropout_acc_var_level", "dropout_acc_var_slope_long"),
}

_MIN_ONSETS = 5  # below, a regression of when is meaningless
_NEAR_ONSET = 1.6  # rows within this factor before their onset show the norm at onset
_LEAST_LEFT = 0.3  # share of the way that is left at least: norms that stray low have not arrived
_LEAST_PROBABILITY = 1e-4  # of an extrapolation: what is farther out is no different
_FARTHEST = 1e3  # budgets; later than that is never


def linear_rule(*names: str) -> Predictor:
    """Return the rule that reads some features of a row."""

    def columns(table: FeatureTable) -> FloatArray:
        return np.column_stack([table.feature(name) for name in names])

    def predict(at: FeatureTable, test: FeatureTable) -> Prediction:
        return _linear(at, columns(at), test, columns(test))

    return predict


def first_passage(train: FeatureTable) -> Predictor:
    """Return the rule of Truong et al.: the norm decays exponentially until it is low enough to generalise.

    Their law is `onset - t = log(V_t / V*) / (2 kappa lr wd)`, V the squared norm, with V* a nearly constant share of
    the norm at memorisation. Here V_t is known by how far the norm has fallen from its peak, V* is how far it had
    fallen in training runs near their onset, kappa is fitted on rows `at` the landmark, and the rate is the measured
    one where that is faster than lr x wd, or where those are not known.
    """
    fall_at_onset = _fall_at_onset(train)

    def predict(at: FeatureTable, test: FeatureTable) -> Prediction:
        way_at, way_test = (_passage(t, fall_at_onset) for t in (at, test))
        seen = at.event & (at.time > at.landmark) & np.isfinite(way_at)
        delay = (at.time / at.landmark - 1)[seen] / way_at[seen]
        kappa = float(np.median(delay)) if seen.any() else 1.0
        return _linear(at, _budgets(at, way_at, kappa), test, _budgets(test, way_test, kappa))

    return predict


Trajectories = Mapping[str, Trajectory]
"""The whole recording of each run id; an extrapolation fits only the prefix up to a row's landmark."""


def accuracy_extrapolation(trajectories: Trajectories) -> Predictor:
    """Return the rule that extrapolates validation accuracy along learning curves."""
    return _extrapolation_rule(extrapolate, trajectories)


def loss_extrapolation(trajectories: Trajectories) -> Predictor:
    """Return the rule that extrapolates the power law of validation loss down to its usual share at onset."""

    def extrapolation(history: Trajectory, target: float, horizon: int) -> tuple[float, float]:
        return extrapolate_loss(history, LOSS_SHARE_AT_ONSET, horizon)

    return _extrapolation_rule(extrapolation, trajectories)


def _extrapolation_rule(
    extrapolation: Callable[[Trajectory, float, int], tuple[float, float]],
    trajectories: Trajectories,
) -> Predictor:
    @cache  # once for each row and budget: folds share most of their training rows
    def answer(run: str, landmark: int, target: float, budget: int) -> tuple[float, float]:
        probability, median = extrapolation(trajectories[run].prefix(landmark), target, budget)
        odds = np.clip(probability, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
        return float(np.log(odds / (1 - odds))), float(np.log10(max(median / landmark, 1.0)))

    def columns(table: FeatureTable) -> FloatArray:
        rows = zip(table.run, table.landmark, table.target, table.budget, strict=True)
        answers = [answer(str(r), int(at), float(target), int(b)) for r, at, target, b in rows]
        return np.array(answers, dtype=float).reshape(-1, 2)

    return lambda at, test: _linear(at, columns(at), test, columns(test))


def _fall_at_onset(train: FeatureTable) -> float:
    """Return the decades by which the norm falls from its peak to the onset: the upper quartile, for some have hardly
    begun to fall when they generalise.
    """
    near = train.event & (train.landmark < train.time) & (train.time < _NEAR_ONSET * train.landmark)
    fall = train.feature("weight_norm_below_peak")[near]
    fall = fall[np.isfinite(fall)]
    return max(float(np.quantile(fall, 0.75)), 1e-3) if len(fall) else 0.1


def _passage(table: FeatureTable, fall_at_onset: float) -> FloatArray:
    """Return the way that the norm has to fall yet, over its rate, in landmarks, with kappa = 1; NaN where unknown."""
    left = fall_at_onset - table.feature("weight_norm_below_peak")
    # d log10(norm) / d log10(t) = -lr wd t for decoupled decay: the same unit as a measured slope.
    rate = np.fmax(10 ** table.feature("decay_clock"), -table.feature("weight_norm_slope"))
    return np.maximum(left, _LEAST_LEFT * fall_at_onset) / np.maximum(rate, 1e-6)


def _budgets(table: FeatureTable, way: FloatArray, kappa: float) -> FloatArray:
    """Return log10 of the passage over the budget, shape (n_rows, 1)."""
    step = table.landmark * (1 + kappa * way)
    return np.asarray(np.log10(np.minimum(step / table.budget, _FARTHEST)))[:, None]


def _linear(at: FeatureTable, columns: FloatArray, test: FeatureTable, test_columns: FloatArray) -> Prediction:
    """Return a logistic rule for whether and a ridge for when, on columns of rows, their landmark and their budget."""
    recorded, answerable = (np.isfinite(c).any(axis=1) for c in (columns, test_columns))
    matrix, queries = _with_clock(at, columns), _with_clock(test, test_columns)[answerable]
    known = at.outcome_known() & ~at.blocked
    rate = float(at.event[known].mean()) if known.any() else 0.5
    probability = np.full(len(test), rate)
    median = kaplan_meier_curve(at, test).median
    if answerable.any():
        known, seen = known & recorded, at.event & recorded
        if at.event[known].any() and not at.event[known].all():
            model = _fitted(LogisticRegression(max_iter=1000), matrix[known], at.event[known])
            probability[answerable] = model.predict_proba(queries)[:, 1]
        if seen.sum() >= _MIN_ONSETS:
            model = _fitted(RidgeCV(np.logspace(-2, 3, 11)), matrix[seen], np.log10(at.time / at.landmark)[seen])
            median[answerable] = test.landmark[answerable] * 10 ** model.predict(queries)
    return Prediction(probability, np.clip(median, test.landmark + 1, test.budget), silent=np.asarray(~answerable))


def _with_clock(table: FeatureTable, columns: FloatArray) -> FloatArray:
    return np.column_stack([columns, np.log10(table.landmark), np.log10(table.budget)])


def _fitted(model: Any, matrix: FloatArray, label: NDArray[Any]) -> Pipeline:
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler(), model).fit(matrix, label)
