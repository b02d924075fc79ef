"""The inner nodes of trees, each with what hangs below it on either side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.boosted_trees import BoostedTrees, Index
from training_runs.arrays import FloatArray

LeafSet = NDArray[np.signedinteger]  # bit k is the k-th leaf of a tree from the left; -1 is every leaf


@dataclass(frozen=True, eq=False)
class Nodes:
    """Inner nodes, those of one tree side by side; arrays of shape (n_nodes,).

    Attributes
    ----------
    tree : that each belongs to.
    column, threshold, decision : as of `BoostedTrees`.
    right : the leaves that are left over where a row goes right: all but those on the left.
    """

    tree: Index
    column: Index
    threshold: FloatArray
    decision: Index
    right: LeafSet

    @classmethod
    def of(cls, trees: BoostedTrees, children: "Children") -> "Nodes":
        """Return the nodes of all trees, given the children of each.

        Raises
        ------
        ValueError : a tree has more than 64 leaves.
        """
        kind = _kind(int(trees.n_leaves.max()))
        n_left, first = (a[children.left].astype(np.uint64) for a in (children.below, children.before))
        left = ((np.uint64(1) << n_left) - np.uint64(1)) << first
        return cls(
            tree=np.repeat(np.arange(len(trees.n_leaves)), trees.n_leaves - 1),
            column=trees.column,
            threshold=trees.threshold,
            decision=trees.decision,
            right=(~left).view(np.int64).astype(kind),
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Nodes":
        """Return some of the nodes."""
        return Nodes(**{name: values[chosen] for name, values in vars(self).items()})

    def rank(self) -> Index:
        """Return the number of each node among those of its tree."""
        return rank_in(self.tree)


@dataclass(frozen=True, eq=False)
class Children:
    """The two children of each inner node, numbered through all trees: first all leaves, then all inner nodes.

    Attributes
    ----------
    left, right : number of the child on each side, shape (n_nodes,).
    n_leaves : of all trees together; inner node k has number `n_leaves + k`.
    n_nodes : of each tree, shape (n_trees,).
    below, before : how many leaves are below each leaf (itself) and inner node, and how many of its tree are left of those.
    """

    left: Index
    right: Index
    n_leaves: int
    n_nodes: Index
    below: NDArray[np.uint16]
    before: NDArray[np.uint16]

    @classmethod
    def of(cls, trees: BoostedTrees) -> "Children":
        """Return the children of all nodes of some trees.

        Raises
        ------
        ValueError : a node is not numbered after its parent, does not exist, or is not reached from the root once.
        """
        n_nodes, n_leaves = trees.n_leaves - 1, int(trees.n_leaves.sum())
        first_leaf, first_node = (np.cumsum(n) - n for n in (trees.n_leaves, n_nodes))
        roots = np.where(n_nodes > 0, n_leaves + first_node, first_leaf)
        here = rank_in(np.repeat(np.arange(len(n_nodes)), n_nodes))
        first_leaf, first_node, most = (np.repeat(a, n_nodes) for a in (first_leaf, first_node, trees.n_leaves))

        def numbered(child: Index) -> Index:
            inner = child >= 0
            if (inner & ((child <= here) | (child >= most - 1))).any() or (~inner & (~child >= most)).any():
                raise ValueError("the nodes of a tree are out of order")
            return np.asarray(np.where(inner, n_leaves + first_node + child, first_leaf + ~child))

        left, right = numbered(trees.left), numbered(trees.right)
        reached = np.bincount(np.concatenate([left, right, roots]), minlength=n_leaves + len(left))
        if (reached != 1).any():
            raise ValueError("the nodes of a tree do not lead to each of its leaves once")
        below, before = (np.repeat(np.array([one, 0], np.uint16), [n_leaves, len(left)]) for one in (1, 0))
        children = cls(left, right, n_leaves, n_nodes, below, before)
        for nodes in children.upwards():
            below[n_leaves + nodes] = below[left[nodes]] + below[right[nodes]]
        for nodes in children.downwards():
            before[left[nodes]] = before[n_leaves + nodes]
            before[right[nodes]] = before[n_leaves + nodes] + below[left[nodes]]
        return children

    def upwards(self) -> Iterator[Index]:
        """Yield inner nodes, each after those below it, one of every tree at a time."""
        # Nodes are numbered as they were split, so children come after their parent.
        return map(self._each, range(self.n_nodes.max(initial=0) - 1, -1, -1))

    def downwards(self) -> Iterator[Index]:
        """Yield inner nodes, each after the one above it, one of every tree at a time."""
        return map(self._each, range(self.n_nodes.max(initial=0)))

    def from_left(self) -> Index:
        """Return the leaves, tree by tree, those of each from left to right; shape (n_leaves,)."""
        n_leaves = self.n_nodes + 1
        order = np.empty(self.n_leaves, dtype=np.intp)
        order[np.repeat(np.cumsum(n_leaves) - n_leaves, n_leaves) + self.before[: self.n_leaves]] = np.arange(
            self.n_leaves
        )
        return order

    def _each(self, number: int) -> Index:
        """Return the node of this number of each tree that has it."""
        return np.asarray((np.cumsum(self.n_nodes) - self.n_nodes)[self.n_nodes > number] + number)


def rank_in(groups: Index) -> Index:
    """Return the number of each entry within its group, given groups in order.

    >>> rank_in(np.array([0, 0, 2, 2, 2])).tolist()
    [0, 1, 0, 1, 2]
    """
    count = np.bincount(groups)
    return np.asarray(np.arange(len(groups)) - (np.cumsum(count) - count)[groups])


def leftmost(leaves: LeafSet) -> Index:
    """Return the number of the first leaf in each set, none of which is empty.

    >>> leftmost(np.array([-1, 6, -8, 2**62])).tolist()
    [0, 1, 3, 62]
    """
    first = leaves & -leaves
    # The exponent of the set's number, which float32 keeps from bit 23 on.
    return np.asarray((first.view(f"u{first.itemsize}").astype(np.float32).view(np.int32) >> 23) - 127)


def _kind(n_leaves: int) -> type[np.signedinteger]:
    """Return the smaller kind of number that has a bit for each leaf."""
    for kind in (np.int32, np.int64):
        if n_leaves <= np.iinfo(kind).bits:
            return kind
    raise ValueError(f"a tree has {n_leaves} leaves; at most 64 can be read")
