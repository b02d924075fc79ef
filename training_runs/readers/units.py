"""Columns whose name says a unit: `step (k)`, `time (min)`, `train loss (bits)`."""

import math
import re
from collections.abc import Collection, Mapping

import pandas as pd

from training_runs.metric_names import canonical_name, is_epoch, time_rank

_IN_BRACKETS = re.compile(r"^(?P<name>.*?)[\s_]*[(\[]\s*(?:in\s+)?(?P<unit>[^()\[\]]+?)\s*[)\]]\s*$")
_LAST_WORD = re.compile(r"^(?P<name>.*?)[\s_]+(?:in[\s_]+)?(?P<unit>[a-z]+)$", re.IGNORECASE)
_THOUSANDS_FIRST = re.compile(r"^(?P<unit>k)[\s_-]?(?P<name>(?:step|iter|iteration|update)s?)$", re.IGNORECASE)
_DIVIDED = re.compile(r"^(?P<name>.*?)\s*/\s*(?P<unit>1000|1e3|1e6)$")
_FORMS = (_IN_BRACKETS, _THOUSANDS_FIRST, _DIVIDED, _LAST_WORD)


def _factors(*units: tuple[str, float]) -> Mapping[str, float]:
    return {word: factor for words, factor in units for word in words.split()}


_OF_STEPS = _factors(
    ("hundreds x100 \u00d7100 100 1e2", 1e2),
    ("k thousand thousands x1000 ×1000 1000 1e3 10^3 10³", 1e3),
    ("m million millions 1e6 10^6", 1e6),
)
_OF_TIMES = _factors(
    ("s sec secs second seconds", 1),
    ("ms msec millisecond milliseconds", 1e-3),
    ("min mins minute minutes", 60),
    ("h hr hrs hour hours", 3600),
    ("d day days", 86_400),
)
_OF_LOSSES = _factors(("nat nats", 1), ("bit bits", math.log(2)))


def in_plain_units(table: pd.DataFrame, named: Collection[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in steps, seconds and nats under names without units, and notes on what was converted.

    Parameters
    ----------
    named : columns that the caller names himself: they stay.

    >>> table, notes = in_plain_units(pd.DataFrame({"step (k)": [0.5, 1.0], "elapsed_min": [1, 2], "lr": [0, 0]}), ())
    >>> table.to_dict("list"), notes[0]
    ({'step': [500.0, 1000.0], 'elapsed': [60, 120], 'lr': [0, 0]}, 'step (k) times 1000 is read as step')
    """
    taken = set(map(str, table.columns))
    changed: dict[str, pd.Series] = {}
    names: dict[str, str] = {}
    notes: list[str] = []
    for column in map(str, table.columns):
        found = None if column in named else _unit(column)
        if found is None or found[0] in taken or not pd.api.types.is_numeric_dtype(table[column].dtype):
            continue
        name, factor = found
        taken.add(name)
        names[column], changed[column] = name, table[column] * factor
        notes.append(f"{column}{'' if factor == 1 else f' times {factor:g}'} is read as {name}")
    return (table.assign(**changed).rename(columns=names), tuple(notes)) if names else (table, ())


def has_unit(name: str) -> bool:
    """Return True for the name of a count, a time or a loss that ends in a unit that is known."""
    return _unit(name) is not None


def _unit(column: str) -> tuple[str, float] | None:
    """Return a name without its unit, and what its values are to be multiplied by; None where it has none that is known."""
    if canonical_name(column) is not None or time_rank(column) is not None:
        return None
    for form in _FORMS:
        found = form.match(column.strip())
        factor = found and _units_of(found["name"]).get(found["unit"].lower())
        if found and factor:
            return found["name"].strip(), factor
    return None


def _units_of(name: str) -> Mapping[str, float]:
    signal = canonical_name(name)
    if signal == "step" or is_epoch(name):
        return _OF_STEPS
    if time_rank(name) is not None:
        return _OF_TIMES
    return _OF_LOSSES if signal in ("train_loss", "val_loss") else {}
