"""A share in brackets after a loss, `train loss 0.123 (99%)` or `0.123 (97/113 correct)`: the accuracy of its split, in lines and cells."""

import re

import pandas as pd

from training_runs.metric_names import canonical_name

NOTE = "a percentage in brackets after a loss is read as the accuracy"
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_IN_LINE = re.compile(
    rf"((?:loss|entropy|nll|verlust|损失)\b\W{{0,4}}{_NUMBER})\s*\(\s*({_NUMBER}\s?%)\s*\)", re.IGNORECASE
)
_IN_CELL = re.compile(
    rf"^\s*(?P<loss>{_NUMBER})\s*\(\s*(?:(?P<share>{_NUMBER}\s?%)|(?P<counted>\d+\s*/\s*\d+)(?: correct)?)\s*\)\s*$"
)
_OF_ANSWERS = re.compile(r"acc|correct|err", re.IGNORECASE)
_ACCURACIES = {"train_loss": "train_acc", "val_loss": "val_acc"}


def named_in_line(line: str) -> str:
    """Return a line of a log in which such percentages are named, where it names no accuracy itself.

    >>> named_in_line("step 10 train loss 0.1 (99%) val loss 3.0 (7.5 %)")
    'step 10 train loss 0.1 acc 99% val loss 3.0 acc 7.5 %'
    """
    return line if "%" not in line or _OF_ANSWERS.search(line) else _IN_LINE.sub(r"\1 acc \2", line)


def in_own_columns(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in which such percentages in the cells of a loss are a column, unless their accuracy has one, and notes."""
    notes = []
    taken = {canonical_name(str(c)) for c in table.columns}
    for column in list(table.columns):
        accuracy = _ACCURACIES.get(canonical_name(str(column)) or "")
        cells = table[column]
        if accuracy is None or accuracy in taken or pd.api.types.is_numeric_dtype(cells.dtype):
            continue
        parts = cells.map(str).str.extract(_IN_CELL)
        if parts["loss"].notna().sum() * 2 > cells.notna().sum():
            table = table.assign(
                **{str(column): parts["loss"].fillna(cells), accuracy: parts["share"].fillna(parts["counted"])}
            )
            notes.append(f"{column}: {NOTE}, {accuracy}")
    return table, tuple(notes)
