"""How linear and smooth models of the hazard read features, and the requested target accuracy."""

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.chosen_rows import ChosenRows
from training_runs.arrays import FloatArray

_TARGET, _TARGET_SCALE = 0.9, 0.1


def centre_and_spread(features: FloatArray | ChosenRows, columns: NDArray[np.intp]) -> FloatArray:
    """Return the median and the standard deviation of what is known of some columns, shape (2, n_columns).

    Column by column: of a whole table NumPy makes several copies.
    """
    of_each = ((np.nanmedian(column), np.nanstd(column)) for column in (features[:, k] for k in columns))
    return np.array(list(of_each)).reshape(-1, 2).T


def standardized(features: FloatArray, centre: FloatArray, scale: FloatArray, farthest: float) -> FloatArray:
    """Return the distance from the centre in units of the scale, at most `farthest`; 0 where a value is missing."""
    z = features - centre
    z /= scale
    z[np.isnan(z)] = 0.0
    # `clip` takes ten times as long.
    np.maximum(z, -farthest, out=z)
    return np.minimum(z, farthest, out=z)


def standardized_target(target: FloatArray) -> FloatArray:
    """Return a target accuracy in tenths from 0.9."""
    return (target - _TARGET) / _TARGET_SCALE
