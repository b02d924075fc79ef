"""A sum of regression trees as flat arrays: what evaluating and explaining it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """Trees one after the other, inner nodes and leaves numbered within each tree.

    Attributes
    ----------
    n_leaves : of each tree, shape (n_trees,); a tree has one inner node fewer.
    column, threshold, decision : of each inner node, shape (n_nodes,). A row goes left where its value is at most the
        threshold; `decision` holds LightGBM's bits: 2 = missing values go left, 4 = zero is missing, 8 = NaN is.
    left, right : number of the inner node on each side; of a leaf k, `~k`.
    value, count : of each leaf, shape (n_leaves.sum(),): what it adds, and how many rows it was fitted on.
    gain : how much of the likelihood the splits on each column gained, shape (n_columns,).

    Raises
    ------
    ValueError : the arrays do not fit together.
    """

    n_leaves: Index
    column: Index
    threshold: FloatArray
    decision: Index
    left: Index
    right: Index
    value: FloatArray
    count: FloatArray
    gain: FloatArray

    def __post_init__(self) -> None:
        """Check that the arrays hold whole trees."""
        if any(values.ndim != 1 for values in vars(self).values()):
            raise ValueError("its trees are not flat arrays")
        n_leaves = int(self.n_leaves.sum())
        n_nodes = n_leaves - len(self.n_leaves)
        nodes = (self.column, self.threshold, self.decision, self.left, self.right)
        whole = all(len(a) == n_nodes for a in nodes) and len(self.value) == n_leaves == len(self.count)
        known = self.column.max(initial=0) < len(self.gain) and self.column.min(initial=0) >= 0
        if not len(self.n_leaves) or self.n_leaves.min() < 1 or not whole or not known:
            raise ValueError("it does not hold whole trees")

    @property
    def n_columns(self) -> int:
        """How many columns a row has."""
        return len(self.gain)

    @classmethod
    def concatenate(cls, parts: Sequence["BoostedTrees"]) -> "BoostedTrees":
        """Return the sum of several, as one."""
        joined = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)}
        return cls(**{**joined, "gain": np.sum([part.gain for part in parts], axis=0)})

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the arrays in as few bytes as hold them exactly: thresholds are few, and stand in a table of their own."""
        thresholds, threshold_index = np.unique(self.threshold, return_inverse=True)
        return {
            "n_leaves": _smallest(self.n_leaves),
            "column": _smallest(self.column),
            "thresholds": thresholds,
            "threshold_index": _smallest(threshold_index),
            "decision": _smallest(self.decision),
            "left": _smallest(self.left),
            "right": _smallest(self.right),
            "value": self.value,
            "count": _smallest(self.count.astype(np.int64)),
            "gain": self.gain,
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "BoostedTrees":
        """Return the trees whose state this is.

        Raises
        ------
        ValueError, KeyError, IndexError : it is not the state of whole trees.
        """
        whole = {name: state[name].astype(np.intp) for name in ("n_leaves", "column", "decision", "left", "right")}
        return cls(
            **whole,
            threshold=state["thresholds"][state["threshold_index"]],
            value=state["value"],
            count=state["count"].astype(float),
            gain=state["gain"],
        )


def _smallest(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in the smallest type that holds them all."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    kinds = (np.int8, np.int16, np.int32, np.int64) if low < 0 else (np.uint8, np.uint16, np.uint32, np.uint64)
    return values.astype(next(k for k in kinds if np.iinfo(k).min <= low and high <= np.iinfo(k).max))
