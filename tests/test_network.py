"""The network of the log hazard: what it learns, and that it keeps to what it promises."""

import numpy as np
import pytest

from predictor.hazard.network import HazardNetwork
from predictor.hazard.time_bins import EDGES, N_BINS, PersonPeriods, person_periods


def bent(first: np.ndarray) -> np.ndarray:
    return np.sin(3 * np.clip(first, -1, 1))


def planted(n: int = 20_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, PersonPeriods]:
    """Rows whose log hazard bends in the first feature, within its spread; the second says nothing, the third is missing."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.normal(size=(n, 2)), np.full(n, np.nan)])
    x = rng.exponential(1 / np.exp(1.5 * bent(features[:, 0])))
    periods = person_periods(np.minimum(x, EDGES[-1]), x < EDGES[-1])
    return features, rng.choice([0.8, 0.9, 0.95], n), periods


@pytest.fixture(scope="module")
def network() -> HazardNetwork:
    features, target, periods = planted()
    return HazardNetwork.fit(features, target, periods, np.ones(len(features)))


def log_rates(network: HazardNetwork, features: np.ndarray, target: np.ndarray) -> np.ndarray:
    return network.log_rates(network.activations(features, target))


def at(first: np.ndarray) -> np.ndarray:
    return np.column_stack([first, np.zeros(len(first)), np.full(len(first), np.nan)])


def test_a_curved_hazard_is_found(network):
    first = np.linspace(-1.5, 1.5, 13)
    found = log_rates(network, at(first), np.full(13, 0.9))
    assert found.shape == (13, N_BINS)
    early = found[:, :8].mean(1)  # later, few rows are left
    assert np.corrcoef(early, bent(first))[0, 1] > 0.98
    assert early.max() - early.min() == pytest.approx(3.0, rel=0.3)


def test_nothing_is_said_of_what_lies_beyond_the_spread(network):
    centre, scale = network.centre[0, 0], network.scale[0, 0]
    edge, beyond = (log_rates(network, at(centre + k * scale * np.array([-1, 1])), np.full(2, 0.9)) for k in (1.0, 9.0))
    np.testing.assert_array_equal(edge, beyond)


def test_a_higher_target_never_comes_sooner(network):
    rows = at(np.random.default_rng(0).normal(size=50))
    low, high = (log_rates(network, rows, np.full(50, target)) for target in (0.8, 0.95))
    assert (high <= low).all()


def test_the_same_rows_give_the_same_network(network):
    features, target, periods = planted()
    again = HazardNetwork.fit(features, target, periods, np.ones(len(features)))
    for a, b in zip(network.parameters, again.parameters, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_answer_does_not_depend_on_the_other_rows(network):
    both = HazardNetwork.mean([network, network])
    rows, target, bins = at(np.linspace(-2, 2, 40)), np.full(40, 0.9), np.arange(40) % N_BINS
    together = log_rates(both, rows, target)
    moved = both.contributions(both.activations(rows, target), bins)
    for k in range(40):
        one = slice(k, k + 1)
        np.testing.assert_array_equal(log_rates(both, rows[one], target[one]), together[one])
        alone = both.contributions(both.activations(rows[one], target[one]), bins[one])
        np.testing.assert_array_equal(alone, moved[one])


def test_a_mean_is_the_mean(network):
    features, target, periods = planted(seed=2)
    other = HazardNetwork.fit(features, target, periods, np.ones(len(features)))
    rows, asked = at(np.linspace(-1, 1, 5)), np.full(5, 0.9)
    expected = (log_rates(network, rows, asked) + log_rates(other, rows, asked)) / 2
    found = log_rates(HazardNetwork.mean([network, other]), rows, asked)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_contributions_are_slopes_times_distances(network):
    rows, target = at(np.array([0.4, -0.8])), np.full(2, 0.9)
    h, bin_ = 1e-2, 3
    moved = network.contributions(network.activations(rows, target), np.full(2, bin_))
    for column in (0, 1):
        up, down = rows.copy(), rows.copy()
        up[:, column] += h
        down[:, column] -= h
        slope = (log_rates(network, up, target) - log_rates(network, down, target))[:, bin_] / (2 * h)
        distance = rows[:, column] - network.centre[0, column]
        np.testing.assert_allclose(moved[:, column], slope * distance, rtol=0.02, atol=1e-3)
    assert not moved[:, 2].any()  # missing


def test_gradients_are_those_of_the_likelihood():
    from predictor.hazard import network as module

    rng = np.random.default_rng(0)
    x, asked = rng.normal(size=(64, 4)).astype(np.float32), np.zeros((64, 1), dtype=np.float32)
    asked += rng.choice([-1.0, 0.0, 0.5], (64, 1)).astype(np.float32)
    exposure = rng.uniform(0, 1, (64, N_BINS)).astype(np.float32)
    event = (rng.random((64, N_BINS)) < 0.1).astype(np.float32)
    parameters = module._initial(rng, 4, exposure, event)
    wide = [p.astype(np.float64) for p in parameters]

    def loss(values: list[np.ndarray]) -> float:
        masks = np.random.default_rng(5)
        kept = 1 - module._DROPOUT
        drops = [(masks.random((64, module._WIDTH), dtype=np.float32) < np.float32(kept)) / kept for _ in range(2)]
        rates = module._forward(values, x, asked, drops)[-1]
        return float((exposure * np.exp(rates) - event * rates).sum() / 64)

    gradients = module._gradients(parameters, x, asked, exposure, event, np.random.default_rng(5))
    for k, gradient in enumerate(gradients):
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        up, down = ([p.copy() for p in wide] for _ in range(2))
        up[k][place] += 1e-4
        down[k][place] -= 1e-4
        assert gradient[place] == pytest.approx((loss(up) - loss(down)) / 2e-4, rel=0.02)
