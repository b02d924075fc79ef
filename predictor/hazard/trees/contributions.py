"""What moves the sum of trees on the way from a root to a leaf."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.nodes import Index, Leaves, Nodes
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Paths:
    """The tests on the way to each leaf, and how far each moves the mean over the leaves that can still be reached.

    Attributes
    ----------
    column, move : of each test, shape (n_tests,); those of one leaf lie side by side.
    first, length : where the tests of each leaf begin, and how many they are, shape (n_leaves,).
    """

    column: Index
    move: FloatArray
    first: Index
    length: Index

    @classmethod
    def of(cls, nodes: Nodes, first_leaf: Index, value: FloatArray, count: FloatArray) -> "Paths":
        """Follow the ways to all leaves.

        Parameters
        ----------
        nodes : of all trees.
        first_leaf : number of each tree's first leaf, shape (n_trees,).
        value, count : what each leaf adds, and how many rows it was fitted on, shape (n_leaves,).
        """
        left, right = _members(nodes.below_left), _members(nodes.below_right)
        # Leaf that each bit stands for, shape (n_nodes, n_bits); the last trees have no leaves for the highest.
        leaf = first_leaf[nodes.tree][:, None] + np.arange(left.shape[1])
        leaf = np.minimum(leaf, len(value) - 1)
        before = _mean(left | right, leaf, value, count)
        sides = [(*np.nonzero(side), _mean(side, leaf, value, count) - before) for side in (left, right)]
        node = np.concatenate([n for n, _, _ in sides])
        end = np.concatenate([leaf[n, bit] for n, bit, _ in sides])
        move = np.concatenate([by[n] for n, _, by in sides])
        order = np.argsort(end, kind="stable")
        length = np.bincount(end, minlength=len(value))
        return cls(nodes.column[node[order]], move[order], np.cumsum(length) - length, length)

    def tests(self, leaves: Index) -> Index:
        """Return the indices of the tests on the ways to some leaves, one way after the other."""
        length = self.length[leaves]
        before = np.cumsum(length) - length
        return np.asarray(np.repeat(self.first[leaves] - before, length) + np.arange(length.sum()))


def _members(leaves: Leaves) -> NDArray[np.bool_]:
    """Return whether each leaf is in each set, shape (n_sets, n_bits)."""
    bits = np.arange(leaves.dtype.itemsize * 8, dtype=leaves.dtype)
    return np.asarray((leaves[:, None] >> bits) & leaves.dtype.type(1) > 0)


def _mean(members: NDArray[np.bool_], leaf: Index, value: FloatArray, count: FloatArray) -> FloatArray:
    """Return the mean over the leaves in each set, weighed by their rows."""
    weight = members * np.maximum(count, 1)[leaf]
    return np.asarray((weight * value[leaf]).sum(1) / weight.sum(1))
