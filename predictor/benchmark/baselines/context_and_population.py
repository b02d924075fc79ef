"""What the forecaster must beat: the hyperparameters alone, the best single signal, and the population.

Each is fitted on the forecaster's own training table, then asked about test rows with training rows `at` the same kind
of landmark beside them, and gives what a forecast gives: P(onset by the budget) and a median onset. All see the same
rows and the same horizons as the forecaster.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.extract import FEATURES
from features.table import FeatureTable
from predictor.benchmark.methods import BEST_SINGLE_SIGNAL, CONTEXT_BOOSTED, CONTEXT_LINEAR
from predictor.benchmark.metrics import auroc
from predictor.hazard.cross_fitting import HazardModel
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.folds import N_FOLDS
from predictor.hazard.rows import Rows
from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs.arrays import FloatArray

_NAMES = list(FEATURES)
_CONTEXT = [k for k, f in enumerate(FEATURES.values()) if f.group == "context"]
_HISTORY = [k for k, f in enumerate(FEATURES.values()) if f.group == "history"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """P(onset by the budget) and the median onset step, given onset by then; shape (n_rows,) each."""

    probability: FloatArray
    median: FloatArray


Ask = Callable[[FeatureTable, FeatureTable], Prediction]  # (at, test)
Baseline = Callable[[FeatureTable], Ask]  # training table


def context_matrix(table: FeatureTable) -> FloatArray:
    """Return every context field and the landmark: what is known without looking at the history."""
    return np.column_stack([table.features[:, _CONTEXT], np.log10(table.landmark)])


def context_names() -> list[str]:
    """Return the names of the columns of `context_matrix`."""
    return [*(_NAMES[k] for k in _CONTEXT), "landmark"]


def predict(curves: OnsetCurves, table: FeatureTable) -> Prediction:
    """Read the probability by the budget, and the median given onset by then, off curves."""
    by_budget = curves.probability(decades_after(table.budget, table.landmark))
    median = curves.quantile(0.5 * by_budget)
    return Prediction(by_budget, table.landmark * 10 ** np.nan_to_num(median))


def context_boosting(train: FeatureTable, n_learners: int = N_FOLDS) -> Ask:
    """The same kind of hazard, folds and calibration, on the context and the landmark alone, all of it known."""
    train = train.where(train.as_recorded)
    rows = Rows.of(train, context_matrix(train), np.zeros(len(train), dtype=np.int64))
    model = HazardModel.fit(rows, range(rows.features.shape[1]), n_learners=n_learners)
    return lambda at, test: ask_hazard(model, context_matrix(test), test)


def ask_hazard(model: HazardModel, features: FloatArray, test: FeatureTable) -> Prediction:
    """Ask a model without groups about rows, as far as it goes."""
    cdf = model.table_curves(features, test.target, np.zeros(len(test), dtype=np.int64))
    return predict(OnsetCurves(cdf, np.full(len(test), EDGES[-1])), test)


def context_linear(at: FeatureTable, test: FeatureTable) -> Prediction:
    """A logistic regression for whether and a ridge for when, on the context, the landmark and the budget."""
    matrix, wanted = (_with_clock(t, context_matrix(t)) for t in (at, test))
    known = at.outcome_known()
    probability = _logistic(matrix[known], at.event[known], wanted)
    seen = at.event
    if seen.sum() < 5:
        return Prediction(probability, np.full(len(test), np.nan))
    ridge = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), RidgeCV(np.logspace(-2, 3, 11)))
    ridge.fit(matrix[seen], np.log10(at.time[seen]))
    # Given onset by the budget, as the forecaster's: no later than that.
    median = np.clip(10 ** ridge.predict(wanted), test.landmark + 1, test.budget)
    return Prediction(probability, median)


def best_single_signal(at: FeatureTable, test: FeatureTable) -> Prediction:
    """The logistic rule of one feature of the history, landmark and budget that ranks the training rows best."""
    known = at.outcome_known() & ~at.blocked
    label = at.event[known]

    def rule(k: int, wanted: FeatureTable) -> FloatArray:
        matrix, questions = (_with_clock(t, t.features[:, [k]]) for t in (at, wanted))
        return _logistic(matrix[known], label, questions)

    seen = at.where(known)
    several = label.any() and not label.all()
    best = max(_HISTORY, key=lambda k: auroc(rule(k, seen), label)) if several else _HISTORY[0]
    return Prediction(rule(best, test), np.full(len(test), np.nan))


def kaplan_meier_curve(at: FeatureTable, test: FeatureTable) -> Prediction:
    """The population's curve in decades after the landmark, the same for every run."""
    x = decades_after(at.time, at.landmark)
    times, cdf, _ = kaplan_meier(x, at.event, at.weight)
    curve = np.tile(cdf_at(EDGES, times, cdf), (len(test), 1))
    return predict(OnsetCurves(curve, np.full(len(test), EDGES[-1])), test)


BASELINES: dict[str, Baseline] = {
    CONTEXT_BOOSTED: context_boosting,
    CONTEXT_LINEAR: lambda train: context_linear,
    BEST_SINGLE_SIGNAL: lambda train: best_single_signal,
    "Kaplan-Meier": lambda train: kaplan_meier_curve,
}


def _with_clock(table: FeatureTable, columns: FloatArray) -> FloatArray:
    """Add when the question is asked and how far it reaches."""
    return np.column_stack([columns, np.log10(table.landmark), np.log10(table.budget)])


def _logistic(matrix: FloatArray, label: np.ndarray, wanted: FloatArray) -> FloatArray:
    if label.all() or not label.any():
        return np.full(len(wanted), float(label.mean()) if len(label) else 0.5)
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    )
    return np.asarray(model.fit(matrix, label).predict_proba(wanted)[:, 1])
