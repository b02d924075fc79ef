"""One learner of the hazard: a log-linear hazard, and a booster of what it leaves over."""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from predictor.boosting import boosted_log_rates, contributions, fit_hazard, gains
from predictor.hazard import PersonPeriods
from predictor.linear_hazard import LinearHazard


@dataclass(frozen=True, eq=False)
class Learner:
    """A fitted log hazard: the sum of its two parts."""

    linear: LinearHazard
    booster: lgb.Booster

    @classmethod
    def fit(
        cls,
        features: FloatArray,
        names: Sequence[str],
        target: FloatArray,
        periods: PersonPeriods,
        weight: FloatArray,
        linear_columns: Sequence[int],
    ) -> "Learner":
        """Fit one part after the other; arguments as for `fit_hazard` and `LinearHazard.fit`."""
        linear = LinearHazard.fit(features, target, periods, weight, linear_columns)
        start = linear.log_rates(features, target)
        return cls(linear, fit_hazard(features, names, target, periods, weight, start))

    def log_rates(self, features: FloatArray, target: FloatArray) -> FloatArray:
        """Return the log hazard per decade in each bin, shape (n_rows, n_bins)."""
        start = self.linear.log_rates(features, target)
        return np.asarray(start + boosted_log_rates(self.booster, features, target))

    def contributions(
        self, features: FloatArray, target: FloatArray, bins: NDArray[np.intp]
    ) -> FloatArray:
        """Return each feature's contribution to the log hazard at one bin of each row, shape (n_rows, n_features)."""
        straight = self.linear.contributions(features, target, bins)
        return np.asarray(straight + contributions(self.booster, features, target, bins))

    def importance(self, n_features: int) -> FloatArray:
        """Return how much each feature matters, shape (n_features,), summing to 1: half by either part."""
        gain = gains(self.booster)[:n_features]
        effect = np.zeros(n_features)
        effect[self.linear.columns] = np.abs(self.linear.weight[:-1])
        parts = [part / max(part.sum(), 1e-12) for part in (gain, effect)]
        return np.asarray(0.5 * parts[0] + 0.5 * parts[1])
