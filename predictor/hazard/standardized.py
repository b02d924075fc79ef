"""How linear and smooth models of the hazard read features, and the requested target accuracy."""

import numpy as np

from training_runs.arrays import FloatArray

_TARGET, _TARGET_SCALE = 0.9, 0.1


def standardized(features: FloatArray, centre: FloatArray, scale: FloatArray, farthest: float) -> FloatArray:
    """Return the distance from the centre in units of the scale, at most `farthest`; 0 where a value is missing."""
    z = (features - centre) / scale
    z[np.isnan(z)] = 0.0
    return np.minimum(np.maximum(z, -farthest), farthest)  # `clip` takes ten times as long


def standardized_target(target: FloatArray) -> FloatArray:
    """Return a target accuracy in tenths from 0.9."""
    return (target - _TARGET) / _TARGET_SCALE
