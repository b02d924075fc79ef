"""The inner nodes of trees, each with the leaves on either side of it as the bits of a number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.lightgbm_format import TreeText
from training_runs.arrays import FloatArray

Index = NDArray[np.intp]
Leaves = NDArray[np.unsignedinteger]

_LEFT, _ZERO_MISSING, _NAN_MISSING = 2, 4, 8  # bits of a decision
_ZERO = float(np.float32(1e-35))  # LightGBM's kZeroThreshold: values up to it are zeros


@dataclass(frozen=True, eq=False)
class Nodes:
    """Inner nodes, those of one tree side by side; arrays of shape (n_nodes,).

    Attributes
    ----------
    tree : that each belongs to.
    column, threshold, decision : as of `TreeText`.
    below_left, below_right : the leaves on each side; bit k is leaf k of the tree.
    """

    tree: Index
    column: Index
    threshold: FloatArray
    decision: Index
    below_left: Leaves
    below_right: Leaves

    @classmethod
    def of(cls, texts: Sequence[TreeText]) -> "Nodes":
        """Return the nodes of all trees of some models.

        Raises
        ------
        ValueError : a tree has more than 64 leaves, or its nodes do not hang together.
        """
        n_leaves = np.concatenate([text.n_leaves for text in texts])
        kind = _kind(int(n_leaves.max()))
        sides = [_leaves_below(text, kind) for text in texts]
        below_left, below_right = (np.concatenate([s[k] for s in sides]) for k in (0, 1))
        return cls(
            tree=np.repeat(np.arange(len(n_leaves)), n_leaves - 1),
            column=np.concatenate([text.column for text in texts]),
            threshold=np.concatenate([text.threshold for text in texts]),
            decision=np.concatenate([text.decision for text in texts]),
            below_left=below_left,
            below_right=below_right,
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Nodes":
        """Return some of the nodes."""
        return Nodes(**{name: values[chosen] for name, values in vars(self).items()})

    def rank(self) -> Index:
        """Return the number of each node among those of its tree."""
        return rank_in(self.tree)

    def kept(self, left: NDArray[np.bool_]) -> Leaves:
        """Return the leaves that each node does not rule out, by which side is taken; shape (..., n_nodes)."""
        return np.where(left, ~self.below_right, ~self.below_left)


def rank_in(groups: Index) -> Index:
    """Return the number of each entry within its group, given groups in order.

    >>> rank_in(np.array([0, 0, 2, 2, 2])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.asarray(np.arange(len(groups)) - np.searchsorted(groups, groups))


def as_read(values: FloatArray, decision: int) -> FloatArray:
    """Return values as nodes of one kind see them: a missing one becomes a number that goes where such nodes send it."""
    nowhere = -np.inf if decision & _LEFT else np.nan  # NaN is not at most anything: it goes right
    read = np.where(np.isnan(values), nowhere if decision & _NAN_MISSING else 0.0, values)
    return np.where(np.abs(read) <= _ZERO, nowhere if decision & _ZERO_MISSING else 0.0, read)


def every_leaf(n_leaves: Index, kind: np.dtype[np.unsignedinteger]) -> Leaves:
    """Return the set of all leaves of trees with so many, at least one.

    >>> every_leaf(np.array([1, 3, 16]), np.dtype(np.uint16)).tolist()
    [1, 7, 65535]
    """
    return np.asarray(~kind.type(0) >> (8 * kind.itemsize - n_leaves).astype(kind))


def _kind(n_leaves: int) -> type[np.unsignedinteger]:
    """Return the smallest kind of number with a bit for each leaf."""
    for kind in (np.uint16, np.uint32, np.uint64):
        if n_leaves <= np.iinfo(kind).bits:
            return kind
    raise ValueError(f"a tree has {n_leaves} leaves; at most 64 can be read")


def _leaves_below(text: TreeText, kind: type[np.unsignedinteger]) -> tuple[Leaves, Leaves]:
    """Return the leaves on the left and on the right of each node."""
    n_nodes = text.n_leaves - 1
    first = np.cumsum(n_nodes) - n_nodes
    below = np.zeros((2, len(text.column)), dtype=kind)
    # Nodes are numbered as they were split, so children come after their parent.
    for k in range(n_nodes.max(initial=0) - 1, -1, -1):
        trees = np.flatnonzero(n_nodes > k)
        nodes = first[trees] + k
        for side, child in enumerate((text.left[nodes], text.right[nodes])):
            if ((child >= 0) & ((child <= k) | (child >= n_nodes[trees]))).any():
                raise ValueError("the nodes of a tree are out of order")
            inner = first[trees] + np.maximum(child, 0)
            leaf = kind(1) << np.maximum(~child, 0).astype(kind)
            below[side, nodes] = np.where(child < 0, leaf, below[0, inner] | below[1, inner])
    roots = first[n_nodes > 0]
    every = every_leaf(text.n_leaves[n_nodes > 0], np.dtype(kind))
    if (below[0] & below[1]).any() or (below[0, roots] | below[1, roots] != every).any():
        raise ValueError("the nodes of a tree do not lead to each of its leaves once")
    return below[0], below[1]
