"""Figures of what a release learns from beside the corpus: nothing that judges a row may have seen its configuration."""

from dataclasses import replace

import numpy as np
import pytest

from features.table import FeatureTable, table_at
from predictor.benchmark import metrics
from predictor.benchmark.baselines.context_and_population import blind_context_boosting
from predictor.benchmark.blind import benchmark_blind
from predictor.benchmark.designs import benchmark_designs, in_folds
from predictor.benchmark.methods import BEST_SIGNAL, CONTEXT_BOOSTED, FORECASTER
from predictor.benchmark.prediction import Prediction, predict
from predictor.benchmark.result import ALL_DESIGNS, CORPUS_BESIDE, IMAGES
from predictor.benchmark.rows import ANY, HEADLINE, LANDMARKS
from predictor.fitting_tables import FittingTables
from training_runs.synthetic import synthetic_corpus


@pytest.fixture(scope="module")
def training(corpus) -> FeatureTable:
    return FittingTables.of(corpus).training


def test_each_row_is_predicted_from_other_configurations_only(corpus):
    rows = table_at(corpus, LANDMARKS[HEADLINE]).early()
    asked = []

    def share_of_onsets(at, test):
        assert not set(at.configuration) & set(test.configuration)
        asked.extend(test.run.tolist())
        return Prediction(np.full(len(test), at.event.mean()), np.full(len(test), float(len(at))))

    found = in_folds(share_of_onsets)(rows, rows)
    assert sorted(asked) == sorted(rows.run.tolist())
    assert np.isfinite(found.probability).all()
    assert len(np.unique(found.median)) > 1  # folds differ


def test_context_only_does_not_know_what_it_predicts(training):
    """Onsets that follow from the configuration alone, whatever it says: known by heart, or not at all."""
    chance = np.random.default_rng(0).random(len(np.unique(training.configuration)))
    which = np.unique(training.configuration, return_inverse=True)[1]
    event = chance[which] < 0.5
    drawn = replace(training, event=event, time=np.where(event, 2 * training.landmark, training.time))
    rows = drawn.where(~drawn.blocked)
    blind = blind_context_boosting(drawn)(rows, rows)
    assert metrics.auroc(blind.probability, rows.event) < 0.65


def test_a_design_is_judged_blind_and_images_come_from_everywhere(synthetic_forecaster, corpus, training):
    half = len(corpus) // 2
    as_images = [replace(r, context=replace(r.context, task_family="digits")) for r in corpus[:half]]
    found = benchmark_designs(synthetic_forecaster, [*as_images, *corpus[half:]], {"others": corpus[half:]}, training)
    assert list(found) == ["others", ALL_DESIGNS, IMAGES, CORPUS_BESIDE]
    assert found[ALL_DESIGNS][HEADLINE] == found["others"][HEADLINE]
    any_landmark = table_at(corpus[half:], LANDMARKS[ANY]).early()
    assert (ANY in found["others"], found[ALL_DESIGNS][ANY].rows) == (False, len(any_landmark))
    rows = table_at(corpus[half:], LANDMARKS[HEADLINE]).early()
    figures = found["others"][HEADLINE]
    assert (figures.rows, figures.positives) == (len(rows), int(rows.event.sum()))
    assert set(figures.methods) == {FORECASTER, CONTEXT_BOOSTED, BEST_SIGNAL}
    blind = predict(synthetic_forecaster.curves(rows, blind=True, to_reach=False), rows)
    kept = ~rows.blocked
    expected = metrics.auroc(blind.probability[kept], rows.event[kept])
    assert figures.methods[FORECASTER].auroc.value == pytest.approx(expected, abs=1e-3)
    assert found[IMAGES][HEADLINE].rows == len(table_at(as_images, LANDMARKS[HEADLINE]).early())
    assert found[CORPUS_BESIDE] == found[IMAGES]  # here the corpus is all that is not of another design: the images


def test_a_blind_test_is_scored_by_the_whole_forecaster_on_runs_that_it_has_not_seen(
    synthetic_forecaster, corpus, training
):
    unseen = [run for run in synthetic_corpus(200, seed=99) if run.configuration_id not in set(training.configuration)]
    found = benchmark_blind(synthetic_forecaster, unseen, training)
    rows = table_at(unseen, LANDMARKS[HEADLINE]).early()
    figures = found[HEADLINE]
    assert (figures.rows, figures.positives) == (len(rows), int(rows.event.sum()))
    assert set(figures.methods) == {FORECASTER, CONTEXT_BOOSTED, BEST_SIGNAL}
    forecast = predict(synthetic_forecaster.curves(rows, to_reach=False), rows)
    kept = ~rows.blocked
    expected = metrics.auroc(forecast.probability[kept], rows.event[kept])
    assert figures.methods[FORECASTER].auroc.value == pytest.approx(expected, abs=1e-3)


def test_a_blind_test_that_was_learnt_from_is_none(synthetic_forecaster, corpus, training):
    with pytest.raises(AssertionError):
        benchmark_blind(synthetic_forecaster, corpus[:5], training)
