"""One learner of the hazard: a log-linear hazard, boosted trees of what it leaves over, and a network beside both."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from predictor.hazard.boosting import IN_TURN, QUERY_COLUMNS, fit_hazard
from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.linear import LinearHazard
from predictor.hazard.network import HazardNetwork
from predictor.hazard.time_bins import CENTRES, PersonPeriods, thinned
from predictor.hazard.trees.boosted_trees import BoostedTrees
from predictor.hazard.trees.evaluate import TreeSum
from training_runs.arrays import FloatArray

# Of the log hazard: 0.15 to 0.3 do alike at home, and more of it does worse elsewhere (docs/decisions.md).
NETWORK_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Learner:
    """A fitted log hazard: the sum of a log-linear part and of trees, averaged with a network."""

    linear: LinearHazard
    boosted: BoostedTrees
    network: HazardNetwork

    @classmethod
    def fit(
        cls,
        features: FloatArray | ChosenRows,
        target: FloatArray,
        periods: PersonPeriods,
        weight: FloatArray,
        linear_columns: Sequence[int],
        n_trees: int | None = None,
    ) -> "Learner":
        """Fit one part after the other; arguments as for `fit_hazard` and `LinearHazard.fit`."""
        few = thinned(periods)
        with IN_TURN:
            linear = LinearHazard.fit(features, target, few, weight, linear_columns)
            start = linear.log_rates(linear.distances(features, target))
        boosted = fit_hazard(features, target, few, weight, start, n_trees)
        with IN_TURN:
            return cls(linear, boosted, HazardNetwork.fit(features, target, periods, weight))

    @cached_property
    def trees(self) -> TreeSum:
        """The boosted part, evaluated at every bin."""
        return TreeSum(self.boosted, CENTRES)

    def log_rates(self, features: FloatArray, target: FloatArray) -> FloatArray:
        """Return the log hazard per decade in each bin, shape (n_rows, n_bins)."""
        start = self.linear.log_rates(self.linear.distances(features, target))
        stepwise = start + self.trees.sums(np.column_stack([features, target]))
        return averaged(stepwise, self.network.log_rates(self.network.activations(features, target)))

    def importance(self) -> FloatArray:
        """Return the importance of each feature, shape (n_features,), summing to 1: half by the trees, half by the lines."""
        gain = self.boosted.gain[: -len(QUERY_COLUMNS)]
        effect = np.zeros(len(gain))
        effect[self.linear.columns] = np.abs(self.linear.weight[:-1])
        parts = [part / max(part.sum(), 1e-12) for part in (gain, effect)]
        return np.asarray(0.5 * parts[0] + 0.5 * parts[1])

    def state(self) -> dict[str, Any]:
        """Return the state of each part."""
        return {"linear": self.linear.state(), "boosted": self.boosted.state(), "network": self.network.state()}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Learner":
        """Return the learner whose state this is."""
        return cls(
            linear=LinearHazard.of_state(state["linear"]),
            boosted=BoostedTrees.of_state(state["boosted"]),
            network=HazardNetwork.of_state(state["network"]),
        )


def averaged(stepwise: FloatArray, smooth: FloatArray) -> FloatArray:
    """Return the mean of a log hazard with trees, and of a network's; or of what features contribute to them."""
    return (1 - NETWORK_SHARE) * stepwise + NETWORK_SHARE * smooth
