"""A sum of trees, evaluated for a row at every point of a grid at once.

A tree that sends a row to one side of an inner node rules out the leaves on the other side. With sets of leaves as the
bits of numbers, the tests of all trees are one comparison of arrays, and the leaf that no test rules out is where the
row ends: QuickScorer (Lucchese et al., SIGIR 2015), without its walk in order of thresholds. The rows of one question
differ in nothing but the last column, so the tests of that column are done when a model is loaded, and the others once
for all points. Rows are taken one by one, so that no answer depends on which other rows are in the batch.
"""

from functools import cached_property

import numpy as np

from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from predictor.hazard.trees.contributions import Moves
from predictor.hazard.trees.nodes import Children, LeafSet, Nodes, as_read, every_leaf
from training_runs.arrays import FloatArray


class TreeSum:
    """A sum of trees, ready to be evaluated.

    Parameters
    ----------
    trees : what is added up.
    grid : the points of the last column at which every row is evaluated, shape (n_points,), finite.

    Raises
    ------
    ValueError : a tree has more than 64 leaves, or its nodes do not hang together.
    """

    def __init__(self, trees: BoostedTrees, grid: FloatArray) -> None:
        self._boosted, self._children = trees, Children.of(trees)
        nodes = Nodes.of(trees, self._children)
        self._n_columns, self._n_points = trees.n_columns, len(grid)
        self._value = trees.value
        self._first_leaf = np.cumsum(trees.n_leaves) - trees.n_leaves
        on_grid = nodes.column == self._n_columns - 1
        self._pack_tests(nodes.where(~on_grid))
        self._split_grid(nodes.where(on_grid), grid, trees.n_leaves)

    def _pack_tests(self, nodes: Nodes) -> None:
        """Put tests into arrays of shape (n_tests of the largest tree, n_trees), padded with tests that rule out nothing."""
        self._decisions = np.unique(nodes.decision)
        place = (nodes.rank(), nodes.tree)
        shape = (place[0].max(initial=0) + 1, len(self._first_leaf))
        nothing = ~nodes.below_left.dtype.type(0)
        self._column, self._threshold = np.zeros(shape, dtype=np.intp), np.zeros(shape)
        kept_left, self._kept_right = np.full(shape, nothing), np.full(shape, nothing)
        # The row is read once for each kind of decision, and the readings lie side by side.
        reading = np.searchsorted(self._decisions, nodes.decision)
        self._column[place] = reading * (self._n_columns - 1) + nodes.column
        self._threshold[place] = nodes.threshold
        kept_left[place], self._kept_right[place] = ~nodes.below_right, ~nodes.below_left
        self._either = kept_left ^ self._kept_right

    def _split_grid(self, nodes: Nodes, grid: FloatArray, n_leaves: Index) -> None:
        """Do the tests of the last column: they cut the grid of each tree into segments, within which nothing changes."""
        kept = _kept_on_grid(nodes, grid, n_leaves)  # (n_points, n_trees)
        begins = np.ones(kept.shape, dtype=bool)
        begins[1:] = kept[1:] != kept[:-1]
        self._tree, self._start = np.nonzero(begins.T)  # of each segment
        self._kept = kept[self._start, self._tree]
        self._continues = (self._start > 0)[1:].astype(float)
        self._segment = np.cumsum(begins.T).reshape(begins.T.shape) - 1  # (n_trees, n_points)

    def sums(self, rows: FloatArray) -> FloatArray:
        """Return the sum of all trees at each point, shape (n_rows, n_points).

        Parameters
        ----------
        rows : all columns but the last, shape (n_rows, n_columns - 1); NaN where a value is missing.
        """
        return np.array([self.sum(self.leaves(row)) for row in rows]).reshape(-1, self._n_points)

    def leaves(self, row: FloatArray) -> Index:
        """Return where one row ends: leaves, numbered through all trees, to be handed to the two methods below.

        Shape (n_segments,): one for each segment of the grid within which nothing changes in a tree.
        """
        readings = np.concatenate([as_read(row, int(d)) for d in self._decisions] or [np.zeros(1)])
        left = readings[self._column] <= self._threshold
        # What the left keeps where it is taken, else what the right does; `where` takes ten times as long.
        kept = np.bitwise_and.reduce(self._kept_right ^ left * self._either, axis=0)
        return np.asarray(self._first_leaf[self._tree] + _bit(kept[self._tree] & self._kept))

    def sum(self, leaves: Index) -> FloatArray:
        """Return the sum of all trees at each point, shape (n_points,)."""
        step = self._value[leaves]
        step[1:] -= self._continues * step[:-1]  # over the segment before, of the same tree
        return np.cumsum(np.bincount(self._start, step, self._n_points))

    def contributions(self, leaves: Index, point: int) -> FloatArray:
        """Return the distance that the tests of each column move the sum at one point, shape (n_columns,).

        A test moves it from the mean over the leaves below the node, weighed by the rows that they were fitted on, to
        that over the side which is taken (Saabas 2014). All of them and the mean over all rows add up to the sum.
        """
        return self.moves.by_column(leaves[self._segment[:, point]], self._n_columns)

    @cached_property
    def moves(self) -> Moves:
        """How far each test moves the mean: computed when a contribution is first requested."""
        return Moves.of(self._boosted, self._children)


def _kept_on_grid(nodes: Nodes, grid: FloatArray, n_leaves: Index) -> LeafSet:
    """Return the leaves that the tests of one column leave over at each of its points, shape (n_points, n_trees)."""
    left = np.empty((len(grid), len(nodes.tree)), dtype=bool)
    for decision in np.unique(nodes.decision):
        alike = nodes.decision == decision
        left[:, alike] = as_read(grid, int(decision))[:, None] <= nodes.threshold[alike]
    answers, rank = nodes.kept(left), nodes.rank()
    kept = np.tile(every_leaf(n_leaves, answers.dtype), (len(grid), 1))
    for k in range(rank.max(initial=-1) + 1):
        kept[:, nodes.tree[rank == k]] &= answers[:, rank == k]
    return kept


def _bit(leaves: LeafSet) -> Index:
    """Return the number of the one leaf in each set: the exponent of the set's number, which float32 keeps from bit 23 on."""
    return np.asarray((leaves.astype(np.float32).view(np.int32) >> 23) - 127)
