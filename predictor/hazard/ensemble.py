"""Learners of one kind that differ in the configurations they have seen, evaluated together or one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.learner import Learner, averaged
from predictor.hazard.linear import LinearHazard
from predictor.hazard.network import Activations, HazardNetwork
from predictor.hazard.time_bins import CENTRES, N_BINS
from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from predictor.hazard.trees.evaluate import TreeSum
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class PreparedRows:
    """What the parts of the learners of one ensemble have worked out of some rows: the most of the work.

    Attributes
    ----------
    distances : of the log-linear part.
    leaves : of each row, as `TreeSum.leaves` gives them: some hundred kilobytes a row.
    activations : of the networks.
    """

    distances: FloatArray
    leaves: Sequence[Index]
    activations: Activations


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Learners, of which the k-th has not seen fold k. Features come with all of them, shape (n_rows, n_features).

    Attributes
    ----------
    columns : positions of the features that these learners read.
    """

    learners: Sequence[Learner]
    columns: NDArray[np.intp]

    @cached_property
    def trees(self) -> TreeSum:
        """The boosted parts of all learners, added up, evaluated at every bin."""
        return TreeSum(BoostedTrees.concatenate([m.boosted for m in self.learners]), CENTRES)

    @cached_property
    def linear(self) -> LinearHazard:
        """The mean of the log-linear parts of all learners."""
        return LinearHazard.mean([m.linear for m in self.learners])

    @cached_property
    def network(self) -> HazardNetwork:
        """The mean of the networks of all learners."""
        return HazardNetwork.mean([m.network for m in self.learners])

    def prepare(self, features: FloatArray, target: FloatArray) -> PreparedRows:
        """Return rows made ready for the two methods below."""
        read = self._read(features)
        return PreparedRows(
            distances=self.linear.distances(read, target),
            leaves=[self.trees.leaves(row) for row in np.column_stack([read, target])],
            activations=self.network.activations(read, target),
        )

    def log_rates(self, rows: PreparedRows) -> FloatArray:
        """Return the mean log hazard per decade in each bin, shape (n_rows, n_bins)."""
        boosted = np.array([self.trees.sum(leaves) for leaves in rows.leaves]).reshape(-1, N_BINS)
        stepwise = self.linear.log_rates(rows.distances) + boosted / len(self.learners)
        return averaged(stepwise, self.network.log_rates(rows.activations))

    def contributions(self, rows: PreparedRows, bins: NDArray[np.intp]) -> FloatArray:
        """Return the contribution of each feature that is read to the log hazard at one bin of each row.

        Shape (n_rows, n_read). Of the trees, by how far the tests of a feature move the mean (docs/decisions.md).
        """
        moved = [self.trees.contributions(leaves, k) for leaves, k in zip(rows.leaves, bins, strict=True)]
        boosted = np.array(moved)[:, : len(self.columns)] / len(self.learners)
        stepwise = self.linear.contributions(rows.distances, bins, len(self.columns)) + boosted
        return averaged(stepwise, self.network.contributions(rows.activations, bins))

    def of_learner(self, k: int, features: FloatArray, target: FloatArray) -> FloatArray:
        """Return the log hazard of each row by the k-th learner."""
        return self.learners[k].log_rates(self._read(features), target)

    def state(self) -> dict[str, Any]:
        """Return the columns that are read, and the state of each learner."""
        return {"columns": self.columns, "learners": [learner.state() for learner in self.learners]}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Ensemble":
        """Return the ensemble whose state this is."""
        return cls([Learner.of_state(learner) for learner in state["learners"]], state["columns"])

    def _read(self, features: FloatArray) -> FloatArray:
        # Each row in one piece: products of strided rows round otherwise, and a forecast must not depend on which other
        # rows are in the batch.
        return np.ascontiguousarray(features[:, self.columns])
