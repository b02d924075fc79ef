"""Answers that are counted, beside how many there are: `val_correct` and `val_total`, `errors` and `n`."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from training_runs.metric_names import split_and_rest
from training_runs.readers.column_choice import numbers_of

_CORRECT = {"correct", "right", "hit", "hits"}
_WRONG = {"wrong", "incorrect", "misclassified", "mistakes", "error", "err"}
_ALL = {"total", "n", "count", "num", "number", "size", "sample", "samples", "example", "examples"}


def with_accuracies(table: pd.DataFrame, named: Collection[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table with an accuracy in place of counted answers and their total, and notes on what was divided.

    Parameters
    ----------
    named : columns that the caller names himself: they stay.

    >>> table, notes = with_accuracies(pd.DataFrame({"step": [1], "val_correct": [97], "val_total": [113]}), ())
    >>> table.round(3).to_dict("list"), notes
    ({'step': [1], 'val_accuracy': [0.858], 'val_total': [113]}, ('val_correct / val_total is read as val_accuracy',))
    """
    notes: list[str] = []
    for split, counted, total, are_wrong in _pairs([c for c in table.columns if c not in named]):
        name = f"{split}_accuracy" if split else "accuracy"
        part, whole = numbers_of(table[counted]), numbers_of(table[total])
        if name in table.columns or not _are_counts(part, whole, total):
            continue
        share = 1 - part / whole if are_wrong else part / whole
        table = table.assign(**{counted: share}).rename(columns={counted: name})
        notes.append(f"{'1 - ' if are_wrong else ''}{counted} / {total} is read as {name}")
    return table, tuple(notes)


def _are_counts(part: np.ndarray, whole: np.ndarray, total: str) -> bool:
    """Return True for whole numbers, none above its total; a total that changes must be called so: it may count what was seen."""
    known = np.isfinite(part) & np.isfinite(whole)
    part, whole = part[known], whole[known]
    is_total = "total" in split_and_rest(total)[1] or len(set(whole)) == 1
    return bool(
        len(part) and is_total and (whole > 1).all() and (part % 1 == 0).all() and ((part >= 0) & (part <= whole)).all()
    )


def _pairs(columns: Collection[str]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield split (empty where none is named), counted answers, their total, and whether the wrong ones are counted."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        split, rest = split_and_rest(column)
        for kind, known in (("correct", _CORRECT), ("wrong", _WRONG), ("total", _ALL)):
            if known & set(rest) and set(rest) <= known | _ALL:
                found.setdefault(split or "", {}).setdefault(kind, column)
                break
    for of, by_kind in found.items():
        counted = by_kind.get("correct", by_kind.get("wrong"))
        if counted and "total" in by_kind:
            yield of, counted, by_kind["total"], "correct" not in by_kind
