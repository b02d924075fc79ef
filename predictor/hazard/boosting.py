"""Fit the boosted hazard: features and decades ahead in, onsets per decade out. `trees` evaluates it."""

from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from predictor.arenas import give_back
from predictor.hazard.chosen_rows import ChosenRows
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

# Learners are fitted side by side, but what takes a gigabyte for some seconds is done by one of them at a time: all but the
# boosting itself, which takes longest and little more than the bins of its rows.
IN_TURN = Lock()

# Columns that follow the features: what is requested rather than what was observed.
QUERY_COLUMNS = ("target_accuracy", "decades_ahead")


@dataclass(frozen=True, eq=False)
class _Entries:
    """What LightGBM reads of each person-period, some thousand at a time: all of them would take gigabytes."""

    features: FloatArray | ChosenRows
    target: FloatArray
    periods: PersonPeriods
    centres: FloatArray
    batch_size: int = 4096

    def __len__(self) -> int:
        return len(self.periods.row)

    def __getitem__(self, at: int | slice) -> FloatArray:
        row, ahead = self.periods.row[at], self.centres[self.periods.bin[at]]
        read = np.concatenate([self.features[row], self.target[row, None], ahead[..., None]], axis=-1)
        return read.astype(np.float32).astype(float)  # half of the digits make thresholds that are stored once


def fit_hazard(
    features: FloatArray | ChosenRows,
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

    lgb.Sequence.register(_Entries)

    n_columns = features.shape[1] + len(QUERY_COLUMNS)
    parameters = {
        **PARAMETERS,
        "learning_rate": learning_rate or PARAMETERS["learning_rate"],
        "feature_fraction": min(max(_OFFERED, _LEAST_OFFERED / n_columns), 1.0),
        "monotone_constraints": [0] * features.shape[1] + [-1, 0],
    }
    with IN_TURN:
        data = lgb.Dataset(
            _Entries(features, target, periods, centres),
            # Weighted rates: the same likelihood as counts with an exposure offset.
            label=periods.event / periods.exposure,
            weight=weight[periods.row] * periods.exposure,
            init_score=start[periods.row, periods.bin],
            params=parameters,
        ).construct()
        give_back()  # what the bins were found in: twice what they take
    trees = read_trees(lgb.train(parameters, data, n_trees or N_TREES).model_to_string())
    # As LightGBM sums gradients: the rest of the digits is noise, and doubles what is stored.
    return replace(trees, value=trees.value.astype(np.float32).astype(float))
