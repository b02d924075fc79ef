"""Closed laws of grokking time as baselines, on rows made by hand whose onset follows one."""

from dataclasses import replace

import numpy as np

from features.table import FeatureTable
from predictor.benchmark.baselines.context_and_population import kaplan_meier_curve
from predictor.benchmark.baselines.laws import LAWS, closed_law
from predictor.benchmark.metrics import auroc
from tests.test_single_signals import table

NETWORKS = np.array(["modular/embedding_mlp/log", "modular/transformer/log"])


def lawful(n: int, seed: int) -> FeatureTable:
    """Return rows whose onset is a factor of the network over rate x decay, a quarter of them beyond the budget."""
    rng = np.random.default_rng(seed)
    rate, decay, kind = rng.uniform(-3.5, -2.5, n), rng.uniform(-1, 0.5, n), rng.integers(2, size=n)
    landmark = 10 ** rng.uniform(1.5, 2, n)
    onset = 10 ** (np.array([-0.2, 0.3])[kind] - rate - decay + rng.normal(0, 0.05, n))
    clock = {"step": np.log10(landmark), "training_clock": rate + np.log10(landmark), "weight_decay": decay}
    rows = table(onset, landmark, **clock, samples_over_critical=rng.normal(size=n))
    return replace(rows, source=NETWORKS[kind])


def test_an_onset_that_follows_a_law_is_forecast_by_it() -> None:
    """Given exponents and fitted ones find it, with a factor for each network; others do not."""
    at, test = lawful(400, 0), lawful(300, 1)
    assert 0.1 < (~test.event).mean() < 0.6

    def error(name: str) -> float:
        found = closed_law(LAWS[name])(at, test)
        assert not np.asarray(found.silent).any()
        assert auroc(found.probability, test.event) > 0.9
        return float(np.abs(np.log10(found.median / test.time))[test.event].mean())

    assert error("law: 1 / (rate x decay)") < 0.06
    assert error("law: censored refit") < 0.06
    wrong = closed_law({"rate": -0.2, "decay": -2.0})(at, test)
    assert np.abs(np.log10(wrong.median / test.time))[test.event].mean() > 0.15


def test_of_rows_without_its_fields_a_law_says_nothing_and_the_population_answers() -> None:
    at, test = lawful(400, 0), lawful(90, 1)
    features = test.features.copy()
    third = np.arange(len(test)) % 3
    features[third == 0, test.position("weight_decay")] = -4.0  # none
    source = np.where(third == 1, "modular/never_trained/log", test.source)
    some = replace(test, features=features, source=source)
    found, whole, population = (
        closed_law(LAWS["law: 1 / (rate x decay)"])(at, some),
        closed_law(LAWS["law: 1 / (rate x decay)"])(at, test),
        kaplan_meier_curve(at, test),
    )
    np.testing.assert_array_equal(found.silent, third < 2)
    np.testing.assert_array_equal(found.probability, np.where(third < 2, population.probability, whole.probability))
    published = closed_law(LAWS["law: published exponents"])(at, test)  # which asks for a fraction and a width too
    assert np.asarray(published.silent).all()
    np.testing.assert_array_equal(published.probability, population.probability)
