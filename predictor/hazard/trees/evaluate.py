"""A sum of trees, evaluated for a row at every point of a grid at once.

A row that goes right at an inner node is in none of the leaves on its left. Of the leaves that no test rules out so, the leftmost
is where the row ends: QuickScorer (Lucchese et al., SIGIR 2015), without its walk in order of thresholds. With sets of
leaves as the bits of numbers, the tests of all trees are a few operations on whole arrays. The rows of one question
differ in nothing but the last column, so the tests of that column are done when a model is loaded, and the others once
for all points. Rows are taken one by one, so that no answer depends on which other rows are in the batch.
"""

from functools import cached_property

import numpy as np

from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from predictor.hazard.trees.contributions import Moves
from predictor.hazard.trees.nodes import Children, LeafSet, Nodes, leftmost
from predictor.hazard.trees.readings import Readings
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
        self._from_left = self._children.from_left()
        self._value = trees.value[self._from_left]
        self._n_trees = len(trees.n_leaves)
        on_grid = nodes.column == self._n_columns - 1
        self._pack_tests(nodes.where(~on_grid))
        self._split_grid(nodes.where(on_grid), grid, np.cumsum(trees.n_leaves) - trees.n_leaves)

    def _pack_tests(self, nodes: Nodes) -> None:
        """Put tests into arrays of shape (n_tests of the largest tree, n_trees), padded with tests that rule out nothing."""
        self._readings = Readings.of(nodes)
        decision, threshold = self._readings.places(nodes)
        place = (nodes.rank(), nodes.tree)
        shape = (place[0].max(initial=-1) + 1, self._n_trees)
        kind = nodes.right.dtype
        self._column, self._beyond = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=kind)
        self._right = np.full(shape, -1, dtype=kind)
        # The row is read once for each kind of decision, and the readings lie side by side.
        self._column[place] = decision * (self._n_columns - 1) + nodes.column
        self._beyond[place] = threshold + 1
        self._right[place] = nodes.right

    def _split_grid(self, nodes: Nodes, grid: FloatArray, first_leaf: Index) -> None:
        """Do the tests of the last column: they cut the grid of each tree into segments, within which nothing changes."""
        kept = _kept_on_grid(nodes, grid, self._n_trees)  # (n_points, n_trees)
        begins = np.ones(kept.shape, dtype=bool)
        begins[1:] = kept[1:] != kept[:-1]
        self._tree, self._start = np.nonzero(begins.T)  # of each segment
        self._kept, self._first_leaf = kept[self._start, self._tree], first_leaf[self._tree]
        self._continues = (self._start > 0)[1:].astype(float)
        segment = np.cumsum(begins.T).reshape(begins.T.shape) - 1  # (n_trees, n_points)
        self._segment = np.ascontiguousarray(segment.T)

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
        kept = self._readings(row).astype(self._right.dtype).take(self._column)
        kept -= self._beyond  # below 0 where a value goes left
        kept >>= 8 * kept.itemsize - 1  # every leaf there, and none elsewhere
        kept |= self._right
        left_over = np.bitwise_and.reduce(kept, axis=0)
        return np.asarray(self._first_leaf + leftmost(left_over.take(self._tree) & self._kept))

    def sum(self, leaves: Index) -> FloatArray:
        """Return the sum of all trees at each point, shape (n_points,)."""
        step = self._value.take(leaves)
        step[1:] -= self._continues * step[:-1]  # over the segment before, of the same tree
        return np.cumsum(np.bincount(self._start, step, self._n_points))

    def contributions(self, leaves: Index, point: int) -> FloatArray:
        """Return the distance that the tests of each column move the sum at one point, shape (n_columns,).

        A test moves it from the mean over the leaves below the node, weighed by the rows that they were fitted on, to
        that over the side which is taken (Saabas 2014). All of them and the mean over all rows add up to the sum.
        """
        return self.moves.by_column(leaves.take(self._segment[point]), self._n_columns)

    @cached_property
    def moves(self) -> Moves:
        """How far each test moves the mean: computed when a contribution is first requested."""
        return Moves.of(self._boosted, self._children, self._from_left)


def _kept_on_grid(nodes: Nodes, grid: FloatArray, n_trees: int) -> LeafSet:
    """Return the leaves that the tests of one column leave over at each of its points, shape (n_points, n_trees)."""
    readings = Readings.of(nodes)
    decision, threshold = readings.places(nodes)
    is_left = threshold >= readings(grid)[decision].T
    left_over, rank = np.where(is_left, nodes.right.dtype.type(-1), nodes.right), nodes.rank()
    kept = np.full((len(grid), n_trees), -1, dtype=nodes.right.dtype)
    for k in range(rank.max(initial=-1) + 1):
        kept[:, nodes.tree[rank == k]] &= left_over[:, rank == k]
    return kept
