"""Which kind of model should a forecaster be, and would more runs help? The same rows, folds and questions: `make compare`.

Written once into docs/models.md. All learn from the same table of training rows, whole configurations held out, one
learner a fold; what a model cannot use is said there. scikit-survival is an oracle here and no dependency of the product.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import lightgbm as lgb
import numpy as np
from scipy.special import expit
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sksurv.ensemble import RandomSurvivalForest
from sksurv.util import Surv
from threadpoolctl import threadpool_limits

from features.context_features import CONTEXT_MARKER
from features.table import FeatureTable, table_at
from predictor.benchmark import metrics
from predictor.benchmark.baselines.context_and_population import predict_hazard
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.prediction import Prediction, predict
from predictor.benchmark.rows import LANDMARKS
from predictor.fitting_tables import FittingTables
from predictor.forecaster import context_positions
from predictor.hazard.boosting import N_TREES, PARAMETERS
from predictor.hazard.cross_fitting import HazardModel
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.rows import Rows
from predictor.hazard.time_bins import EDGES, decades_after
from predictor.report.markdown import markdown_section, markdown_table
from predictor.report.table import Cell, Column, Table, columns
from training_runs import archive
from training_runs.arrays import FloatArray

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
SCORED_AT = ("at memorisation", "4x memorisation")
# The forecaster's own, so that models differ in what they are and not in how their trees are grown.
BOOSTING = {k: v for k, v in PARAMETERS.items() if k != "objective"}

Predictor = Callable[[FeatureTable], Prediction]
Model = Callable[[FeatureTable], Predictor]  # rows to learn from


def _features(rows: FeatureTable) -> FloatArray:
    return np.column_stack([rows.features, rows.target])


def hazard(train: FeatureTable) -> Predictor:
    """The forecaster's: a log-linear hazard per decade, boosted."""
    rows = Rows.of(train, train.features, np.zeros(len(train), dtype=np.int64))
    model = HazardModel.fit(
        rows, context_positions(train.columns), context_marker=train.position(CONTEXT_MARKER), n_learners=1
    )
    return lambda test: predict_hazard(model, test.features, test)


def aft(train: FeatureTable) -> Predictor:
    """Log-logistic accelerated failure time: log10(t / landmark) = f(x) + s e, censored, boosted, given t > landmark."""
    x, event = decades_after(train.time, train.landmark), train.event
    weight = train.weight / train.weight.mean()
    scale = 0.25

    def gradients(raw: FloatArray, _: lgb.Dataset) -> tuple[FloatArray, FloatArray]:
        at_end, at_start = expit((x - raw) / scale), expit(-raw / scale)
        slope = np.where(event, 2 * at_end - 1, at_end) - at_start
        curvature = np.where(event, 2.0, 1.0) * at_end * (1 - at_end)
        return -weight * slope / scale, weight * np.maximum(curvature, 0.05) / scale**2

    data = lgb.Dataset(_features(train), np.zeros(len(x)), init_score=np.ones(len(x)))
    booster = lgb.train({**BOOSTING, "objective": gradients}, data, N_TREES)

    def ask(test: FeatureTable) -> Prediction:
        place = 1.0 + np.asarray(booster.predict(_features(test)))[:, None]
        before = expit(-place / scale)
        cdf = (expit((EDGES - place) / scale) - before) / (1 - before)
        return predict(OnsetCurves(cdf, np.full(len(test), EDGES[-1])), test)

    return ask


def quantiles(train: FeatureTable) -> Predictor:
    """Boosted quantile regression of log10(t / landmark) on runs that generalised: censored runs are dropped."""
    seen = train.where(train.event)
    data = lgb.Dataset(_features(seen), decades_after(seen.time, seen.landmark), weight=seen.weight)
    booster = lgb.train({**BOOSTING, "objective": "quantile", "alpha": 0.5}, data, N_TREES)

    def ask(test: FeatureTable) -> Prediction:
        median = test.landmark * 10 ** np.asarray(booster.predict(_features(test)))
        return Prediction(np.full(len(test), np.nan), np.clip(median, test.landmark, test.budget))

    return ask


def forest(at: FeatureTable) -> Predictor:
    """A random survival forest of the rows at the same kind of landmark: on all rows it takes hours and tens of GB."""
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    # In twentieths of a decade: the time that a split takes grows with the number of distinct times.
    x = np.ceil(20 * np.minimum(decades_after(at.time, at.landmark), EDGES[-1])) / 20
    model = RandomSurvivalForest(100, min_samples_leaf=6, max_features="sqrt", random_state=0)
    model.fit(impute.fit_transform(at.features), Surv.from_arrays(at.event, x))

    def ask(test: FeatureTable) -> Prediction:
        survival = model.predict_survival_function(impute.transform(test.features), return_array=True)
        grid = np.concatenate([[0.0], model.unique_times_])
        cdf = np.stack([np.interp(EDGES, grid, np.append(0.0, 1 - s)) for s in survival])
        return predict(OnsetCurves(cdf, np.full(len(test), EDGES[-1])), test)

    return ask


def logistic(at: FeatureTable) -> Predictor:
    """A ridge-penalised logistic regression of all features, the landmark and the budget: whether, not when."""
    known = at.where(at.outcome_known())

    def matrix(rows: FeatureTable) -> FloatArray:
        clock = np.log10(np.column_stack([rows.landmark, rows.budget]))
        return np.column_stack([rows.features, clock])

    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.03, max_iter=3000),
    )
    model.fit(matrix(known), known.event)

    def ask(test: FeatureTable) -> Prediction:
        return Prediction(model.predict_proba(matrix(test))[:, 1], np.full(len(test), np.nan))

    return ask


# Learn from every training row.
FROM_ALL: dict[str, Model] = {
    "hazard per decade: lines, trees, a network (ours)": hazard,
    "accelerated failure time, boosted": aft,
    "quantile regression, boosted": quantiles,
}
# Learn from rows at the kind of landmark that they are asked at.
FROM_LANDMARK: dict[str, Model] = {
    "random survival forest": forest,
    "logistic regression": logistic,
}
MODELS = (*FROM_ALL, *FROM_LANDMARK)
# How many fifths of the configurations the forecaster's own model learns from.
FIFTHS = (1, 2, 3, 4, 5)


@dataclass
class Judged:
    """Predictions of one model at one kind of landmark, fold after fold, and what fitting took."""

    rows: list[FeatureTable] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    seconds: float = 0.0
    configurations: int = 0  # that were learnt from, over all folds

    def add(self, test: FeatureTable, prediction: Prediction, seconds: float, train: FeatureTable) -> None:
        """Add a fold."""
        self.rows.append(test)
        self.predictions.append(prediction)
        self.seconds += seconds
        self.configurations += len(set(train.configuration))


def compare() -> str:
    """Return the page."""
    runs = archive.read(archive.CORPUS)
    training = FittingTables.of(runs).training
    tables = {name: table_at(runs, LANDMARKS[name]).early() for name in SCORED_AT}
    fold = fold_of(training.configuration, "benchmark")
    judged = {(m, at): Judged() for m in MODELS for at in SCORED_AT}
    learnt = {(n, at): Judged() for n in FIFTHS for at in SCORED_AT}
    for k in range(N_FOLDS):
        train = training.where(fold != k)
        fifth = fold_of(train.configuration, "learning curve")
        parts = {n: train.where(fifth < n) for n in FIFTHS}
        predictors = {name: _timed(model, train) for name, model in FROM_ALL.items()}
        predictors_of = {n: _timed(hazard, part) for n, part in parts.items()}
        for at, table in tables.items():
            inside = fold_of(table.configuration, "benchmark") == k
            test, beside = table.where(inside), table.where(~inside)
            assert not set(train.configuration) & set(test.configuration)
            here = {name: _timed(model, beside) for name, model in FROM_LANDMARK.items()}
            for name, (predictor, seconds) in {**predictors, **here}.items():
                judged[name, at].add(test, predictor(test), seconds, train)
            for n, (predictor, seconds) in predictors_of.items():
                learnt[n, at].add(test, predictor(test), seconds, parts[n])
        sys.stderr.write(f"fold {k + 1} of {N_FOLDS}\n")
    return _page(judged, learnt, len(runs))


def _timed(model: Model, rows: FeatureTable) -> tuple[Predictor, float]:
    began = time.process_time()
    predictor = model(rows)
    return predictor, time.process_time() - began


def _page(judged: dict[tuple[str, str], Judged], learnt: dict[tuple[int, str], Judged], n_runs: int) -> str:
    figures = (*columns("AUROC", "Brier", "log10 MAE", "MAPE"), Column("core-seconds a fold", digits=0))
    parts = [_INTRODUCTION.format(n_runs=n_runs)]
    for at in SCORED_AT:
        rows = tuple((name, *_cells(judged[name, at])) for name in MODELS)
        parts.append(markdown_section(Table(at.capitalize(), (Column("model"), *figures), rows)))
    parts.append(_LEARNING_CURVE)
    for at in SCORED_AT:
        curve = [learnt[n, at] for n in FIFTHS]
        rows = tuple((j.configurations // N_FOLDS, *_cells(j)) for j in curve)
        table = Table(at.capitalize(), (Column("configurations"), *figures), rows)
        parts.append(f"{table.title}:\n\n{markdown_table(table)}")
    return "\n\n".join(parts) + "\n"


def _cells(judged: Judged) -> tuple[Cell, ...]:
    rows = FeatureTable.concatenate(judged.rows)
    p = np.concatenate([x.probability for x in judged.predictions])
    median = np.concatenate([x.median for x in judged.predictions])
    open_, groks = np.flatnonzero(~rows.blocked), np.flatnonzero(rows.grokking())

    def cell(measure: Callable[[np.ndarray], float], among: np.ndarray, known: bool) -> Interval | None:
        return interval(lambda i: measure(among[i]), rows.configuration[among]) if known else None

    whether, when = bool(np.isfinite(p).all()), bool(np.isfinite(median).all())
    return (
        cell(lambda i: metrics.auroc(p[i], rows.event[i]), open_, whether),
        cell(lambda i: metrics.brier(p[i], rows.event[i]), np.arange(len(rows)), whether),
        cell(lambda i: metrics.log10_mae(median[i], rows.time[i]), groks, when),
        cell(lambda i: metrics.mape(median[i], rows.time[i]), groks, when),
        judged.seconds / N_FOLDS,
    )


_INTRODUCTION = """# Which kind of model

Written by `make compare` on {n_runs} runs: five outer folds of whole configurations, every model judged on the same
rows. WHETHER is onset within the budget (AUROC without blocked negatives), WHEN is scored on runs that grok, by the
median given onset within the budget. Quantile regression and logistic regression each answer one of the two.
The forest and the logistic regression learn from rows at the same kind of landmark, the others from rows at up to 25
landmarks of each run, as recorded and with signals removed, from which they also learn to do without them. Each is one
learner a fold; [benchmark.md](benchmark.md) has the forecaster as it is shipped, of several."""


_LEARNING_CURVE = """## Would more runs help

The forecaster's own model, from a fifth to all of the configurations outside the fold."""


if __name__ == "__main__":
    with threadpool_limits(1):
        PAGE.write_text(compare())
