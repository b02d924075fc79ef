"""What moves the sum of trees on the way from a root to a leaf."""

from dataclasses import dataclass

import numpy as np

from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from predictor.hazard.trees.nodes import Children
from training_runs.arrays import FloatArray

_NONE = -1


@dataclass(frozen=True, eq=False)
class Moves:
    """How far each step down a tree moves the mean over the leaves that can still be reached.

    Arrays over all leaves and then all inner nodes, numbered as by `Children`.

    Attributes
    ----------
    above : number of the node above; -1 where that is a root, which no step leads to.
    column : that the node above tests.
    move : from the mean over the leaves below the node above to that over the leaves below here, weighed by the rows that
        they were fitted on.
    """

    above: Index
    column: Index
    move: FloatArray

    @classmethod
    def of(cls, trees: BoostedTrees, children: Children) -> "Moves":
        """Return the moves of all trees."""
        n_leaves, n_nodes = children.n_leaves, len(trees.column)
        rows = np.concatenate([np.maximum(trees.count, 1), np.zeros(n_nodes)])
        total = np.concatenate([rows[:n_leaves] * trees.value, np.zeros(n_nodes)])
        for nodes in children.upwards():
            left, right = children.left[nodes], children.right[nodes]
            rows[n_leaves + nodes] = rows[left] + rows[right]
            total[n_leaves + nodes] = total[left] + total[right]
        mean = total / rows
        above, column = np.full(len(mean), _NONE), np.zeros(len(mean), dtype=np.intp)
        move = np.zeros(len(mean))
        for side in (children.left, children.right):
            above[side] = n_leaves + np.arange(n_nodes)
            column[side] = trees.column
            move[side] = mean[side] - mean[n_leaves:]
        roots = np.flatnonzero(above == _NONE)
        above[np.isin(above, roots)] = _NONE
        return cls(above, column, move)

    def by_column(self, leaves: Index, n_columns: int) -> FloatArray:
        """Return the sum of the moves down to some leaves by the column that makes them, shape (n_columns,)."""
        steps, at = [], leaves
        while len(at):
            steps.append(at)
            at = self.above[at]
            at = at[at != _NONE]
        every = np.concatenate([leaves[:0], *steps])
        return np.bincount(self.column[every], self.move[every], n_columns).astype(np.float64, copy=False)
