"""The benchmark on runs recorded elsewhere: what its figures would be if forecasts were right."""

import numpy as np
import pytest

from predictor.benchmark import metrics
from predictor.benchmark.external import if_right
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.time_bins import EDGES, N_BINS


@pytest.mark.parametrize("multiple", [10, 30])
def test_figures_of_right_forecasts_are_those_of_onsets_drawn_from_them(multiple):
    rng = np.random.default_rng(0)
    n = 20_000
    # From runs that hardly can to runs that surely will.
    hazard = rng.exponential(1.0, (n, N_BINS)) * 10 ** rng.uniform(-3, 0.3, (n, 1))
    cdf = np.concatenate([np.zeros((n, 1)), 1 - np.exp(-np.cumsum(hazard, axis=1))], axis=1)
    curves = OnsetCurves(cdf, np.full(n, EDGES[-1]))
    drawn = curves.quantile(rng.uniform(size=n))  # NaN: no onset as far as the curve goes

    end = np.log10(multiple)
    event = drawn <= end
    probability = curves.probability(np.full(n, end))
    low, high, median = (
        10 ** curves.quantile(level) for level in (np.full(n, 0.05), np.full(n, 0.95), probability / 2)
    )
    time = 10 ** np.where(event, drawn, end)
    inside = metrics.open_coverage(low, high, time, event, np.full(n, float(multiple)))

    right = if_right(curves, multiple)
    assert right.coverage90 == pytest.approx(inside.mean(), abs=0.005)
    assert right.held == pytest.approx(inside[event].mean(), abs=0.01)
    assert right.log10_mae == pytest.approx(metrics.log10_mae(median[event], time[event]), abs=0.005)
