"""One learner of the hazard: a log-linear hazard, and boosted trees of what it leaves over."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.curves import FloatArray
from predictor.boosting import fit_hazard
from predictor.hazard import CENTRES, PersonPeriods
from predictor.linear_hazard import LinearHazard
from predictor.tree_text import TreeText
from predictor.trees import Trees


@dataclass(frozen=True, eq=False)
class Learner:
    """A fitted log hazard: the sum of its two parts."""

    linear: LinearHazard
    boosted: TreeText

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

    @cached_property
    def trees(self) -> Trees:
        """The boosted part, asked at every bin."""
        return Trees([self.boosted], CENTRES)

    def log_rates(self, features: FloatArray, target: FloatArray) -> FloatArray:
        """Return the log hazard per decade in each bin, shape (n_rows, n_bins)."""
        start = self.linear.log_rates(features, target)
        return np.asarray(start + self.trees.sums(np.column_stack([features, target])))

    def importance(self, n_features: int) -> FloatArray:
        """Return how much each feature matters, shape (n_features,), summing to 1: half by either part."""
        gain = self.boosted.gains()[:n_features]
        effect = np.zeros(n_features)
        effect[self.linear.columns] = np.abs(self.linear.weight[:-1])
        parts = [part / max(part.sum(), 1e-12) for part in (gain, effect)]
        return np.asarray(0.5 * parts[0] + 0.5 * parts[1])
