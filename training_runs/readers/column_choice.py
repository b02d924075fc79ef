"""Which column of a table is which signal, from names and, where names leave it open, from values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.metric_names import (
    METRICS,
    Meaning,
    canonical_name,
    is_epoch,
    meaning_of,
    metric_like,
    recorded_as,
    time_rank,
    value_meaning,
    words_of,
)
from training_runs.pace import are_times, times_of
from training_runs.readers.recording import ReadOptions, UnreadColumns
from training_runs.signals import SIGNALS, signal_names

ERROR_RATE = "1-"  # before the name of an accuracy: the column holds 1 minus it
TIME = "time"  # in place of a signal: the column says when each row was recorded
UNUSED = "none"  # in place of a signal: the caller wants the column left out
_GIVEN = -1  # rank of what the caller names
_SAMPLES = {"sample", "samples", "example", "examples", "token", "tokens", "image", "images", "sequences"}
_LOGARITHMS = {"log", "log2", "log10", "ln"}
_READ_AS_ACCURACY = tuple(ERROR_RATE + name for name in signal_names("accuracy"))


@dataclass(frozen=True)
class Choice:
    """Column -> signal (`step`, or an accuracy after `1-` for an error rate), and the columns of epochs and of times if there are any."""

    signals: dict[str, str]
    epoch: str | None
    time: str | None = None

    @property
    def step(self) -> str:
        """The column that counts steps."""
        return next(c for c, signal in self.signals.items() if signal == "step")

    @property
    def metrics(self) -> list[str]:
        """The columns of signals."""
        return [c for c, signal in self.signals.items() if signal != "step"]


def choose_columns(table: pd.DataFrame, source: str, options: ReadOptions) -> Choice:
    """Return which column is which signal, one column for each.

    Raises
    ------
    InvalidInput : no column of steps, two columns of equal rank for one signal, or a name of the caller's that is none.
    """
    columns = [str(c) for c in table.columns]
    require_names_apart(table, source)
    renamed = _renamed(columns, source, options)
    time = _time_column(table, options)
    columns = [c for c in columns if options.names.get(c) != UNUSED and c != time]
    meanings = {c: m for c in columns if (m := meaning_of(c))}
    meanings |= renamed
    meanings |= _bare(columns, meanings)
    chosen: dict[str, str] = {}
    for signal in dict.fromkeys(m.signal for m in meanings.values()):
        candidates = [c for c, m in meanings.items() if m.signal == signal]
        chosen[_best(table, candidates, meanings, signal, source)] = signal
    chosen |= _by_values(table, chosen, options)
    epoch = next((c for c in columns if is_epoch(c)), None)
    if "step" not in chosen.values() and options.steps_per_epoch and epoch:
        chosen[epoch] = "step"
    if "step" not in chosen.values():
        raise _without_steps(table[columns], epoch, source)
    return Choice({c: chosen[c] for c in columns if c in chosen}, epoch, time)


def require_names_apart(table: pd.DataFrame, source: str) -> None:
    """Return if no two columns have one name.

    Raises
    ------
    InvalidInput : two have.
    """
    columns = [str(c) for c in table.columns]
    if len(set(columns)) < len(columns):
        twice = next(c for c in columns if columns.count(c) > 1)
        raise InvalidInput(
            field=source,
            value=f"two columns {twice}",
            expected="columns of different names",
            hint="rename them: train_ before those of training, val_ before those of validation",
        )


def suspected(columns: Sequence[str], read: Mapping[str, str]) -> dict[str, str]:
    """Return the columns not read that look like a metric -> the signal that is missing and that they may be."""
    present = {signal.removeprefix(ERROR_RATE) for signal in read.values()}
    given: set[str] = set()  # to names without a split
    found = {}
    for column in columns:
        like = None if column in read else metric_like(column)
        if like is None:
            continue
        kind, split = like
        # A name without a split is training's, unless training's is there.
        has_training = bool(present & {"train_loss", "train_acc"})
        for candidate in (split,) if split else ("val", "train") if has_training else ("train", "val"):
            signal = recorded_as(kind, candidate)
            if signal not in present | (given if split is None else set()):
                given |= {signal} if split is None else set()
                is_error = {"error", "err", "errorrate"} & set(words_of(column))
                found[column] = f"{ERROR_RATE}{signal}" if is_error and kind == "accuracy" else signal
                break
    return found


def _best(table: pd.DataFrame, candidates: list[str], meanings: Mapping[str, Meaning], signal: str, source: str) -> str:
    if len(candidates) == 1:
        return candidates[0]
    # A name without any value does not keep another from being read: `val_acc` that was never logged beside `test_acc`.
    with_values = [c for c in candidates if table[c].notna().any()]
    if with_values and all(meanings[c].rank != _GIVEN for c in candidates):
        candidates = with_values
    best = min(meanings[c].rank for c in candidates)
    first = [c for c in candidates if meanings[c].rank == best]
    first = [
        c for c in first if not {"percent", "pct"} & set(words_of(c))
    ] or first  # a share beside the same in percent
    if len(first) > 1:
        raise InvalidInput(
            field=source,
            value=f"columns {', '.join(first)}",
            expected=f"one column for {signal}",
            hint=f"choose it with --map '{first[0]}={signal}'",
        )
    if best == _GIVEN or signal == "step":
        return first[0]
    # What is recorded more often than the means over epochs, and equals them where both are, is the same metric.
    same = [c for c in candidates if meanings[c].rank == best + 1 and _extends(table[c], table[first[0]])]
    filled = [c for c in first + same if table[c].notna().any()]
    return (filled or first)[-1]


def _extends(more: pd.Series, means: pd.Series) -> bool:
    both = more.notna() & means.notna()
    return bool(more.notna().sum() > both.sum() and both.any() and (more[both] == means[both]).all())


def _renamed(columns: Sequence[str], source: str, options: ReadOptions) -> dict[str, Meaning]:
    """Return the meanings that the caller gives to columns; they take precedence over the names."""
    for column, signal in options.names.items():
        if column not in columns:
            raise InvalidInput(
                field="--map", value=column, expected=f"a column of {source}: {', '.join(columns)[:200]}"
            )
        if signal not in ("step", TIME, UNUSED, *SIGNALS, *_READ_AS_ACCURACY):
            raise InvalidInput(
                field="--map",
                value=signal,
                expected="step or a signal, time, 1-train_acc and 1-val_acc for error rates, or none to leave it out",
                hint="docs/signals.md lists them",
            )
    given = {column: signal for column, signal in options.names.items() if signal not in (UNUSED, TIME)}
    return {column: Meaning(signal, _GIVEN) for column, signal in given.items()}


def _time_column(table: pd.DataFrame, options: ReadOptions) -> str | None:
    """Return the column of times: the one that the caller names, else the best by its name whose values go forward."""
    named = [column for column, signal in options.names.items() if signal == TIME]
    ranks = {c: rank for c in map(str, table.columns) if (rank := time_rank(c)) is not None and c not in options.names}
    for column in [*named, *sorted(ranks, key=lambda c: ranks[c])]:
        times = times_of(table[column].tolist())
        if times is not None and are_times(times):
            return column
    return None


def _bare(columns: Sequence[str], meanings: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """Return the meaning of bare `loss` and `accuracy`: training's, where validation's stand beside them by name.

    A loss is, beside validation's accuracy too.

    `metrics/accuracy` is one where there is no plain name.
    """
    signals = {m.signal for m in meanings.values()}
    bare: dict[str, Meaning] = {}
    for kind, ranks in METRICS.items():
        train, val = recorded_as(kind, "train"), recorded_as(kind, "val")
        beside = {val, "val_acc"} if kind == "loss" else {val}
        if train in signals or not beside & signals:
            continue
        plain = [c for c in columns if c not in meanings and "_".join(words_of(c)) in set().union(*ranks)]
        named = [(c, canonical_name(f"train {c}"), canonical_name(f"val {c}")) for c in columns if c not in meanings]
        bare |= {c: Meaning(train) for c in plain or [c for c, *both in named if both == [train, val]]}
    return bare


def _by_values(table: pd.DataFrame, chosen: Mapping[str, str], options: ReadOptions) -> dict[str, str]:
    """Return what shares of correct and of wrong answers are read as, where no accuracy of the split is there.

    `error` alone may be a loss: it is an error rate only where the loss stands beside it. `correct` may be a count.
    """
    read: dict[str, str] = {}
    for column in map(str, table.columns):
        meaning = value_meaning(column)
        taken = {s.removeprefix(ERROR_RATE) for s in [*chosen.values(), *read.values()]}
        if column in chosen or meaning is None or meaning.signal in taken or options.names.get(column) == UNUSED:
            continue
        values = numbers_of(table[column])
        values = values[np.isfinite(values)]
        is_percent = options.percent or "%" in column
        if not len(values) or values.min() < 0 or values.max() > (100 if is_percent else 1):
            continue
        if meaning.form == "correct":
            if is_percent or (values != np.floor(values)).any():
                read[column] = meaning.signal
        elif (
            meaning.form == "error rate" or "%" in column or meaning.signal.replace("_acc", "_loss") in chosen.values()
        ):
            read[column] = ERROR_RATE + meaning.signal
    return read


def numbers_of(column: pd.Series) -> np.ndarray:
    """Return the values of a column as float64, shape (rows,); NaN for what is no number."""
    try:
        return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float)
    except (TypeError, ValueError, OverflowError):
        return np.array([_number(value) for value in column], dtype=float)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _without_steps(table: pd.DataFrame, epoch: str | None, source: str) -> UnreadColumns:
    columns = [str(column) for column in table.columns]
    hint = "have epochs? multiply them by the updates in one"
    return UnreadColumns(
        field=source,
        value=f"columns {', '.join(columns)[:200] or 'none'}",
        expected="a column `step` of optimiser steps",
        hint=f"{hint}: --steps-per-epoch N, 1 with full batches" if epoch else f"{hint}; {_counting(table)}",
        columns=tuple(columns),
    )


def _counting(table: pd.DataFrame) -> str:
    """Return what to do with the column that seems to count, in samples, in logarithms or in steps of another name."""
    for column in map(str, table.columns):
        words = set(words_of(column))
        if words & _SAMPLES:
            return f"does {column} count them? divide it by those of a step"
        if words & _LOGARITHMS and meaning_of("_".join(w for w in words_of(column) if w not in _LOGARITHMS)):
            return f"is {column} a logarithm? raise its base to it"
        values = numbers_of(table[column])
        rises = len(values) > 1 and np.isfinite(values).all() and (np.diff(values) > 0).all()
        if rises and (values % 1 == 0).all() and metric_like(column) is None:
            return f"of another name? --map '{column}=step'"
    return "of another name? --map COLUMN=step"
