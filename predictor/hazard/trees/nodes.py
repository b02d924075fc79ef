"""The inner nodes of trees, each with what hangs below it on either side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from training_runs.arrays import FloatArray

LeafSet = NDArray[np.unsignedinteger]  # bit k is leaf k of a tree

_LEFT, _ZERO_MISSING, _NAN_MISSING = 2, 4, 8  # bits of a decision
_ZERO = float(np.float32(1e-35))  # LightGBM's kZeroThreshold: values up to it are zeros


@dataclass(frozen=True, eq=False)
class Nodes:
    """Inner nodes, those of one tree side by side; arrays of shape (n_nodes,).

    Attributes
    ----------
    tree : that each belongs to.
    column, threshold, decision : as of `BoostedTrees`.
    below_left, below_right : the leaves on each side.
    """

    tree: Index
    column: Index
    threshold: FloatArray
    decision: Index
    below_left: LeafSet
    below_right: LeafSet

    @classmethod
    def of(cls, trees: BoostedTrees, children: "Children") -> "Nodes":
        """Return the nodes of all trees, given the children of each.

        Raises
        ------
        ValueError : a tree has more than 64 leaves, or its nodes do not lead to each of its leaves once.
        """
        below_left, below_right = _leaves_below(trees, children)
        return cls(
            tree=np.repeat(np.arange(len(trees.n_leaves)), trees.n_leaves - 1),
            column=trees.column,
            threshold=trees.threshold,
            decision=trees.decision,
            below_left=below_left,
            below_right=below_right,
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Nodes":
        """Return some of the nodes."""
        return Nodes(**{name: values[chosen] for name, values in vars(self).items()})

    def rank(self) -> Index:
        """Return the number of each node among those of its tree."""
        return rank_in(self.tree)

    def kept(self, left: NDArray[np.bool_]) -> LeafSet:
        """Return the leaves that each node does not rule out, by which side is taken; shape (..., n_nodes)."""
        return np.where(left, ~self.below_right, ~self.below_left)


@dataclass(frozen=True, eq=False)
class Children:
    """The two children of each inner node, numbered through all trees: first all leaves, then all inner nodes.

    Attributes
    ----------
    left, right : number of the child on each side, shape (n_nodes,).
    n_leaves : of all trees together; inner node k has number `n_leaves + k`.
    n_nodes : of each tree, shape (n_trees,).
    """

    left: Index
    right: Index
    n_leaves: int
    n_nodes: Index

    @classmethod
    def of(cls, trees: BoostedTrees) -> "Children":
        """Return the children of all nodes of some trees.

        Raises
        ------
        ValueError : a node is not numbered after its parent, or does not exist.
        """
        n_nodes = trees.n_leaves - 1
        first_leaf, first_node = (np.cumsum(n) - n for n in (trees.n_leaves, n_nodes))
        here = rank_in(np.repeat(np.arange(len(n_nodes)), n_nodes))
        first_leaf, first_node, most = (np.repeat(a, n_nodes) for a in (first_leaf, first_node, trees.n_leaves))
        n_leaves = int(trees.n_leaves.sum())

        def numbered(child: Index) -> Index:
            inner = child >= 0
            if (inner & ((child <= here) | (child >= most - 1))).any() or (~inner & (~child >= most)).any():
                raise ValueError("the nodes of a tree are out of order")
            return np.asarray(np.where(inner, n_leaves + first_node + child, first_leaf + ~child))

        return cls(numbered(trees.left), numbered(trees.right), n_leaves, n_nodes)

    def upwards(self) -> Iterator[Index]:
        """Yield inner nodes, each after those below it, one of every tree at a time."""
        first = np.cumsum(self.n_nodes) - self.n_nodes
        # Nodes are numbered as they were split, so children come after their parent.
        for k in range(self.n_nodes.max(initial=0) - 1, -1, -1):
            yield first[self.n_nodes > k] + k


def rank_in(groups: Index) -> Index:
    """Return the number of each entry within its group, given groups in order.

    >>> rank_in(np.array([0, 0, 2, 2, 2])).tolist()
    [0, 1, 0, 1, 2]
    """
    count = np.bincount(groups)
    return np.asarray(np.arange(len(groups)) - (np.cumsum(count) - count)[groups])


def as_read(values: FloatArray, decision: int) -> FloatArray:
    """Return values as nodes of one kind see them: a missing one becomes a number that goes where such nodes send it."""
    nowhere = -np.inf if decision & _LEFT else np.nan  # NaN is not at most anything: it goes right
    read = np.where(np.isnan(values), nowhere if decision & _NAN_MISSING else 0.0, values)
    return np.where(np.abs(read) <= _ZERO, nowhere if decision & _ZERO_MISSING else 0.0, read)


def every_leaf(n_leaves: Index, kind: np.dtype[np.unsignedinteger]) -> LeafSet:
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


def _leaves_below(trees: BoostedTrees, children: Children) -> tuple[LeafSet, LeafSet]:
    """Return the leaves on the left and on the right of each node."""
    kind = _kind(int(trees.n_leaves.max()))
    rank = rank_in(np.repeat(np.arange(len(trees.n_leaves)), trees.n_leaves)).astype(kind)
    under = np.concatenate([kind(1) << rank, np.zeros(len(trees.column), dtype=kind)])  # each child, itself included
    for nodes in children.upwards():
        under[children.n_leaves + nodes] = under[children.left[nodes]] | under[children.right[nodes]]
    left, right = under[children.left], under[children.right]
    n_nodes = children.n_nodes
    roots = (np.cumsum(n_nodes) - n_nodes)[n_nodes > 0]
    every = every_leaf(trees.n_leaves[n_nodes > 0], np.dtype(kind))
    if (left & right).any() or (left[roots] | right[roots] != every).any():
        raise ValueError("the nodes of a tree do not lead to each of its leaves once")
    return left, right
