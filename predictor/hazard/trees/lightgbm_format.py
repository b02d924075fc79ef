"""LightGBM's text format, read without LightGBM: the trees of one model as flat arrays.

Only what `fit_hazard` can make is read: trees of one regression that test numbers against thresholds. Anything else
(categorical or linear trees, several classes, averaged trees) is refused rather than misread. The format is that of
LightGBM's `Tree::ToString`; https://github.com/microsoft/LightGBM, src/io/tree.cpp.
"""

import re

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.trees.boosted_trees import BoostedTrees
from training_runs.arrays import FloatArray

_CATEGORICAL = 1  # a bit of decision_type
_LINE = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)

Lines = dict[str, list[str]]  # of all trees, by what stands before the equals sign


def read_trees(text: str) -> BoostedTrees:
    """Read a model.

    Raises
    ------
    ValueError : the text is no such model; the message says what is wrong with it.
    """
    lines: Lines = {}
    for key, line in _LINE.findall(text.partition("\nend of trees")[0]):
        lines.setdefault(key, []).append(line)
    column, gain = _whole(lines, "split_feature"), _numbers(lines, "split_gain")
    n_columns = len(" ".join(lines.get("feature_names", [])).split())
    if len(column) != len(gain) or column.max(initial=0) >= n_columns:
        raise ValueError("it does not hold whole trees")
    trees = BoostedTrees(
        n_leaves=_whole(lines, "num_leaves"),
        column=column,
        threshold=_numbers(lines, "threshold"),
        decision=_whole(lines, "decision_type"),
        left=_whole(lines, "left_child"),
        right=_whole(lines, "right_child"),
        value=_numbers(lines, "leaf_value"),
        # A tree that is one leaf was not fitted on counted rows.
        count=_numbers({"leaf_count": [x or "1" for x in lines.get("leaf_count", [])]}, "leaf_count"),
        gain=np.bincount(column, np.maximum(gain, 0), n_columns).astype(float),
    )
    _refuse_others(trees, lines, averaged="\naverage_output" in text)
    return trees


def _refuse_others(trees: BoostedTrees, lines: Lines, *, averaged: bool) -> None:
    """Raise ValueError for models of other kinds."""
    if (trees.decision & _CATEGORICAL).any():
        raise ValueError("its trees split on categories")
    if any(line != "0" for line in lines.get("is_linear", [])):
        raise ValueError("its leaves are linear models")
    if lines.get("num_tree_per_iteration") != ["1"] or averaged:
        raise ValueError("its trees are not one sum")


def _numbers(lines: Lines, key: str) -> FloatArray:
    """Return the numbers of all trees' lines of one kind, in order."""
    return np.array(" ".join(lines.get(key, [])).split(), dtype=float)


def _whole(lines: Lines, key: str) -> NDArray[np.intp]:
    return np.array(" ".join(lines.get(key, [])).split(), dtype=np.intp)
