"""The contract of a baseline, held by every row of the registry."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.table import FeatureTable, table_at, training_table
from predictor.benchmark.baselines.logistic_each import probability_by_each
from predictor.benchmark.baselines.registry import Baseline, baselines
from predictor.benchmark.methods import CONTEXT_ONLY, FORECASTER
from predictor.benchmark.prediction import Prediction, Predictor
from predictor.benchmark.rows import HEADLINE, LANDMARKS
from training_runs import Run

NAMES = [baseline.name for baseline in baselines({})]


@pytest.fixture(scope="module")
def rows(corpus: list[Run]) -> tuple[FeatureTable, FeatureTable]:
    """Training rows and test rows at memorisation, of different runs."""
    early = table_at(corpus[:120], LANDMARKS[HEADLINE]).early()
    return early.where(np.arange(len(early)) % 3 > 0), early.where(np.arange(len(early)) % 3 == 0)


@pytest.fixture(scope="module")
def training(corpus: list[Run]) -> FeatureTable:
    """The table that a forecaster of these runs would be fitted on."""
    return training_table(corpus[:120])


@pytest.fixture(scope="module", params=NAMES)
def predictor(request: pytest.FixtureRequest, corpus: list[Run], training: FeatureTable) -> Predictor:
    """Each baseline, fitted."""
    found = baselines({r.run_id: r.trajectory for r in corpus}, n_trees=90)
    (baseline,) = (b for b in found if b.name == request.param)
    return baseline.fit(training)


def equal(a: Prediction, b: Prediction) -> None:
    np.testing.assert_allclose(a.probability, b.probability, rtol=1e-9)
    np.testing.assert_allclose(a.median, b.median, rtol=1e-9)


def test_names_are_distinct_and_both_kinds_that_are_quoted_are_there() -> None:
    found: tuple[Baseline, ...] = baselines({})
    assert len(set(NAMES) | {FORECASTER}) == len(NAMES) + 1
    assert tuple(b.name for b in found if b.reads == "context") == CONTEXT_ONLY
    assert any(b.reads == "signals" for b in found)


def test_it_predicts_a_probability_and_a_later_step(
    predictor: Predictor, rows: tuple[FeatureTable, FeatureTable]
) -> None:
    at, test = rows
    found = predictor(at, test)
    assert found.probability.shape == found.median.shape == (len(test),)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    known = np.isfinite(found.median)
    assert known.all() or not known.any()  # a method without medians has none
    assert (found.median[known] > test.landmark[known]).all()
    assert (found.median[known] <= test.budget[known] * (1 + 1e-9)).all()


def test_it_does_not_see_the_outcome_of_test_rows(
    predictor: Predictor, rows: tuple[FeatureTable, FeatureTable]
) -> None:
    at, test = rows
    blind = replace(test, event=~test.event, time=test.landmark + 1, rise=np.full(len(test), np.inf))
    equal(predictor(at, blind), predictor(at, test))


def test_a_row_does_not_depend_on_the_rows_beside_it(
    predictor: Predictor, rows: tuple[FeatureTable, FeatureTable]
) -> None:
    at, test = rows
    some = np.arange(len(test)) % 2 == 0
    whole = predictor(at, test)
    equal(predictor(at, test.where(some)), Prediction(whole.probability[some], whole.median[some]))


@pytest.mark.parametrize("separation", [0.3, 30.0], ids=["mixed", "separable"])
def test_regressions_on_each_column_are_those_that_scikit_learn_fits_one_by_one(separation: float) -> None:
    rng = np.random.default_rng(0)
    label = rng.random(150) < 0.03  # few: the intercept is far from where it begins
    label[:3] = True
    columns = rng.standard_cauchy((150, 5)) + separation * label[:, None] * np.arange(5)
    columns[::7, 1], columns[:, 2] = np.nan, np.nan
    columns[:, 0] = 4.0
    shared = rng.normal(size=(150, 2))
    found = probability_by_each(columns, shared, label)
    for own, probability in zip(columns.T, found, strict=True):
        matrix = np.column_stack([own, shared])
        model = make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            StandardScaler(),
            LogisticRegression(tol=1e-9, max_iter=10_000),
        )
        np.testing.assert_allclose(probability, model.fit(matrix, label).predict_proba(matrix)[:, 1], atol=1e-5)
