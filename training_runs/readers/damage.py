"""What is damaged in a recording is left out and named: one run, line or value that cannot be read spoils no other."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.readers.recording import RawRun

_MISSING = ("", "nan", "none", "null")
_LONGEST_RECORD = 4 * 2**20  # characters: parsed, empty lists take twenty times as much


def each_read(readers: Mapping[str, Callable[[], RawRun]]) -> dict[str, RawRun | InvalidInput]:
    """Return the runs of a folder, each by its own reader; one that cannot be read is a problem."""
    runs: dict[str, RawRun | InvalidInput] = {}
    for name, read in readers.items():
        try:
            runs[name] = read()
        except InvalidInput as problem:
            runs[name] = problem
        except OSError as error:
            hint = str(error.strerror or error)[:120]
            runs[name] = InvalidInput(field="HISTORY", value=name, expected="a run that can be read", hint=hint)
    return runs


def record_of(text: str | bytes) -> Any:
    """Return the JSON of one record of many.

    Raises
    ------
    ValueError : it is none, or longer than any record of metrics is.
    """
    if len(text) > _LONGEST_RECORD:
        raise ValueError(f"a record of {len(text):,} characters")
    return json.loads(text)


def note_on_damage(what: str, damaged: Sequence[object]) -> tuple[str, ...]:
    """Return a note on what was left out; none where nothing is damaged.

    >>> note_on_damage("lines of val_acc", ["12 0.", "garbage"])
    ("damaged and left out: 2 lines of val_acc, the first is '12 0.'",)
    """
    if not damaged:
        return ()
    return (f"damaged and left out: {len(damaged)} {what}, the first is {' '.join(str(damaged[0]).split())[:40]!r}",)


def without_damaged_values(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in which values are missing that are no numbers, in columns of which most are, and a note on each such column."""
    notes: tuple[str, ...] = ()
    for column in [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c].dtype)]:
        values = table[column]
        is_given = values.notna() & ~values.map(lambda value: str(value).strip().lower() in _MISSING)
        numbers = pd.to_numeric(values.map(_scalar), errors="coerce")
        damaged = values[is_given & numbers.isna()]
        if 0 < len(damaged) < int(is_given.sum()) / 2:
            table = table.assign(**{str(column): numbers})
            notes += note_on_damage(f"values of {column}", list(damaged))
    return table, notes


def _scalar(value: object) -> object:
    return value if isinstance(value, int | float | str) else None
