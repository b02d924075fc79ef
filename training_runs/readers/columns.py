"""From a table of columns under other people's names to a trajectory."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training_runs.errors import InvalidInput
from training_runs.readers.metric_names import METRICS, Meaning, canonical_name, meaning_of, recorded_as
from training_runs.readers.recording import ReadOptions
from training_runs.signals import SIGNALS, signal_names
from training_runs.trajectory import ROUNDING, Trajectory

_ACCURACIES = signal_names("accuracy")


def read_columns(table: pd.DataFrame, source: str, options: ReadOptions | None = None) -> tuple[Trajectory, list[str]]:
    """Return the trajectory of a wide table with one row a checkpoint, and notes on how its columns were read.

    Rows of one step are merged: loggers often write training and validation metrics as two rows, and a resumed training
    writes steps again, whose last values count. Rows without a known signal are left out: they measured nothing.

    Raises
    ------
    InvalidInput : no column of steps, two columns for one signal, values that are not numbers, accuracies that may be
        percent, steps that do not increase.
    """
    options = options or ReadOptions()
    columns = [str(c) for c in table.columns]
    table = table.set_axis(columns, axis=1)
    chosen, per_epoch, notes = _steps(table, _chosen(columns, source, options), source, options)
    left = [c for c in columns if c not in chosen]
    numbers = _numbers(table[list(chosen)].rename(columns=chosen), source)[_measured(table, chosen)]
    if per_epoch is not None:
        numbers["step"], is_from_0 = _updates(numbers["step"], per_epoch)
        column = next(c for c, m in chosen.items() if m == "step")
        begins = f"{column} begins at 0: a row is taken as made at its epoch's end"
        notes += [begins] if is_from_0 else []
    numbers["step"] = numbers["step"].round(6)
    merged = numbers.groupby("step", sort=False, dropna=False).last()
    notes += _told_again(numbers)
    signals = {str(name): merged[name].to_numpy(copy=True) for name in merged.columns}
    notes += [f"{c} is read as {m}" for c, m in chosen.items() if m != c]
    notes += [f"ignored: {', '.join(left)}"] if left else []
    notes += _without_infinities(signals)
    notes += _as_shares(signals, chosen, source, options)
    return Trajectory(merged.index.to_numpy(), signals), notes


def _chosen(columns: Sequence[str], source: str, options: ReadOptions) -> dict[str, str]:
    """Return column -> signal, one column for each."""
    meanings = {c: m for c in columns if (m := meaning_of(c))}
    meanings |= _renamed(columns, source, options)
    meanings |= _keras(columns, meanings)
    chosen: dict[str, str] = {}
    for signal in dict.fromkeys(m.signal for m in meanings.values()):
        candidates = [c for c, m in meanings.items() if m.signal == signal]
        best = min(meanings[c].rank for c in candidates)
        first = [c for c in candidates if meanings[c].rank == best]
        if len(first) > 1:
            raise InvalidInput(
                field=source,
                value=f"columns {', '.join(first)}",
                expected=f"one column for {signal}",
                hint=f"choose it with --map '{first[0]}={signal}'",
            )
        chosen[first[0]] = signal
    if "step" not in chosen.values() and options.steps_per_epoch and "epoch" in columns:
        chosen["epoch"] = "step"
    if "step" not in chosen.values():
        hint = "have epochs? multiply them by the updates in one"
        raise InvalidInput(
            field=source,
            value=f"columns {', '.join(columns)[:200] or 'none'}",
            expected="a column `step` of optimiser steps",
            hint=f"{hint}: --steps-per-epoch" if "epoch" in columns else hint,
        )
    return {c: chosen[c] for c in columns if c in chosen}


def _renamed(columns: Sequence[str], source: str, options: ReadOptions) -> dict[str, Meaning]:
    """Return the meanings that the caller gives to columns; they take precedence over the names."""
    for column, signal in options.names.items():
        if column not in columns:
            raise InvalidInput(
                field="--map", value=column, expected=f"a column of {source}: {', '.join(columns)[:200]}"
            )
        if signal != "step" and signal not in SIGNALS:
            raise InvalidInput(
                field="--map", value=signal, expected="step or a signal", hint="docs/signals.md lists them"
            )
    return {column: Meaning(signal, -1) for column, signal in options.names.items()}


def _keras(columns: Sequence[str], meanings: dict[str, Meaning]) -> dict[str, Meaning]:
    """Return the meaning of bare `loss` and `accuracy`: training's, where validation's stand beside them by name."""
    signals = {m.signal for m in meanings.values()}
    return {
        column: Meaning(recorded_as(kind, "train"))
        for column in columns
        for kind, words in METRICS.items()
        if column.strip().lower() in words
        and column not in meanings
        and recorded_as(kind, "val") in signals
        and recorded_as(kind, "train") not in signals
    }


def _steps(
    table: pd.DataFrame, chosen: dict[str, str], source: str, options: ReadOptions
) -> tuple[dict[str, str], float | None, list[str]]:
    """Return column -> signal, the updates in an epoch where the column of steps counts epochs, and notes on it."""
    per_epoch = options.steps_per_epoch
    column = next(c for c, m in chosen.items() if m == "step")
    if per_epoch is None:
        return chosen, 1.0 if column == "epoch" else None, []
    if not 0 < per_epoch < 2**53:
        raise InvalidInput(field="--steps-per-epoch", value=per_epoch, expected="a number > 0")
    notes = []
    if column != "epoch" and "epoch" in table.columns:
        if column in options.names or _counts_updates(table[column], table["epoch"], per_epoch):
            needless = f"--steps-per-epoch is not needed: {column} counts steps beside epoch"
            return chosen, None, [needless]
        notes = [f"{column} is left out: it does not count updates"]
        chosen = {c: m for c, m in chosen.items() if c != column} | {"epoch": "step"}
        column = "epoch"
    return chosen, per_epoch, [*notes, f"{column} counts epochs: times {per_epoch:g} it is step"]


def _counts_updates(column: pd.Series, epoch: pd.Series, per_epoch: float) -> bool:
    """Return True if a column rises by about as many an epoch as there are updates in it; calls of a logger do not.

    Within a factor of 2: the first epoch or the last may be there in part. A single epoch tells nothing against it.
    """
    both = pd.concat([column, epoch], axis=1).apply(pd.to_numeric, errors="coerce").dropna()
    if both.iloc[:, 1].nunique() < 2:
        return True
    rise, epochs = both.iloc[-1] - both.iloc[0]
    return bool(epochs == 0 or per_epoch / 2 <= rise / epochs <= 2 * per_epoch)


def _updates(epochs: pd.Series, per_epoch: float) -> tuple[pd.Series, bool]:
    """Return the updates done at epochs, and whether these are counted from 0, as `for epoch in range(n)` does.

    Such a loop logs at an epoch's end. Fractions of epochs and epochs far apart count what is done.
    """
    each = np.unique(epochs.dropna())
    is_from_0 = len(each) > 0 and np.array_equal(each, np.arange(len(each)))
    return (epochs + is_from_0) * per_epoch, is_from_0


def _measured(table: pd.DataFrame, chosen: dict[str, str]) -> NDArray[np.bool_]:
    """Return for each row whether it holds a value of a signal, be it under a second name; of all where none does."""
    known = [c for c in table.columns if chosen.get(c, canonical_name(c)) not in (None, "step")]
    values = table[known].apply(pd.to_numeric, errors="coerce")
    measured = values.notna().to_numpy().any(axis=1)
    return measured if measured.any() else np.ones_like(measured)


def _told_again(numbers: pd.DataFrame) -> list[str]:
    """Return a note on values that were recorded at one step more than once, and not alike."""
    again = numbers[numbers["step"].duplicated(keep=False)]
    times = int((again.groupby("step").nunique() > 1).to_numpy().sum())
    what = f"{times} values were recorded more than once at a step, differently: the last counts"
    return [what] if times else []


def _numbers(known: pd.DataFrame, source: str) -> pd.DataFrame:
    try:
        numbers: pd.DataFrame = known.apply(pd.to_numeric, errors="coerce").astype(float)
    except OverflowError:
        raise InvalidInput(field=source, value="a number of hundreds of digits", expected="numbers") from None
    broken = known.notna() & numbers.isna() & ~known.isin(["", "nan", "NaN", "null"])
    if broken.to_numpy().any():
        row, column = (int(k[0]) for k in np.nonzero(broken.to_numpy()))
        raise InvalidInput(
            field=f"{source}, row {row + 1}, {known.columns[column]}",
            value=known.iloc[row, column],
            expected="a number, or nothing where it is missing",
        )
    return numbers


def _without_infinities(signals: dict[str, np.ndarray]) -> list[str]:
    """Make infinite values missing: a run that diverged logs them."""
    notes = []
    for name, values in signals.items():
        infinite = np.isinf(values)
        if infinite.any():
            values[infinite] = np.nan
            notes.append(f"{int(infinite.sum())} infinite values of {name} count as missing")
    return notes


def _as_shares(signals: dict[str, np.ndarray], chosen: dict[str, str], source: str, options: ReadOptions) -> list[str]:
    """Divide accuracies in percent by 100 where that is what they are; otherwise ask.

    They are where the caller or a column's name says so. A value above 1 that is not whole can be neither a share nor a
    count of correct answers, so it is percent too; but then its neighbour that never exceeds 1 may be either.
    """
    column_of = {signal: column for column, signal in chosen.items()}
    accuracies = {n: v for n, v in signals.items() if n in _ACCURACIES and not np.isnan(v).all()}
    named = [n for n in accuracies if re.search(r"%|percent|pct", column_of[n], re.IGNORECASE)]
    fractional = [n for n, v in accuracies.items() if _is_percent(v)]
    certain = list(accuracies) if options.percent else sorted({*named, *fractional})
    for name in certain:
        if np.nanmax(accuracies[name]) > 100:
            raise InvalidInput(
                field=f"{source}, {column_of[name]}",
                value=float(np.nanmax(accuracies[name])),
                expected="percent, from 0 to 100",
            )
        signals[name] /= 100
    unsure = [n for n in accuracies if n not in certain]
    for name in unsure:
        highest = float(np.nanmax(accuracies[name]))
        if 1 + ROUNDING < highest <= 100 or (fractional and highest <= 1 + ROUNDING):
            raise InvalidInput(
                field=f"{source}, {column_of[name]}",
                value=highest,
                expected="accuracies from 0 to 1",
                hint="are they percent? --percent declares all accuracies of the file to be",
            )
    return [f"{column_of[n]} is in percent: divided by 100" for n in certain]


def _is_percent(accuracies: np.ndarray) -> bool:
    above = accuracies[accuracies > 1 + ROUNDING]
    return bool(len(above) and above.max() <= 100 and (above != np.floor(above)).any())
