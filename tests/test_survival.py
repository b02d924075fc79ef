"""Survival estimates, hazards and calibration against oracles and simulations with known answers."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from mapie.regression import SplitConformalRegressor
from sklearn.dummy import DummyRegressor
from sklearn.metrics import average_precision_score, roc_auc_score

from predictor.answering.advice import _bound, clopper_pearson_bound
from predictor.benchmark.bootstrap import interval
from predictor.benchmark.metrics import (
    auroc,
    average_precision,
    c_index,
    integrated_brier,
    interval_coverage,
    open_coverage,
)
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.probability_calibration import fit_calibration
from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.hazard.time_bins import EDGES, N_BINS, WIDTHS, decades_after, onset_probability, person_periods, thinned


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=60).filter(
        lambda rows: any(e for _, e in rows)
    )
)
@settings(max_examples=50, deadline=None)
def test_kaplan_meier_equals_scikit_survival(rows):
    sksurv = pytest.importorskip("sksurv.nonparametric")
    time = np.array([float(t) for t, _ in rows])
    event = np.array([e for _, e in rows])
    times, cdf, _ = kaplan_meier(time, event, np.ones(len(time)))
    theirs_t, theirs_s = sksurv.kaplan_meier_estimator(event, time)
    np.testing.assert_allclose(cdf_at(theirs_t, times, cdf), 1 - theirs_s, atol=1e-12)


def test_weights_count_as_repeats():
    time, event = np.array([1.0, 2.0, 3.0]), np.array([True, False, True])
    weighted = kaplan_meier(time, event, np.array([2.0, 1.0, 3.0]))
    repeated = kaplan_meier(np.repeat(time, [2, 1, 3]), np.repeat(event, [2, 1, 3]), np.ones(6))
    for a, b in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(a, b)


def test_person_periods_watch_each_row_for_as_long_as_it_was_followed():
    x, event = np.array([0.12, 5.0, 0.05, 0.3]), np.array([True, True, False, True])
    p = person_periods(x, event)
    watched = np.bincount(p.row, weights=p.exposure)
    np.testing.assert_allclose(watched, [0.12, EDGES[-1], 0.05, 0.3])
    # An onset beyond the last edge is not one within reach; a row censored has none.
    assert np.bincount(p.row, weights=p.event).tolist() == [1, 0, 0, 1]
    for row, bin_ in zip(p.row[p.event == 1], p.bin[p.event == 1], strict=True):
        assert EDGES[bin_] < x[row] <= EDGES[bin_ + 1]


def test_thinned_bins_keep_onsets_and_the_exposure_on_average():
    rng = np.random.default_rng(0)
    x, event = rng.uniform(0, 3, 4000), rng.random(4000) < 0.3
    whole = person_periods(x, event)
    kept = thinned(whole)
    assert len(kept.row) < 0.4 * len(whole.row)
    assert kept.event.sum() == whole.event.sum()
    by_bin = [np.bincount(p.bin, p.exposure, N_BINS) for p in (whole, kept)]
    np.testing.assert_allclose(by_bin[1], by_bin[0], rtol=0.15)
    assert kept.exposure.sum() == pytest.approx(whole.exposure.sum(), rel=0.03)


def test_rates_are_events_over_exposure_and_give_back_the_curve():
    """With a constant hazard of 2 per decade the estimate per bin is 2, and P(onset) is 1 - exp(-2 x)."""
    rng = np.random.default_rng(0)
    onset, end = rng.exponential(0.5, 20_000), rng.uniform(0.5, 3, 20_000)
    p = person_periods(np.minimum(onset, end), onset <= end)
    rate = np.bincount(p.bin, p.event, N_BINS) / np.bincount(p.bin, p.exposure, N_BINS)
    np.testing.assert_allclose(rate[:12], 2, rtol=0.1)
    cdf = onset_probability(np.log(np.full((1, N_BINS), 2.0)))
    np.testing.assert_allclose(cdf[0], 1 - np.exp(-2 * EDGES), atol=1e-12)


def test_decades_after_counts_an_unconfirmed_onset_as_immediate():
    x = decades_after(np.array([1000.0, 90.0]), np.array([100.0, 100.0]))
    np.testing.assert_allclose(x, [1.0, 1e-3])


def _curves(rng, n_rows):
    rates = rng.exponential(1.0, (n_rows, N_BINS))
    return OnsetCurves(
        1 - np.exp(-np.pad(np.cumsum(rates * WIDTHS, 1), ((0, 0), (1, 0)))), rng.choice(EDGES[5:], n_rows)
    )


def test_quantiles_of_many_curves_are_those_of_each():
    rng = np.random.default_rng(1)
    steps = rng.exponential(size=(300, N_BINS)) * (rng.random((300, N_BINS)) < 0.4)  # flat in places
    cdf = np.concatenate([np.zeros((300, 1)), 1 - np.exp(-0.1 * np.cumsum(steps, axis=1))], axis=1)
    curves = OnsetCurves(cdf, rng.choice([0.0, 0.3, EDGES[3], EDGES[-1]], 300))
    for levels in (rng.random(300), 0.5 * curves.probability(curves.reach), cdf[:, 7], np.zeros(300)):
        each = [curve.quantile(level) for curve, level in zip(curves, levels.tolist(), strict=True)]
        np.testing.assert_array_equal(curves.quantile(levels), each)


def test_quantiles_invert_probabilities_and_end_at_the_reach():
    curves = _curves(np.random.default_rng(1), 200)
    at_reach = curves.probability(curves.reach)
    for level in (0.05, 0.5, 0.95):
        x = curves.quantile(np.full(200, level))
        np.testing.assert_array_equal(np.isnan(x), at_reach < level)
        reached = ~np.isnan(x)
        np.testing.assert_allclose(curves.probability(np.nan_to_num(x))[reached], level, atol=1e-9)
        assert (x[reached] <= curves.reach[reached]).all()


def test_calibration_restores_coverage_under_censoring():
    """A model that is too sure of itself: after calibration on other runs, 90 % intervals hold 90 %."""
    rng = np.random.default_rng(0)
    n = 6000
    scale = rng.uniform(0.2, 2.0, n)
    onset = scale * rng.exponential(1.0, n)
    end = rng.uniform(0.2, 4.0, n)  # independent of the onset
    time, event = np.minimum(onset, end), onset <= end

    def overconfident(t, s):  # a Weibull curve, too steep around its right median
        return 1 - np.exp(-np.log(2) * (t / (s * np.log(2))) ** 2.5)

    half = n // 2
    g = fit_calibration(overconfident(time[:half], scale[:half]), event[:half], np.ones(half))
    rest, t, s = slice(half, None), time[half:], scale[half:]
    # The true onset is known here, censored or not.
    raw = overconfident(onset[rest], s)
    assert np.mean((raw > 0.05) & (raw < 0.95)) < 0.75
    fixed = g(raw)
    assert np.mean((fixed > 0.05) & (fixed < 0.95)) == pytest.approx(0.9, abs=0.02)
    assert np.mean(fixed < 0.5) == pytest.approx(0.5, abs=0.03)
    assert len(t) == half


def test_calibration_is_split_conformal_where_nothing_is_censored():
    """MAPIE's conformal bound on F(T), with a model that says 0, is where our map reaches the level (but for its trace of
    identity)."""
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    at_onset = np.random.default_rng(0).beta(2, 5, 2000)
    calibration = fit_calibration(at_onset, np.ones(2000, dtype=bool), np.ones(2000))
    anything = np.zeros((2000, 1))
    zero = DummyRegressor(strategy="constant", constant=0.0).fit(anything, at_onset)
    oracle = SplitConformalRegressor(zero, confidence_level=levels).conformalize(anything, at_onset)
    _, bounds = oracle.predict_interval(anything[:1])
    np.testing.assert_allclose(calibration(bounds[0, 1]), levels, atol=0.01)


def test_a_calibration_map_is_invertible_and_keeps_the_ends():
    g = fit_calibration(np.array([0.2, 0.9]), np.array([True, False]), np.ones(2))
    p = np.linspace(0, 1, 101)
    assert (np.diff(g(p)) > 0).all()
    np.testing.assert_allclose(g.inverse(g(p)), p, atol=1e-9)
    assert (g(np.array([0.0, 1.0])) == [0, 1]).all()


def test_no_onset_at_all_gives_a_map_all_the_same():
    g = fit_calibration(np.array([0.2, 0.9]), np.array([False, False]), np.ones(2))
    assert np.isfinite(g(np.linspace(0, 1, 11))).all()


def test_folds_keep_configurations_together_and_differ_by_purpose():
    names = np.array([f"c{k % 200}" for k in range(1000)])
    fold = fold_of(names, "fit")
    for name in set(names):
        assert len(set(fold[names == name])) == 1
    assert set(fold) == set(range(N_FOLDS))
    assert (fold_of(names, "benchmark") != fold).any()


def test_interval_coverage_is_right_under_censoring_and_for_any_share_of_negatives():
    """A perfect forecast of exponential onsets covers 90 %, one that is too sure less, whatever is censored."""
    rng = np.random.default_rng(0)
    onset, end = rng.exponential(1.0, 8000), rng.uniform(0, 3, 8000)
    time, event = np.minimum(onset, end), onset <= end
    assert interval_coverage(1 - np.exp(-time), event, np.ones(8000)) == pytest.approx(0.9, abs=0.015)
    steep = 1 - np.exp(-np.log(2) * (time / np.log(2)) ** 2.5)
    assert interval_coverage(steep, event, np.ones(8000)) < 0.75
    assert np.isnan(interval_coverage(time, np.zeros(8000, dtype=bool), np.ones(8000)))
    # Where nothing was followed as far as the upper end of its interval, nobody knows what lies beyond.
    assert np.isnan(interval_coverage(0.9 * (1 - np.exp(-time)), event, np.ones(8000)))


def test_open_coverage_counts_what_the_interval_claims():
    nan = np.nan
    low = np.array([10.0, 10, 10, nan, 10, nan])
    high = np.array([20.0, 20, nan, nan, 20, nan])
    time = np.array([15.0, 25, 99, 15, 50, 50])
    event = np.array([True, True, True, True, False, False])
    horizon = np.full(6, 50.0)
    expected = [True, False, True, True, False, True]
    assert open_coverage(low, high, time, event, horizon).tolist() == expected


def censored_sample(n=300, seed=0):
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.5, 2, n)
    onset, censoring = rng.exponential(scale), rng.exponential(1.5, n)
    event = onset <= censoring
    return scale, np.round(np.where(event, onset, censoring), 6) + 1e-3, event


def test_concordance_equals_scikit_survival():
    sksurv = pytest.importorskip("sksurv.metrics")
    scale, x, event = censored_sample()
    theirs = sksurv.concordance_index_censored(event, x, -scale)[0]
    assert c_index(scale, x, event) == pytest.approx(theirs, abs=1e-12)


def test_integrated_brier_equals_scikit_survival():
    sksurv = pytest.importorskip("sksurv.metrics")
    scale, x, event = censored_sample()
    grid = np.linspace(0.1, 1.5, 15)
    probability = 1 - np.exp(-grid / scale[:, None])
    outcome = np.array(list(zip(event, x, strict=True)), dtype=[("event", bool), ("time", float)])
    theirs = sksurv.integrated_brier_score(outcome, outcome, 1 - probability, grid)
    assert integrated_brier(probability, grid, x, event) == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize(
    ("ours", "oracle"),
    [(auroc, roc_auc_score), (average_precision, average_precision_score)],
    ids=["auroc", "precision"],
)
def test_figures_of_ranks_equal_scikit_learns_ties_included(ours, oracle):
    rng = np.random.default_rng(0)
    event = rng.random(500) < 0.3
    for decimals in (0, 1, 15):
        probability = np.round(rng.random(500) + 0.3 * event, decimals)
        assert ours(probability, event) == pytest.approx(oracle(event, probability), abs=1e-12)
    assert np.isnan(ours(probability, np.zeros(500, dtype=bool)))
    assert np.isnan(auroc(probability, np.ones(500, dtype=bool)))


def test_a_figure_that_few_draws_define_has_no_interval():
    configuration = np.array([str(k) for k in range(40)])
    one = np.arange(40) == 7  # 37 % of the draws are without it
    found = interval(lambda i: 1.0 if one[i].any() else np.nan, configuration)
    assert (found.value, found.low, found.high) == (1.0, None, None)
    many = interval(lambda i: float(one[i].mean()), configuration)
    assert many.low == 0.0 < many.high


def test_bounds_of_advice_count_one_run_a_configuration():
    """Ten runs of two configurations are two cases."""
    errors = {f"{k}": False for k in range(10)}
    configuration = {run: str(int(run) % 2) for run in errors}
    assert _bound(errors, configuration) == clopper_pearson_bound(0, 2)
