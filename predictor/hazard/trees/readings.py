"""How inner nodes read the values of a row: as their places among all thresholds, whole numbers that compare as the values do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.boosted_trees import Index
from predictor.hazard.trees.nodes import Nodes
from training_runs.arrays import FloatArray

_LEFT, _ZERO_MISSING, _NAN_MISSING = 2, 4, 8  # bits of a decision
_ZERO = float(np.float32(1e-35))  # LightGBM's kZeroThreshold: values up to it are zeros


@dataclass(frozen=True, eq=False)
class Readings:
    """A value goes left where it is above at most as many thresholds as the node's own.

    Attributes
    ----------
    decisions : of the nodes, each kind once, shape (n_decisions,).
    thresholds : of the nodes, each once, increasing.
    zero, nan : place of a zero and of a NaN for each kind of decision, shape (n_decisions, 1).
    """

    decisions: Index
    thresholds: FloatArray
    zero: Index
    nan: Index

    @classmethod
    def of(cls, nodes: Nodes) -> "Readings":
        """Return the readings of some nodes."""
        decisions, thresholds = np.unique(nodes.decision), np.unique(nodes.threshold)
        # Above no threshold: left of every node. Above all: right.
        missing = np.where(decisions & _LEFT, 0, len(thresholds))
        zero = np.where(decisions & _ZERO_MISSING, missing, thresholds.searchsorted(0.0))
        nan = np.where(decisions & _NAN_MISSING, missing, zero)
        return cls(decisions, thresholds, zero[:, None], nan[:, None])

    def places(self, nodes: Nodes) -> tuple[Index, Index]:
        """Return the number of each node's kind of decision, and how many thresholds a value on its left is above at most."""
        return self.decisions.searchsorted(nodes.decision), self.thresholds.searchsorted(nodes.threshold)

    def __call__(self, values: FloatArray) -> NDArray[np.intp]:
        """Return how many thresholds each value is above, as each kind of decision reads it; shape (n_decisions, n_values)."""
        above = self.thresholds.searchsorted(values)
        read = np.where(np.abs(values) <= _ZERO, self.zero, above)
        return np.where(np.isnan(values), self.nan, read)
