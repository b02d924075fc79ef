"""The contract of a baseline, held by every row of the registry."""

from dataclasses import replace

import numpy as np
import pytest

from features.table import FeatureTable, table_at, training_table
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
