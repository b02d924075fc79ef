"""Make predicted probabilities and quantiles mean what they say, on configurations that the model did not see.

For a perfect forecast F of the time to onset T, F(T) is uniform on [0, 1]. Here the distribution G of F(T) is
estimated on held-out configurations, and G(F(t)) is the calibrated curve: if F(T) is distributed as it was there, it
is uniform again, so that every quantile covers what it says (Kuleshov et al. 2018, arXiv 1807.00263, for regression).
Runs without onset give F at the end of their recording, a censored value, and G is a Kaplan-Meier estimate.

Assumes that the recording's end is independent of the onset given the features: budgets are drawn before training.
The guarantee is over configurations like the corpus; not for each single run, and not for other task families.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.state import FieldsAreState
from training_runs.arrays import FloatArray

_LEVELS = np.linspace(0.0, 1.0, 41)
# Kaplan-Meier is trusted down to this many configurations at risk; from there the map keeps its odds of survival.
_MIN_AT_RISK = 8.0
# A trace of identity keeps the map strictly increasing, hence invertible.
_IDENTITY = 0.02


@dataclass(frozen=True, eq=False)
class CalibrationMap(FieldsAreState):
    """A strictly increasing, piecewise linear map of [0, 1] onto itself, from predicted to calibrated probability."""

    knots: FloatArray
    values: FloatArray

    def __call__(self, probability: FloatArray) -> FloatArray:
        """Return calibrated probabilities."""
        return np.asarray(np.interp(probability, self.knots, self.values))

    def inverse(self, probability: FloatArray) -> FloatArray:
        """Return the predicted probability that calibrates to this one."""
        return np.asarray(np.interp(probability, self.values, self.knots))


def fit_calibration(predicted: FloatArray, event: NDArray[np.bool_], weight: FloatArray) -> CalibrationMap:
    """Fit the map to predicted probabilities at the onset, or at the end of the recording where none was seen.

    Parameters
    ----------
    predicted : F(T), shape (n_rows,), from models that did not see the row's configuration.
    event : whether T is an onset.
    weight : such that each configuration counts once, as one.
    """
    times, cdf, at_risk = kaplan_meier(predicted, event, weight)
    trusted = at_risk >= _MIN_AT_RISK
    last = float(times[trusted][-1]) if trusted.any() else 0.0
    # Knots lie where onsets are: a model too sure of itself has most of them near 0 and 1.
    knots = (
        np.unique([0.0, *np.interp(_LEVELS[1:-1] * cdf[-1], cdf, times), 1.0]) if len(times) else np.array([0.0, 1.0])
    )
    values = cdf_at(knots, times, cdf)
    at_last = float(cdf_at(np.array([last]), times, cdf)[0])
    beyond = last < knots
    values[beyond] = 1 - (1 - at_last) * (1 - knots[beyond]) / (1 - last)
    values = (1 - _IDENTITY) * np.maximum.accumulate(values) + _IDENTITY * knots
    values[0], values[-1] = 0.0, 1.0
    return CalibrationMap(knots, values)
