"""What calibration goes by, and what learners of the context alone add."""

from dataclasses import replace

import numpy as np
import pytest

from features.extract import FEATURES
from features.phase import PHASES
from predictor.forecaster import calibration_group
from predictor.hazard.cross_fitting import CONTEXT_SHARE, HazardModel, Rows
from predictor.hazard.folds import fold_of
from predictor.hazard.time_bins import EDGES


def test_rows_are_calibrated_by_phase_and_by_what_is_known_of_the_run():
    features = np.zeros((4, len(FEATURES)))
    features[2:, list(FEATURES).index("decay_clock")] = np.nan
    group = calibration_group(features, np.array([0, 1, 0, 1]), np.full(4, 0.95))
    assert group.tolist() == [0, 1, len(PHASES), len(PHASES) + 1]


def test_runs_that_have_all_but_arrived_are_calibrated_apart():
    features = np.zeros((4, len(FEATURES)))
    features[:, list(FEATURES).index("val_acc_level")] = [0.5, 0.94, 0.94, np.nan]
    rising, memorized = PHASES.index("rising"), PHASES.index("memorized")
    group = calibration_group(features, np.array([rising, rising, memorized, rising]), np.full(4, 0.95))
    assert group.tolist() == [rising, PHASES.index("generalized"), memorized, rising]


# -- what the context says alone ------------------------------------------------------------------

TOLD = 0
MANY = 220  # beside those: sums of so many round otherwise when they are taken in another order
NAMES = [f"z{k}" for k in range(3 + MANY)]


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Two features of many decide; every third configuration does not tell the first."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(900, 3 + MANY))
    x = rng.exponential(np.exp(-features[:, 0] - 0.5 * features[:, 1]))
    features[::3, TOLD] = np.nan
    return Rows(
        features=features,
        target=np.full(900, 0.95),
        group=np.zeros(900, dtype=np.int64),
        x=np.minimum(x, EDGES[-1]),
        event=x < EDGES[-1],
        configuration=np.array([f"c{k}" for k in range(900)]),
        weight=np.ones(900),
    )


@pytest.fixture(scope="module")
def model(rows) -> HazardModel:
    return HazardModel.fit(rows, NAMES, (TOLD,), told=TOLD, n_learners=2)


def test_where_a_context_is_told_its_learners_have_a_share(model, rows):
    some, target, group = rows.features[:6], rows.target[:6], rows.group[:6]
    ends = model.leaves(some, target)
    whole = model.everything.log_rates(some, target, ends[0])
    tells = np.isfinite(some[:, TOLD])
    assert tells.tolist() == [False, True, True, False, True, True]
    alone = model.context.log_rates(some[tells], target[tells], ends[1])
    whole[tells] = (1 - CONTEXT_SHARE) * whole[tells] + CONTEXT_SHARE * alone
    expected = model.calibration[-1](whole)
    np.testing.assert_allclose(model.curves(some, target, group, ends), expected, atol=1e-12)
    for k in range(6):  # and none of it depends on the company
        np.testing.assert_array_equal(model.curves(some[k : k + 1], target[:1], group[:1]), expected[k : k + 1])


def test_learners_of_the_context_read_nothing_else_and_are_as_blind(model, rows):
    fold = fold_of(rows.configuration, "fit")
    seen = rows.where((fold < 2) & np.isfinite(rows.features[:, TOLD]))
    fold = fold_of(seen.configuration, "fit")
    changed = seen.features.copy()
    changed[:, 1:] = 7.0
    alone = model.context.blind_log_rates(changed, seen.target, fold)
    for k in (0, 1):
        read = seen.features[fold == k][:, [TOLD]]
        expected = model.context.learners[k].log_rates(read, seen.target[fold == k])
        np.testing.assert_array_equal(alone[fold == k], expected)
    moved = model.context.contributions(
        changed, seen.target, np.full(len(changed), 5), model.context.leaves(changed, seen.target)
    )
    assert (moved[:, 1:] == 0).all()
    assert np.abs(moved[:, TOLD]).max() > 0


@pytest.mark.parametrize("told", [None, 2])
def test_there_are_none_where_no_context_is_told(rows, told):
    features = rows.features.copy()
    features[:, 2] = np.nan
    untold = HazardModel.fit(replace(rows, features=features), NAMES, (0, 2), told=told, n_learners=1)
    assert untold.context is None
    assert np.isfinite(untold.curves(features, rows.target, rows.group)).all()
