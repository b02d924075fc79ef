"""Losses on other scales: perplexities, bits, logarithms of a known base."""

import math
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from training_runs.metric_names import METRICS, canonical_name, words_of
from training_runs.readers.column_choice import numbers_of

# Words of a name -> how its values become a loss in nats, and what the note says; the first that a name has.
_SCALES: tuple[tuple[tuple[str, ...], Callable[[np.ndarray], np.ndarray], str], ...] = (
    (("ppl",), np.log, "logarithm of"),
    (("perplexity",), np.log, "logarithm of"),
    *(((f"bp{of}",), lambda values: values * math.log(2), f"{math.log(2):.4g} times") for of in "cbtd"),
    *(
        (("bits", "per", of), lambda values: values * math.log(2), f"{math.log(2):.4g} times")
        for of in ("char", "character", "byte", "token", "dim")
    ),
    (("log10", "loss"), lambda values: 10.0**values, "10 to the power of"),
    (("log2", "loss"), lambda values: 2.0**values, "2 to the power of"),
    (("ln", "loss"), np.exp, "e to the power of"),
)
_BARE = set[str]().union(*METRICS["loss"])
_NO_BASE = {"log", "loss"}


def is_on_another_scale(name: str) -> bool:
    """Return True for the name of a perplexity, of bits, or of a logarithm of a known base.

    >>> is_on_another_scale("train ppl"), is_on_another_scale("val loss")
    (True, False)
    """
    return any({*scale} <= {*words_of(name)} for scale, *_ in _SCALES)


def in_nats(table: pd.DataFrame, named: Collection[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose losses on other scales are in nats, under plain names, and notes; one beside its own loss stays.

    Parameters
    ----------
    named : columns that the caller names himself: they stay.

    >>> table, notes = in_nats(pd.DataFrame({"step": [1], "train_ppl": [1.0], "log10_val_loss": [2.0]}), ())
    >>> table.to_dict("list"), notes[0]
    ({'step': [1], 'train_loss': [0.0], 'val_loss': [100.0]}, 'the logarithm of train_ppl is read as train_loss')
    """
    taken = {canonical_name(str(c)) or ("loss" if {*words_of(str(c))} <= _BARE else str(c)) for c in table.columns}
    notes: list[str] = []
    for column in [str(c) for c in table.columns if c not in named]:
        words = words_of(column)
        if (
            canonical_name(column) is None
            and {*words} >= _NO_BASE
            and pd.api.types.is_numeric_dtype(table[column].dtype)
        ):
            notes.append(f"{column} is left out: a logarithm of which base? log10_ and ln_ before a loss are read")
            table = table.drop(columns=column)
            continue
        for scale, to_nats, how in _SCALES:
            rest = [word for word in words if word not in scale]
            name = "_".join([*rest, "loss"])
            if not {*scale} <= {*words} or {name, canonical_name(name)} & taken or (rest and not canonical_name(name)):
                continue
            values = numbers_of(table[column])
            if how.startswith("logarithm") and not (values[~np.isnan(values)] >= 1).all():
                continue
            with np.errstate(over="ignore"):
                table = table.assign(**{column: to_nats(values)}).rename(columns={column: name})
            taken.add(name)
            notes.append(
                f"the {how} {column} is read as {name}" if how[0] == "l" else f"{how} {column} is read as {name}"
            )
            break
    return table, tuple(notes)
