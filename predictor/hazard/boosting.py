"""Fit the boosted hazard: features and decades ahead in, onsets per decade out. `trees` evaluates it."""

from dataclasses import replace
from threading import Lock

import numpy as np

from predictor.hazard.time_bins import CENTRES, PersonPeriods
from predictor.hazard.trees.boosted_trees import BoostedTrees
from predictor.hazard.trees.lightgbm_format import read_trees
from training_runs.arrays import FloatArray

# Larger trees do better at home and no better elsewhere (docs/decisions.md). Deterministic: the same corpus, the same file.
PARAMETERS = {
    "objective": "poisson",
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "monotone_constraints_method": "basic",
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,  # the same trees as by columns, in four fifths of the time
    "num_threads": 1,  # learners are fitted side by side; threads that share one wait for each other
    "verbose": -1,
}
N_TREES = 350
# Of all features, those offered to each tree: a share, and never so few that little is left of a context.
_OFFERED, _LEAST_OFFERED = 0.25, 12

_BINNING = Lock()  # takes a gigabyte for a second, and learners are fitted side by side

# Columns that follow the features: what is requested rather than what was observed.
QUERY_COLUMNS = ("target_accuracy", "decades_ahead")


def fit_hazard(
    features: FloatArray,
    target: FloatArray,
    periods: PersonPeriods,
    weight: FloatArray,
    start: FloatArray,
    n_trees: int | None = None,
    *,
    centres: FloatArray = CENTRES,
    learning_rate: float | None = None,
) -> BoostedTrees:
    """Return trees of what a log hazard lacks, falling (never rising) with the target accuracy.

    Parameters
    ----------
    features : shape (n_rows, n_features).
    target : the requested target accuracy, shape (n_rows,).
    periods : the bins that each row was observed in.
    weight : shape (n_rows,).
    start : the log hazard in each bin that the trees are added to, shape (n_rows, n_bins).
    n_trees : 350 by default.
    centres : of the bins, in decades.
    learning_rate : of the boosting, 0.08 by default.
    """
    import lightgbm as lgb  # takes a second, and forecasting does without

    n_columns = features.shape[1] + len(QUERY_COLUMNS)
    parameters = {
        **PARAMETERS,
        "learning_rate": learning_rate or PARAMETERS["learning_rate"],
        "feature_fraction": min(max(_OFFERED, _LEAST_OFFERED / n_columns), 1.0),
        "monotone_constraints": [0] * features.shape[1] + [-1, 0],
    }
    with _BINNING:
        matrix = np.empty((len(periods.row), n_columns), dtype=np.float32)
        matrix[:, :-2] = features[periods.row]
        matrix[:, -2], matrix[:, -1] = target[periods.row], centres[periods.bin]
        data = lgb.Dataset(
            matrix,
            # Weighted rates: the same likelihood as counts with an exposure offset.
            label=periods.event / periods.exposure,
            weight=weight[periods.row] * periods.exposure,
            init_score=start[periods.row, periods.bin],
            params=parameters,
            free_raw_data=True,
        ).construct()
        del matrix
    trees = read_trees(lgb.train(parameters, data, n_trees or N_TREES).model_to_string())
    # As LightGBM sums gradients: the rest of the digits is noise, and doubles what is stored.
    return replace(trees, value=trees.value.astype(np.float32).astype(float))
