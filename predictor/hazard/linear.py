"""A ridge-penalised log-linear hazard: what the boosted trees start from.

Trees cannot extrapolate and need many splits for a straight line, and much of what decides an onset is nearly linear
in logarithms of hyperparameters and recent slopes. The trees learn what this leaves over (docs/decisions.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.standardized import centre_and_spread, standardized, standardized_target
from predictor.hazard.time_bins import CENTRES, N_BINS, PersonPeriods
from predictor.state import FieldsAreState
from training_runs.arrays import FloatArray

_PENALTY = 1e-3
_FARTHEST = 3.0  # standard deviations, so that no line runs away
_MIDDLE = 0.6  # decades ahead, where effects are stated


@dataclass(frozen=True, eq=False)
class LinearHazard(FieldsAreState):
    """The log hazard as a sum over features, each with a weight that changes linearly with the decades ahead.

    Attributes
    ----------
    columns : of the features that are read, shape (n_read,).
    centre, scale : median and spread of each; a missing value counts as the median.
    weight, drift : shape (n_read + 1,), the target accuracy last: the effect 0.6 decades ahead, and its change per decade.
    base : shape (n_bins,).
    """

    columns: NDArray[np.intp]
    centre: FloatArray
    scale: FloatArray
    weight: FloatArray
    drift: FloatArray
    base: FloatArray

    @classmethod
    def fit(
        cls,
        features: FloatArray | ChosenRows,
        target: FloatArray,
        periods: PersonPeriods,
        weight: FloatArray,
        columns: Sequence[int],
    ) -> "LinearHazard":
        """Fit by penalised Poisson likelihood; arguments as for `fit_hazard`."""
        # It takes a second to import, and forecasting does without.
        from sklearn.linear_model import PoissonRegressor

        read = np.array([k for k in columns if np.isfinite(features[:, k]).any()], dtype=np.intp)
        centre, spread = centre_and_spread(features, read)
        blank = cls(read, centre, np.where(spread > 1e-9, spread, 1.0), *[np.zeros(0)] * 3)
        z = blank.distances(features, target)[periods.row]
        ahead = (CENTRES[periods.bin] - _MIDDLE)[:, None]
        design = np.hstack([z, z * ahead, np.eye(N_BINS)[periods.bin]])
        share = weight[periods.row] * periods.exposure
        model = PoissonRegressor(alpha=_PENALTY, solver="newton-cholesky", max_iter=50)
        model.fit(design, periods.event / periods.exposure, sample_weight=share / share.mean())
        n = z.shape[1]
        coefficients = model.coef_
        return cls(
            read,
            centre,
            blank.scale,
            coefficients[:n],
            coefficients[n : 2 * n],
            coefficients[2 * n :] + model.intercept_,
        )

    @classmethod
    def mean(cls, parts: Sequence["LinearHazard"]) -> "LinearHazard":
        """Return the mean of several, as one that reads the columns of each with its own centre and scale."""
        n = len(parts)
        read = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in ("columns", "centre", "scale")
        }
        weight, drift = (
            np.concatenate([*(e[:-1] for e in effects), [sum(e[-1] for e in effects)]]) / n
            for effects in ([p.weight for p in parts], [p.drift for p in parts])
        )
        base = np.mean([part.base for part in parts], axis=0)
        return cls(**read, weight=weight, drift=drift, base=base)

    def distances(self, features: FloatArray | ChosenRows, target: FloatArray) -> FloatArray:
        """Return how far features of shape (n_rows, n_features) are from their centres, to be handed to the two methods below.

        In units of their scales, shape (n_rows, n_read + 1), the target accuracy last.
        """
        z = np.empty((len(features), len(self.columns) + 1))
        z[:, :-1] = standardized(features[:, self.columns], self.centre, self.scale, _FARTHEST)
        z[:, -1] = standardized_target(target)
        return z

    def log_rates(self, distances: FloatArray) -> FloatArray:
        """Return the log hazard per decade in each bin, shape (n_rows, n_bins)."""
        # Sums along rows, not matrix products: those round otherwise in a batch, and a forecast must not depend on which
        # other rows are in it.
        middle, drift = (np.ascontiguousarray(distances * w).sum(1) for w in (self.weight, self.drift))
        return np.asarray(middle[:, None] + np.outer(drift, CENTRES - _MIDDLE) + self.base)

    def contributions(self, distances: FloatArray, bins: NDArray[np.intp], n_features: int) -> FloatArray:
        """Return each feature's contribution to the log hazard at one bin of each row, shape (n_rows, n_features)."""
        effect = self.weight + np.outer(CENTRES[bins] - _MIDDLE, self.drift)
        moved = distances * effect
        out = np.zeros((len(distances), n_features))
        # Not an assignment: a mean of several reads a column more than once.
        np.add.at(out.T, self.columns, moved[:, :-1].T)
        return out
