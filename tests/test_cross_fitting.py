"""What calibration goes by, and what learners of the context alone add."""

from dataclasses import replace

import numpy as np
import pytest

from features.phase import PHASES
from predictor.calibration_groups import calibration_group
from predictor.hazard.cross_fitting import CONTEXT_SHARE, HazardModel
from predictor.hazard.folds import fold_of
from predictor.hazard.rows import Rows
from predictor.hazard.time_bins import EDGES


def test_rows_are_calibrated_by_phase_and_by_what_is_known_of_the_run():
    marker = np.array([0, 0, np.nan, np.nan])
    group = calibration_group(np.array([0, 1, 0, 1]), np.full(4, 0.95), val_acc=np.zeros(4), marker=marker)
    assert group.tolist() == [0, 1, len(PHASES), len(PHASES) + 1]


def test_runs_that_have_all_but_arrived_are_calibrated_apart():
    val_acc = np.array([0.5, 0.94, 0.94, np.nan])
    rising, memorized = PHASES.index("rising"), PHASES.index("memorized")
    phase = np.array([rising, rising, memorized, rising])
    group = calibration_group(phase, np.full(4, 0.95), val_acc=val_acc, marker=np.zeros(4))
    assert group.tolist() == [rising, PHASES.index("generalized"), memorized, rising]


# -- what the context says alone ------------------------------------------------------------------

MARKER = 0
MANY = 220  # beside those: sums of so many round otherwise when they are taken in another order


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Two features of many decide; every third configuration lacks the first."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(900, 3 + MANY))
    x = rng.exponential(np.exp(-features[:, 0] - 0.5 * features[:, 1]))
    features[::3, MARKER] = np.nan
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
    return HazardModel.fit(rows, (MARKER,), context_marker=MARKER, n_learners=2, n_trees=90)


def test_where_a_context_is_given_its_learners_have_a_share(model, rows):
    some, target, group = rows.features[:6], rows.target[:6], rows.group[:6]
    prepared = model.prepare(some, target)
    whole = model.full_model.log_rates(prepared.full)
    given = np.isfinite(some[:, MARKER])
    assert given.tolist() == prepared.has_context.tolist() == [False, True, True, False, True, True]
    alone = model.context_model.log_rates(model.context_model.prepare(some[given], target[given]))
    whole[given] = (1 - CONTEXT_SHARE) * whole[given] + CONTEXT_SHARE * alone
    expected = model.calibration.by_group[-1](whole)
    np.testing.assert_allclose(model.curves(prepared, group), expected, atol=1e-12)
    np.testing.assert_array_equal(model.table_curves(some, target, group), expected)
    for k in range(6):  # and none of it depends on which other rows are in the batch
        np.testing.assert_array_equal(model.table_curves(some[k : k + 1], target[:1], group[:1]), expected[k : k + 1])


def test_learners_of_the_context_read_nothing_else_and_are_as_blind(model, rows):
    fold = fold_of(rows.configuration, "fit")
    seen = rows.where((fold < 2) & np.isfinite(rows.features[:, MARKER]))
    fold = fold_of(seen.configuration, "fit")
    changed = seen.features[np.arange(len(seen.features))]
    changed[:, 1:] = 7.0
    for k in (0, 1):
        of_fold = fold == k
        alone = model.context_model.of_learner(k, changed[of_fold], seen.target[of_fold])
        read = seen.features[of_fold][:, [MARKER]]
        expected = model.context_model.learners[k].log_rates(read, seen.target[of_fold])
        np.testing.assert_array_equal(alone, expected)
    moved = model.context_model.contributions(
        model.context_model.prepare(changed, seen.target), np.full(len(changed), 5)
    )
    assert moved.shape == (len(changed), 1)
    assert np.abs(moved).max() > 0


@pytest.mark.parametrize("marker", [None, 2])
def test_there_are_none_where_no_context_is_given(rows, marker):
    features = rows.features.copy()
    features[:, 2] = np.nan
    without = HazardModel.fit(replace(rows, features=features), (0, 2), context_marker=marker, n_learners=1, n_trees=90)
    assert without.context_model is None
    assert np.isfinite(without.table_curves(features, rows.target, rows.group)).all()
