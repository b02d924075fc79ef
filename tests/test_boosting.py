"""The boosted hazard is fitted on rows that are expanded some at a time, and keeps none of them."""

import gc
import weakref

import lightgbm as lgb
import numpy as np

from predictor.hazard.boosting import PARAMETERS, fit_hazard
from predictor.hazard.time_bins import CENTRES, EDGES, N_BINS, PersonPeriods, person_periods
from predictor.hazard.trees.lightgbm_format import read_trees

N_ROWS, N_FEATURES, N_TREES = 700, 46, 12


def observed() -> tuple[np.ndarray, np.ndarray, PersonPeriods]:
    """Features, targets, and person-periods: more of them than are read at a time."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(N_ROWS, N_FEATURES))
    features[rng.random(features.shape) < 0.2] = np.nan
    x = rng.exponential(np.exp(-np.nan_to_num(features[:, 0])))
    periods = person_periods(np.minimum(x, EDGES[-1]), x < EDGES[-1])
    assert len(periods.row) > 4096
    return features, rng.choice([0.9, 0.95], N_ROWS), periods


def test_trees_are_those_of_the_whole_matrix_at_once():
    features, target, periods = observed()
    weight, start = np.linspace(0.5, 2.0, N_ROWS), np.zeros((N_ROWS, N_BINS))
    matrix = np.column_stack([features[periods.row], target[periods.row], CENTRES[periods.bin]]).astype(np.float32)
    parameters = PARAMETERS | {
        "feature_fraction": 0.25,
        "monotone_constraints": [0] * N_FEATURES + [-1, 0],
    }
    data = lgb.Dataset(
        matrix,
        label=periods.event / periods.exposure,
        weight=weight[periods.row] * periods.exposure,
        init_score=np.zeros(len(matrix)),
    )
    whole = read_trees(lgb.train(parameters, data, N_TREES).model_to_string())
    in_parts = fit_hazard(features, target, periods, weight, start, N_TREES)
    assert len(in_parts.n_leaves) == N_TREES
    for name in ("n_leaves", "column", "threshold"):
        np.testing.assert_array_equal(getattr(in_parts, name), getattr(whole, name))
    np.testing.assert_allclose(in_parts.value, whole.value, rtol=1e-6)


def test_the_rows_are_free_when_the_trees_are_fitted():
    """Not when the collector next looks for cycles: a learner's rows are a third of a gigabyte."""
    features, target, periods = observed()
    rows = weakref.ref(features)
    gc.collect()
    gc.disable()
    try:
        fit_hazard(features, target, periods, np.ones(N_ROWS), np.zeros((N_ROWS, N_BINS)), N_TREES)
        del features
        assert rows() is None
    finally:
        gc.enable()
