"""Hazards that are too modest, or too high late, are set right."""

import numpy as np
import pytest

from predictor.hazard.hazard_calibration import HazardMap
from predictor.hazard.time_bins import CENTRES, EDGES, N_BINS, person_periods


def simulated(true: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw times from log rates of shape (n_rows, n_bins), by the cumulative hazard."""
    rng = np.random.default_rng(seed)
    total = np.pad(np.cumsum(np.exp(true) * np.diff(EDGES), axis=1), ((0, 0), (1, 0)))
    drawn = rng.exponential(size=len(true))
    x = np.array([np.interp(d, t, EDGES) for d, t in zip(drawn, total, strict=True)])
    return np.maximum(x, 1e-6), drawn < total[:, -1]


def test_a_modest_hazard_is_stretched_and_a_late_one_lowered():
    level = np.random.default_rng(1).normal(-1, 1.2, size=(20_000, 1))
    true = np.repeat(1.5 * level, N_BINS, axis=1) - 0.5 * CENTRES
    x, event = simulated(true)
    predicted = np.repeat(level, N_BINS, axis=1)
    found = HazardMap.fit(predicted, person_periods(x, event), np.ones(len(x)))
    watched = CENTRES < 2
    assert found.slope[watched] == pytest.approx(1.5, abs=0.1)
    error = found(predicted)[:, watched] - true[:, watched]
    assert np.abs(error[np.abs(level[:, 0] + 1) < 1]).max() < 0.2


def test_a_calibrated_hazard_stays_as_it_is():
    true = np.random.default_rng(2).normal(-0.5, 1, size=(20_000, 1)).repeat(N_BINS, axis=1)
    x, event = simulated(true)
    found = HazardMap.fit(true, person_periods(x, event), np.ones(len(x)))
    assert found.slope[CENTRES < 2] == pytest.approx(1.0, abs=0.1)
    assert found.offset[CENTRES < 2] == pytest.approx(0.0, abs=0.15)


def test_order_is_kept_whatever_was_learnt():
    level = np.random.default_rng(3).normal(size=(300, 1)).repeat(N_BINS, axis=1)
    x, event = simulated(-2 * level)  # the higher, the later
    found = HazardMap.fit(level, person_periods(x, event), np.ones(len(x)))
    assert (np.diff(found(np.array([[-3.0], [0.0], [3.0]]).repeat(N_BINS, axis=1)), axis=0) > 0).all()
