"""Lists of values, and which of the lists beside them are their steps."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.metric_names import canonical_name, is_epoch
from training_runs.readers.column_choice import numbers_of
from training_runs.readers.recording import ReadOptions

_STEPS = {"step", "steps", "iter", "iters", "iteration", "iterations", "update", "updates"}
_EPOCHS = {"epoch", "epochs", "ep"}
_ANY = {"", "global", "optimizer", "optimiser", "log", "logged", "logging", "checkpoint", "checkpoints", "at", "x"}
_CORE = ("train_loss", "train_acc", "val_loss", "val_acc")


@dataclass(frozen=True)
class StepList:
    """A list of steps, or of epochs; `of` is what it belongs to: a split, one metric, or nothing in particular."""

    name: str
    kind: str
    of: str
    values: Sequence[Any]


def counts(name: str) -> bool:
    """Return True if a name is one of steps or of epochs."""
    return canonical_name(name) == "step" or is_epoch(name)


def tables_of_lists(
    lists: Mapping[str, Sequence[Any]], path: str, options: ReadOptions
) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
    """Return tables of lists, one for each list of steps among them, and notes.

    A list belongs to the steps of its own name (`val_acc_steps`), else of its split (`val_steps`), else to those of all, and
    has as many values. Without any steps, entry i is epoch i + 1 where the caller gives the updates in an epoch.

    Raises
    ------
    InvalidInput : no steps, or a loss or accuracy with another number of values than there are steps.
    """
    step_lists = _step_lists(lists, options)
    values = {name: v for name, v in lists.items() if name not in {s.name for s in step_lists}}
    notes: tuple[str, ...] = ()
    if not step_lists:
        step_lists = [_epochs_by_position(values, path, options)]
        notes = ("there are no steps: entry i of each list, counted from 1, is taken as epoch i",)
    columns: dict[str, dict[str, Sequence[Any]]] = {}
    for name, each in values.items():
        own = _steps_of(name, each, step_lists)
        if own is not None:
            columns.setdefault(own.name, {})[name] = each
        elif canonical_name(name) in _CORE:
            raise _ragged(path, name, each, step_lists)
        else:
            notes += (f"{name} is left out: {len(each)} values beside {_lengths(step_lists)} steps",)
    tables = [
        pd.DataFrame({s.kind: list(s.values)} | {name: list(v) for name, v in columns[s.name].items()})
        for s in step_lists
        if s.name in columns
    ]
    return tables, notes


def with_epochs(table: pd.DataFrame, options: ReadOptions) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose rows are epochs 1, 2 ... where it counts nothing and the caller gives the updates in an epoch."""
    names = [str(column) for column in table.columns]
    counted = any(map(counts, names)) or "step" in options.names.values()
    if options.steps_per_epoch is None or counted or not any(map(canonical_name, names)):
        return table, ()
    numbered = table.reset_index(drop=True)
    numbered.insert(0, "epoch", range(1, len(table) + 1))
    return numbered, ("there are no steps: row i is taken as epoch i",)


def without_words_for_steps(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table without what follows its last checkpoint, such as a row of means or a sentence, and a note.

    >>> table, notes = without_words_for_steps(pd.DataFrame({"step": ["1", "2", "mean"], "val_acc": [0.1, 0.3, 0.2]}))
    >>> table["step"].tolist(), notes
    (['1', '2'], ('the last row has words for a step and is left out: mean',))
    """
    column = next((c for c in table.columns if canonical_name(str(c)) == "step"), None)
    if column is None or not table.columns.is_unique or pd.api.types.is_numeric_dtype(table[column].dtype):
        return table, ()
    has_step = ~np.isnan(numbers_of(table[column]))
    n_kept = int(has_step.nonzero()[0][-1]) + 1 if has_step.any() else len(table)
    words = table[column].iloc[n_kept:].tolist()
    if not words or not all(isinstance(word, str) and word.strip()[:1].isalpha() for word in words):
        return table, ()
    rows = "row has words for a step and is" if len(words) == 1 else f"{len(words)} rows have words for a step and are"
    return table.iloc[:n_kept], (f"the last {rows} left out: {', '.join(words)[:60]}",)


def with_steps_of_splits(table: pd.DataFrame, options: ReadOptions) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in which the metrics of a split stand at its own steps, `val_step` beside `step`, and a note.

    Such a column is of steps if it rises to where the others end: it may also count the batches of a validation.
    """
    found = [s for c in map(str, table.columns) if (s := _as_step_list(c, (), options)) and s.kind == "step"]
    plain = next((s for s in found if not s.of), None)
    if plain is None or len(found) < 2 or not table.columns.is_unique:
        return table, ()
    steps = {s.name: pd.Series(numbers_of(table[s.name])) for s in found}
    own = [s for s in found if s.of and _rises_to(steps[s.name].dropna(), steps[plain.name].dropna())]
    names: dict[str, list[str]] = {}
    for name in [str(c) for c in table.columns if str(c) not in steps]:
        of = _steps_of(name, (), [*own, plain]) or plain
        names.setdefault(of.name, []).append(name)
    told = tuple(f"{', '.join(names[s.name])} is at the steps of {s.name}" for s in own if s.name in names)
    tables = [
        table[[of, *metrics]].dropna(subset=[of]).rename(columns={of: plain.name}) for of, metrics in names.items()
    ]
    return (merged_by_step(tables), told) if told else (table, ())


def _rises_to(steps: pd.Series, others: pd.Series) -> bool:
    """Return True for steps of their own: they rise, differ from the others, and end near where these do."""
    if len(steps) < 2 or not len(others) or not steps.is_monotonic_increasing or steps.iloc[0] == steps.iloc[-1]:
        return False
    same = steps.align(others, join="inner")
    return bool(0.5 <= steps.max() / max(others.max(), 1) <= 2 and (not len(same[0]) or (same[0] != same[1]).any()))


def merged_by_step(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of one run as one, by their column of steps or epochs, which has one name; in its order where they are several."""
    if len(tables) == 1:
        return tables[0]
    kinds = [next(str(c) for c in table.columns if counts(str(c))) for table in tables]
    keyed = [
        table.assign(**{kind: pd.to_numeric(table[kind], errors="coerce")}).groupby(kind, sort=True).last()
        for kind, table in zip(kinds, tables, strict=True)
    ]
    joined = keyed[0]
    for table in keyed[1:]:
        joined = joined.combine_first(table)[[*joined.columns, *(c for c in table.columns if c not in joined.columns)]]
    return joined.rename_axis(kinds[0]).reset_index()


def _step_lists(lists: Mapping[str, Sequence[Any]], options: ReadOptions) -> list[StepList]:
    """Return the lists of steps; of epochs where there are none of steps."""
    found = [s for name, values in lists.items() if (s := _as_step_list(name, values, options))]
    of_steps = [s for s in found if s.kind == "step"]
    return of_steps or found


def _as_step_list(name: str, values: Sequence[Any], options: ReadOptions) -> StepList | None:
    if options.names.get(name) == "step" or canonical_name(name) == "step":
        return StepList(name, "step" if name not in options.names else name, "", values)
    if name in options.names or canonical_name(name):
        return None
    words = [word for word in re.split(r"[^a-z0-9]+", name.strip().lower()) if word]
    kinds = [kind for kind, known in (("step", _STEPS), ("epoch", _EPOCHS)) if set(words) & known]
    if len(kinds) != 1:
        return None
    rest = "_".join(word for word in words if word not in _STEPS | _EPOCHS | {"num"})
    if rest in _ANY:
        return StepList(name, kinds[0], "", values)
    of = canonical_name(rest) or _split(canonical_name(f"{rest}_loss"))
    return StepList(name, kinds[0], of, values) if of else None


def _split(signal: str | None) -> str:
    return signal.split("_")[0] if signal in _CORE else ""


def _steps_of(name: str, values: Sequence[Any], step_lists: Sequence[StepList]) -> StepList | None:
    signal = canonical_name(name)
    fitting = [s for s in step_lists if len(s.values) == len(values)]
    for of in (signal, _split(signal), ""):
        if of is not None and (own := [s for s in fitting if s.of == of]):
            return own[0]
    return fitting[0] if len(fitting) == 1 else None


def _epochs_by_position(values: Mapping[str, Sequence[Any]], path: str, options: ReadOptions) -> StepList:
    """Return epochs 1, 2 ... for the length that most of the lists have."""
    lengths = Counter(len(v) for v in values.values())
    if not lengths or options.steps_per_epoch is None:
        raise InvalidInput(
            field=path,
            value=f"lists {', '.join(values)[:160] or 'of no name'}",
            expected="a list of steps beside them",
            hint="is there one every N steps, or an epoch of N? --steps-per-epoch N reads the first as step N, the second as 2 N",
        )
    longest = max(lengths, key=lambda length: (lengths[length], length))
    return StepList("", "epoch", "", range(1, longest + 1))


def _ragged(path: str, name: str, values: Sequence[Any], step_lists: Sequence[StepList]) -> InvalidInput:
    return InvalidInput(
        field=f"{path}, {name}",
        value=f"a list of length {len(values)}",
        expected=f"as many as there are steps ({_lengths(step_lists)})",
        hint=f"give it a list of its own steps, `{name}_steps`",
    )


def _lengths(step_lists: Sequence[StepList]) -> str:
    return " or ".join(dict.fromkeys(str(len(s.values)) for s in step_lists))
