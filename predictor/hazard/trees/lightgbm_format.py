"""LightGBM's text format, read without LightGBM: the trees of one model as flat arrays.

Only what `fit_hazard` can make is read: trees of one regression that test numbers against thresholds. Anything else
(categorical or linear trees, several classes, averaged trees) is refused rather than misread. The format is that of
LightGBM's `Tree::ToString`; https://github.com/microsoft/LightGBM, src/io/tree.cpp.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray

_CATEGORICAL = 1  # a bit of decision_type


@dataclass(frozen=True, eq=False)
class TreeText:
    """The trees of a model, one after the other: inner nodes and leaves numbered within each tree.

    Attributes
    ----------
    text : the model as LightGBM wrote it.
    names : of the columns that are tested.
    n_leaves : of each tree, shape (n_trees,); a tree has one inner node fewer.
    column, threshold, decision, gain : of each inner node, shape (n_nodes,). A row goes left where its value is at most
        the threshold; `decision` holds LightGBM's bits: 2 = missing values go left, 4 = zero is missing, 8 = NaN is.
    left, right : number of the inner node on each side; of a leaf k, `~k`.
    value, count : of each leaf, shape (n_leaves.sum(),): what it adds, and how many rows it was fitted on.
    """

    text: str
    names: list[str]
    n_leaves: NDArray[np.intp]
    column: NDArray[np.intp]
    threshold: FloatArray
    decision: NDArray[np.intp]
    gain: FloatArray
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    value: FloatArray
    count: FloatArray

    @classmethod
    def read(cls, text: str) -> "TreeText":
        """Read a model.

        Raises
        ------
        ValueError : the text is no such model; the message says what is wrong with it.
        """
        found: dict[str, list[str]] = {}
        for key, line in _LINE.findall(text.partition("\nend of trees")[0]):
            found.setdefault(key, []).append(line)
        self = cls(
            text=text,
            names=" ".join(found.get("feature_names", [])).split(),
            n_leaves=_whole(found, "num_leaves"),
            column=_whole(found, "split_feature"),
            threshold=_numbers(found, "threshold"),
            decision=_whole(found, "decision_type"),
            gain=_numbers(found, "split_gain"),
            left=_whole(found, "left_child"),
            right=_whole(found, "right_child"),
            value=_numbers(found, "leaf_value"),
            # A tree that is one leaf was not fitted on counted rows.
            count=_numbers({"leaf_count": [x or "1" for x in found.get("leaf_count", [])]}, "leaf_count"),
        )
        self._check(found, averaged="\naverage_output" in text)
        return self

    def _check(self, found: dict[str, list[str]], *, averaged: bool) -> None:
        n_nodes, n_leaves = int(self.n_leaves.sum()) - len(self.n_leaves), int(self.n_leaves.sum())
        nodes = (self.column, self.threshold, self.decision, self.gain, self.left, self.right)
        whole = all(len(a) == n_nodes for a in nodes) and len(self.value) == n_leaves == len(self.count)
        if not len(self.n_leaves) or not whole or self.column.max(initial=0) >= len(self.names):
            raise ValueError("it does not hold whole trees")
        if (self.decision & _CATEGORICAL).any():
            raise ValueError("its trees split on categories")
        if any(line != "0" for line in found.get("is_linear", [])):
            raise ValueError("its leaves are linear models")
        if found.get("num_tree_per_iteration") != ["1"] or averaged:
            raise ValueError("its trees are not one sum")

    def gains(self) -> FloatArray:
        """Return how much of the likelihood the splits on each column gained, shape (n_columns,)."""
        return np.bincount(self.column, np.maximum(self.gain, 0), len(self.names)).astype(float)


_LINE = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)


def _numbers(found: dict[str, list[str]], key: str) -> FloatArray:
    """Return the numbers of all trees' lines of one kind, in order."""
    return np.array(" ".join(found.get(key, [])).split(), dtype=float)


def _whole(found: dict[str, list[str]], key: str) -> NDArray[np.intp]:
    return np.array(" ".join(found.get(key, [])).split(), dtype=np.intp)
