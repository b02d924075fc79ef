"""The log-linear part of the hazard, and the learner that adds a booster to it, on planted hazards."""

import numpy as np
import pytest

from predictor.hazard.learner import Learner
from predictor.hazard.linear import LinearHazard
from predictor.hazard.time_bins import CENTRES, EDGES, N_BINS, person_periods


def planted(n=4000, seed=0):
    """Rows whose hazard is exp(0.5 + 1.2 z0 - 0.8 z1) per decade at any time, watched for two decades."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 3))
    rate = np.exp(0.5 + 1.2 * features[:, 0] - 0.8 * features[:, 1])
    x = rng.exponential(1 / rate)
    event = x < 2
    return features, np.minimum(x, 2.0), event, rate


def fitted(features, x, event, columns=(0, 1, 2)):
    target, weight = np.full(len(x), 0.95), np.ones(len(x))
    return LinearHazard.fit(features, target, person_periods(x, event), weight, columns)


def log_rates(linear, features, target):
    return linear.log_rates(linear.distances(features, target))


def test_recovers_a_planted_hazard():
    features, x, event, rate = planted()
    linear = fitted(features, x, event)
    np.testing.assert_allclose(linear.weight[:3] / linear.scale, [1.2, -0.8, 0.0], atol=0.12)
    asked = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    watched = CENTRES < 2
    found = log_rates(linear, asked, np.full(2, 0.95))[:, watched]
    assert found.shape == (2, int(watched.sum()))
    np.testing.assert_allclose(found[0].mean(), 0.5, atol=0.2)
    np.testing.assert_allclose(found[1].mean() - found[0].mean(), 1.2, atol=0.15)


def test_a_missing_value_counts_as_the_median_and_a_far_one_as_three_spreads():
    features, x, event, _ = planted()
    features = features + [10.0, 0.0, 0.0]
    linear = fitted(features, x, event)
    target = np.full(1, 0.95)
    missing, median = np.array([[np.nan, 0.0, 0.0]]), np.array([[linear.centre[0], 0.0, 0.0]])
    np.testing.assert_array_equal(log_rates(linear, missing, target), log_rates(linear, median, target))
    far, farther = np.array([[1e3, 0.0, 0.0]]), np.array([[1e6, 0.0, 0.0]])
    np.testing.assert_array_equal(log_rates(linear, far, target), log_rates(linear, farther, target))


def test_a_feature_that_no_row_has_is_not_read():
    features, x, event, _ = planted(500)
    features[:, 2] = np.nan
    assert fitted(features, x, event).columns.tolist() == [0, 1]


def test_contributions_add_up_to_the_difference_from_a_typical_row():
    features, x, event, _ = planted()
    linear = fitted(features, x, event)
    row, target, bins = features[:5], np.full(5, 0.9), np.full(5, 7)
    typical = log_rates(linear, np.tile(linear.centre, (5, 1)), target)[:, 7]
    added = linear.contributions(linear.distances(row, target), bins, 3).sum(1)
    np.testing.assert_allclose(typical + added, log_rates(linear, row, target)[:, 7], atol=1e-10)


def test_a_learner_finds_what_is_not_linear_too():
    """A hazard with a threshold in z2: the linear part sees a slope, the trees the step."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(6000, 3))
    rate = np.exp(0.8 * features[:, 0] + np.where(np.abs(features[:, 2]) > 1, 1.5, -0.5))
    x = rng.exponential(1 / rate)
    event = x < EDGES[-1]
    x = np.minimum(x, EDGES[-1])
    target, weight = np.full(6000, 0.95), np.ones(6000)
    learner = Learner.fit(features, target, person_periods(x, event), weight, (0, 1, 2), n_trees=300)
    asked = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, -2.0]])
    at_half = np.searchsorted(EDGES, 0.5)
    log_rates = learner.log_rates(asked, np.full(3, 0.95))
    assert log_rates.shape == (3, N_BINS)
    steps = log_rates[1:, at_half] - log_rates[0, at_half]
    assert (steps > 1.0).all()  # 2 planted; the penalties shrink it
    importance = learner.importance()
    assert importance.sum() == pytest.approx(1)
    assert importance.argmin() == 1
