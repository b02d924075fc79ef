"""What the forecaster must beat: the hyperparameters alone, the best single signal, and the population.

All see the same rows and the same horizons as the forecaster, and predict what it does: P(onset by the budget) and a
median onset.
"""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.extract import FEATURES
from features.table import FeatureTable
from predictor.benchmark.baselines.logistic_each import probability_by_each
from predictor.benchmark.metrics import auroc
from predictor.benchmark.prediction import Prediction, Predictor, predict
from predictor.hazard.cross_fitting import HazardModel
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.folds import N_FOLDS
from predictor.hazard.rows import Rows
from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs.arrays import FloatArray

_CONTEXT = [name for name, feature in FEATURES.items() if feature.group == "context"]
_HISTORY = [name for name, feature in FEATURES.items() if feature.group == "history"]


def context_matrix(table: FeatureTable) -> FloatArray:
    """Return every context field and the landmark: what is known without looking at the history."""
    return np.column_stack([*(table.feature(name) for name in _CONTEXT), np.log10(table.landmark)])


def context_boosting(train: FeatureTable, n_learners: int = N_FOLDS, n_trees: int | None = None) -> Predictor:
    """Fit the same kind of hazard, with the same folds and calibration, on the context and the landmark alone."""
    model = _of_context(train, n_learners, n_trees)
    return lambda at, test: predict_hazard(model, context_matrix(test), test)


def blind_context_boosting(train: FeatureTable) -> Predictor:
    """Fit the same; each row is predicted by a learner that has not seen its configuration, which `train` may hold."""
    model = _of_context(train)

    def predictor(at: FeatureTable, test: FeatureTable) -> Prediction:
        group = np.zeros(len(test), dtype=np.int64)
        cdf = model.blind_curves(context_matrix(test), test.target, group, test.configuration)
        return predict(OnsetCurves(cdf, np.full(len(test), EDGES[-1])), test)

    return predictor


def _of_context(train: FeatureTable, n_learners: int = N_FOLDS, n_trees: int | None = None) -> HazardModel:
    train = train.where(train.as_recorded)
    rows = Rows.of(train, context_matrix(train), np.zeros(len(train), dtype=np.int64))
    return HazardModel.fit(rows, range(rows.features.shape[1]), n_learners=n_learners, n_trees=n_trees)


def predict_hazard(model: HazardModel, features: FloatArray, test: FeatureTable) -> Prediction:
    """Predict rows by a model without groups, as far as it goes."""
    cdf = model.table_curves(features, test.target, np.zeros(len(test), dtype=np.int64))
    return predict(OnsetCurves(cdf, np.full(len(test), EDGES[-1])), test)


def context_linear(at: FeatureTable, test: FeatureTable) -> Prediction:
    """Fit a logistic regression for whether and a ridge for when, on the context, the landmark and the budget."""
    matrix, queries = (_with_clock(t, context_matrix(t)) for t in (at, test))
    known = at.outcome_known()
    probability = _logistic(matrix[known], at.event[known], queries)
    seen = at.event
    if seen.sum() < 5:
        return Prediction(probability, np.full(len(test), np.nan))
    ridge = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), RidgeCV(np.logspace(-2, 3, 11)))
    ridge.fit(matrix[seen], np.log10(at.time[seen]))
    # Given onset by the budget, as the forecaster's: no later than that.
    median = np.clip(10 ** ridge.predict(queries), test.landmark + 1, test.budget)
    return Prediction(probability, median)


def best_single_signal(at: FeatureTable, test: FeatureTable) -> Prediction:
    """Predict by the feature of the history that, with landmark and budget, ranks the training rows best."""
    known = at.outcome_known() & ~at.blocked
    label = at.event[known]

    seen = at.where(known)
    best = _HISTORY[0]
    if label.any() and not label.all():
        signals = np.column_stack([seen.feature(name) for name in _HISTORY])
        ranked = probability_by_each(signals, _clock(seen), label)
        best = _HISTORY[int(np.argmax([auroc(probability, label) for probability in ranked]))]
    matrix, queries = (_with_clock(t, t.feature(best)[:, None]) for t in (seen, test))
    return Prediction(_logistic(matrix, label, queries), np.full(len(test), np.nan))


def kaplan_meier_curve(at: FeatureTable, test: FeatureTable) -> Prediction:
    """Predict the population's curve in decades after the landmark, the same for every run."""
    x = decades_after(at.time, at.landmark)
    times, cdf, _ = kaplan_meier(x, at.event, at.weight)
    curve = np.tile(cdf_at(EDGES, times, cdf), (len(test), 1))
    return predict(OnsetCurves(curve, np.full(len(test), EDGES[-1])), test)


def _with_clock(table: FeatureTable, columns: FloatArray) -> FloatArray:
    return np.column_stack([columns, _clock(table)])


def _clock(table: FeatureTable) -> FloatArray:
    """Return the landmark and the budget, shape (n_rows, 2)."""
    return np.log10(np.column_stack([table.landmark, table.budget]))


def _logistic(matrix: FloatArray, label: np.ndarray, queries: FloatArray) -> FloatArray:
    if label.all() or not label.any():
        return np.full(len(queries), float(label.mean()) if len(label) else 0.5)
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    )
    return np.asarray(model.fit(matrix, label).predict_proba(queries)[:, 1])
