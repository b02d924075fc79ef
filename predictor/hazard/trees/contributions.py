"""What moves the sum of trees on the way from a root to a leaf."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from predictor.hazard.trees.nodes import Children
from training_runs.arrays import FloatArray

_AT_ONCE = 8  # steps of a block: 64 bytes, as much as a processor reads at a time
_NONE = -1


@dataclass(frozen=True, eq=False)
class Moves:
    """How far each step on the way to a leaf moves the mean over the leaves that can still be reached.

    From the mean over the leaves below a node to that over the leaves below its child, weighed by the rows that they were
    fitted on. A forecast reads thousands of ways, from anywhere in memory, and waits for that more than it computes: so the
    steps of a way lie side by side, and the column that the node tests stands in the last bits of the move. That changes the
    move by at most 2^-52 of itself for each column that there is.

    Attributes
    ----------
    steps : in blocks, the k-th of which begins the way to the k-th leaf of `Children.from_left`; shape (n_blocks, 8), 0 where a
        way has no more.
    further : the block in which a way goes on; 0 where it does not.
    mask : of the bits that hold a column.
    """

    steps: FloatArray
    further: NDArray[np.int32]
    mask: int

    @classmethod
    def of(cls, trees: BoostedTrees, children: Children, from_left: Index) -> "Moves":
        """Return the moves of all trees; `from_left` is the order of the leaves, as of `Children`."""
        mask = 2 ** trees.n_columns.bit_length() - 1
        above, moves = _moves(trees, children, mask)
        way, at = np.arange(children.n_leaves), from_left
        ways = []
        while (is_step := above[at] != _NONE).any():
            way, at = way[is_step], at[is_step]
            ways.append((way, at))
            at = above[at]
        more = np.zeros(children.n_leaves, dtype=np.intp)  # blocks beyond the first
        for way, _ in ways[_AT_ONCE::_AT_ONCE]:
            more[way] += 1
        block, free = np.arange(children.n_leaves), children.n_leaves + np.cumsum(more) - more
        steps = np.zeros((children.n_leaves + more.sum(), _AT_ONCE))
        further = np.zeros(len(steps), dtype=np.int32)
        for step, (way, at) in enumerate(ways):
            if step and step % _AT_ONCE == 0:
                further[block[way]] = free[way]
                block[way] = free[way]
                free[way] += 1
            steps[block[way], step % _AT_ONCE] = moves[at]
        return cls(steps, further, mask)

    def by_column(self, leaves: Index, n_columns: int) -> FloatArray:
        """Return the sum of the moves down to some leaves by the column that makes them, shape (n_columns,)."""
        found, further = [self.steps.take(leaves, axis=0)], self.further.take(leaves)
        while len(blocks := further[further > 0]):
            found.append(self.steps.take(blocks, axis=0))
            further = self.further.take(blocks)
        moves: FloatArray = np.concatenate(found).ravel()
        return np.bincount(moves.view(np.int64) & self.mask, moves, n_columns).astype(np.float64, copy=False)


def _moves(trees: BoostedTrees, children: Children, mask: int) -> tuple[Index, FloatArray]:
    """Return the node above each leaf and inner node, -1 where that is none, and the move from there, its column in the last bits."""
    mean, n_leaves, n_nodes = _means(trees, children), children.n_leaves, len(trees.column)
    above, moves = np.full(len(mean), _NONE), np.zeros(len(mean))
    for side in (children.left, children.right):
        above[side] = n_leaves + np.arange(n_nodes)
        moved = (mean[side] - mean[n_leaves:]).view(np.int64)
        moves[side] = (moved & ~mask | trees.column).view(np.float64)
    return above, moves


def _means(trees: BoostedTrees, children: Children) -> FloatArray:
    """Return the mean over the leaves below each leaf (itself) and inner node, weighed by the rows that they were fitted on."""
    n_leaves, n_nodes = children.n_leaves, len(trees.column)
    rows = np.concatenate([np.maximum(trees.count, 1), np.zeros(n_nodes)])
    total = np.concatenate([rows[:n_leaves] * trees.value, np.zeros(n_nodes)])
    for nodes in children.upwards():
        left, right = children.left[nodes], children.right[nodes]
        rows[n_leaves + nodes] = rows[left] + rows[right]
        total[n_leaves + nodes] = total[left] + total[right]
    return np.asarray(total / rows)
