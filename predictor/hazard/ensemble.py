"""Learners of one kind that differ in the configurations they have seen, asked together or one by one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.learner import Learner, averaged
from predictor.hazard.linear import LinearHazard
from predictor.hazard.network import HazardNetwork
from predictor.hazard.time_bins import CENTRES, N_BINS
from predictor.hazard.trees.evaluate import Trees
from predictor.hazard.trees.nodes import Index
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Learners, of which the k-th has not seen fold k. Features are all of them, shape (n_rows, n_features), everywhere.

    Attributes
    ----------
    columns : the features that these learners read.
    """

    learners: Sequence[Learner]
    columns: NDArray[np.intp]

    @cached_property
    def trees(self) -> Trees:
        """The boosted parts of all learners, added up, asked at every bin."""
        return Trees([m.boosted for m in self.learners], CENTRES)

    @cached_property
    def linear(self) -> LinearHazard:
        """The mean of the log-linear parts of all learners."""
        return LinearHazard.mean([m.linear for m in self.learners])

    @cached_property
    def network(self) -> HazardNetwork:
        """The mean of the networks of all learners."""
        return HazardNetwork.mean([m.network for m in self.learners])

    def lay_out(self) -> None:
        """Make ready what the first question would wait for."""
        self.linear, self.trees.paths, self.network  # noqa: B018

    def leaves(self, features: FloatArray, target: FloatArray) -> Iterator[Index]:
        """Yield where each row ends in the trees: the most of the work, to be handed to `log_rates` and `contributions`."""
        return map(self.trees.leaves, np.column_stack([self._read(features), target]))

    def log_rates(self, features: FloatArray, target: FloatArray, leaves: Iterable[Index]) -> FloatArray:
        """Return the mean log hazard per decade in each bin, shape (n_rows, n_bins)."""
        read = self._read(features)
        boosted = np.array([self.trees.sum(end) for end in leaves]).reshape(-1, N_BINS)
        stepwise = self.linear.log_rates(read, target) + boosted / len(self.learners)
        return averaged(stepwise, self.network.log_rates(read, target))

    def blind_log_rates(self, features: FloatArray, target: FloatArray, fold: NDArray[np.int64]) -> FloatArray:
        """Return the log hazard of each row by the learner that has not seen its fold."""
        read = self._read(features)
        log_rates = np.zeros((len(read), N_BINS))
        for k in np.unique(fold):
            rows = fold == k
            log_rates[rows] = self.learners[k].log_rates(read[rows], target[rows])
        return log_rates

    def contributions(
        self,
        features: FloatArray,
        target: FloatArray,
        bins: NDArray[np.intp],
        leaves: Iterable[Index],
    ) -> FloatArray:
        """Return each feature's contribution to the log hazard at one bin of each row, shape (n_rows, n_features).

        Of the trees, by how far the tests of a feature move the mean (docs/decisions.md).
        """
        read = self._read(features)
        moved = [self.trees.contributions(end, k) for end, k in zip(leaves, bins, strict=True)]
        boosted = np.array(moved)[:, : read.shape[1]] / len(self.learners)
        stepwise = self.linear.contributions(read, target, bins) + boosted
        out = np.zeros(features.shape)
        out[:, self.columns] = averaged(stepwise, self.network.contributions(read, target, bins))
        return out

    def _read(self, features: FloatArray) -> FloatArray:
        # Each row in one piece: products of strided rows round otherwise, and a forecast must not depend on its company.
        return np.ascontiguousarray(features[:, self.columns])
