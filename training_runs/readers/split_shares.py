"""Shares of splits without a metric's name: `train 100%, test 1%`."""

import pandas as pd

from training_runs.metric_names import canonical_name
from training_runs.readers.log_lines import split_word


def named_shares(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose columns of percentages that are named by a split alone are accuracies, and a note.

    A loss has no percentages, and an error rate of training is below that of validation: they are accuracies where training's are
    nowhere below validation's.

    >>> named_shares(pd.DataFrame({"step": [1, 2], "train": ["50%", "100%"], "test": ["1%", "2%"]}))[0].columns.tolist()
    ['step', 'train acc', 'test acc']
    >>> named_shares(pd.DataFrame({"step": [1, 2], "train": ["50%", "0%"], "test": ["99%", "98%"]}))[0].columns.tolist()
    ['step', 'train', 'test']
    """
    shares = {
        str(c): _shares(table[c]) for c in table.columns if table.columns.is_unique and split_word(str(c).lower())
    }
    signals = {name: canonical_name(f"{name} acc") for name in shares}
    if sorted(map(str, signals.values())) != ["train_acc", "val_acc"]:
        return table, ()
    train, val = sorted(shares, key=lambda name: str(signals[name]))
    above = shares[train] - shares[val]
    if not (above > 0).any() or (above < 0).any() or any(_has_words(table[name]) for name in shares):
        return table, ()
    names = {name: f"{name} acc" for name in shares}
    return table.rename(columns=names), (f"the percentages of {train} and {val} are read as their accuracies",)


def _shares(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.astype(str).str.strip().str.extract(r"^(\d+(?:\.\d+)?)\s?%$")[0], errors="coerce")


def _has_words(column: pd.Series) -> bool:
    """Return True if a column holds something else than percentages and missing values."""
    return bool((column.notna() & _shares(column).isna()).any())
