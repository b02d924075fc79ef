"""Columns with two values in a cell whose name says both: `acc (train/val)`, `Train/test loss`, `val (loss, acc)`."""

import re
from collections.abc import Collection, Sequence

import pandas as pd

from training_runs.metric_names import canonical_name
from training_runs.readers.split_orders import names_by_order

_LONGEST = 80  # characters of such a name
_WORD = r"[^\W\d_][\w. ]*?"
_NAMES = (
    re.compile(rf"^(?P<both>{_WORD})?\s*[(\[]\s*(?P<first>{_WORD})\s*[/,]\s*(?P<second>{_WORD})\s*[)\]]$"),
    re.compile(rf"^(?P<first>{_WORD})\s*/\s*(?P<second>{_WORD})[ _]+(?P<both>{_WORD})$"),
    re.compile(rf"^(?P<both>{_WORD})[ _]+(?P<first>{_WORD})\s*/\s*(?P<second>{_WORD})$"),
)
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s?%?|nan|-"
_CELL = re.compile(rf"^\s*[(\[]?\s*(?P<first>{_NUMBER})\s*[/,;|]\s*(?P<second>{_NUMBER})\s*[)\]]?\s*$", re.IGNORECASE)


def apart(table: pd.DataFrame, named: Collection[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table with a column a value for such columns, and notes on them.

    Parameters
    ----------
    named : columns that the caller names himself: they stay.

    >>> table, notes = apart(pd.DataFrame({"step": [1, 2], "acc (train/val)": ["0.9/0.1", "1/0.2"]}), ())
    >>> table.to_dict("list"), notes
    ({'step': [1, 2], 'train acc': ['0.9', '1'], 'val acc': ['0.1', '0.2']}, ('acc (train/val) is read as train acc and val acc',))
    """
    notes: list[str] = []
    if not table.columns.is_unique:
        return table, ()
    for column in [c for c in table.columns if c not in named]:
        names = _both(str(column))
        if names is None or any(name in table.columns for name in names):
            continue
        parts = table[column].map(str).str.extract(_CELL)
        if parts["first"].notna().sum() * 2 > table[column].notna().sum():
            table = table.drop(columns=column).assign(
                **dict(zip(names, (parts["first"], parts["second"]), strict=True))
            )
            notes.append(f"{column} is read as {names[0]} and {names[1]}")
    return table, tuple(notes)


def named_by_order(table: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Return a table whose columns of two values are named by the order of splits that the text around it says.

    >>> named_by_order(pd.DataFrame({"step": [1], "acc": ["0.9/0.1"]}), ("train", "val")).columns.tolist()
    ['step', 'acc (train/val)']
    """
    if len(order) != 2 or not table.columns.is_unique:
        return table
    bare = [str(c) for c in table.columns if names_by_order(str(c), (), order)]
    pairs = [c for c in bare if table[c].map(str).str.fullmatch(_CELL).mean() > 0.5]
    return table.rename(columns={c: f"{c} ({'/'.join(order)})" for c in pairs})


def _both(column: str) -> tuple[str, str] | None:
    """Return the two names in a name, if they are of two signals."""
    if len(column) > _LONGEST:
        return None
    for form in _NAMES:
        if (found := form.match(column.strip())) is None:
            continue
        for order in ("{0} {1}", "{1} {0}"):
            first, second = (order.format(found[part], found["both"] or "").strip() for part in ("first", "second"))
            signals = {canonical_name(first), canonical_name(second)}
            if len(signals) == 2 and None not in signals:
                return first, second
    return None
