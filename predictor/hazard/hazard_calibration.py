"""A calibrated hazard from a predicted one: what its level means at each distance ahead, on configurations it has not seen.

A mean of learners is too modest: their errors differ, and hazards near the mean come out (a slope above 1 mends that).
And those who have not generalised late are more often those who never will. Both are seen where predictions are blind:
`log rate = offset(x) + slope(x) * predicted log rate`, quadratic in the decades ahead x, fitted by the likelihood of the
hazard itself. What is left over is a matter for `calibration`.
"""

from dataclasses import dataclass

import numpy as np

from predictor.hazard.time_bins import CENTRES, PersonPeriods
from predictor.state import FieldsAreState
from training_runs.arrays import FloatArray

_PENALTY = 1e-4
_LOWEST, _HIGHEST = -8.0, 4.0  # log rates beyond are read as these
_LEAST_SLOPE = 0.1  # a higher predicted hazard stays a higher one
_POWERS = np.stack([CENTRES**k for k in range(3)], axis=1)  # (n_bins, 3)


@dataclass(frozen=True, eq=False)
class HazardMap(FieldsAreState):
    """A straight line for each bin, shape (n_bins,) each."""

    offset: FloatArray
    slope: FloatArray

    @classmethod
    def fit(cls, log_rates: FloatArray, periods: PersonPeriods, weight: FloatArray) -> "HazardMap":
        """Fit by Poisson likelihood.

        Parameters
        ----------
        log_rates : predicted without the row's configuration, shape (n_rows, n_bins).
        periods : the bins that each row was observed in.
        weight : such that each configuration counts once, shape (n_rows,).
        """
        # It takes a second to import, and forecasting does without.
        from sklearn.linear_model import PoissonRegressor

        level = np.clip(log_rates, _LOWEST, _HIGHEST)[periods.row, periods.bin]
        powers = _POWERS[periods.bin]
        share = weight[periods.row] * periods.exposure
        model = PoissonRegressor(alpha=_PENALTY, solver="newton-cholesky", max_iter=100)
        model.fit(
            np.hstack([powers[:, 1:], powers * level[:, None]]),
            periods.event / periods.exposure,
            sample_weight=share / share.mean(),
        )
        offset = model.intercept_ + _POWERS[:, 1:] @ model.coef_[:2]
        return cls(offset, np.maximum(_POWERS @ model.coef_[2:], _LEAST_SLOPE))

    def __call__(self, log_rates: FloatArray) -> FloatArray:
        """Return calibrated log rates, shape (n_rows, n_bins)."""
        level = np.minimum(np.maximum(log_rates, _LOWEST), _HIGHEST)
        return np.asarray(self.offset + self.slope * level)
