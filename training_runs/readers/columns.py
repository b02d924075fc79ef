"""From a table of columns under other people's names to a trajectory."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training_runs.errors import InvalidInput
from training_runs.metric_names import canonical_name, metric_like
from training_runs.pace import times_of
from training_runs.readers.column_choice import ERROR_RATE, TIME, UNUSED, Choice, choose_columns, numbers_of, suspected
from training_runs.readers.recording import Reading, ReadOptions, UnreadColumns
from training_runs.signals import signal_names
from training_runs.trajectory import ROUNDING, Trajectory

_ACCURACIES = signal_names("accuracy")
_EPOCHS_AT_MOST, _EPOCHS_AT_LEAST = 2000, 20


def read_columns(table: pd.DataFrame, source: str, options: ReadOptions | None = None) -> tuple[Trajectory, Reading]:
    """Return the trajectory of one run's wide table with one row a checkpoint, and how its columns were read.

    Rows of one step are merged: loggers often write training and validation metrics as two rows; of a value that is
    recorded again the last counts. Rows without a known signal are left out: they measured nothing.

    Raises
    ------
    InvalidInput : no column of steps, two columns for one signal, values that are not numbers, accuracies that may be
        percent, no value of a known signal, or training metrics alone beside a column that may be validation's.
    """
    options = options or ReadOptions()
    columns = [str(c) for c in table.columns]
    table = table.set_axis(columns, axis=1)
    choice, per_epoch, notes = _steps(table, choose_columns(table, source, options), source, options)
    chosen = choice.signals
    numbers = _numbers(table, chosen, source)
    measured = _measured(table, chosen, numbers)
    if choice.time is not None:
        numbers[TIME] = times_of(table[choice.time].tolist())
    if not measured.all():
        numbers = numbers[measured]
    if per_epoch is not None:
        numbers["step"], is_from_0 = _updates(numbers["step"], per_epoch)
        begins = f"{choice.step} begins at 0: a row is taken as made at its epoch's end"
        notes += [begins] if is_from_0 else []
    numbers["step"] = numbers["step"].round(6)
    rises = numbers["step"].is_unique and numbers["step"].is_monotonic_increasing
    merged = numbers.set_index("step") if rises else numbers.groupby("step", sort=False, dropna=False).last()
    if not merged.index.is_monotonic_increasing:  # training and validation one after the other
        merged = merged.sort_index()
    notes += _recorded_again(numbers.drop(columns=TIME, errors="ignore"))
    signals = {str(name): merged[name].to_numpy(copy=True) for name in merged.columns}
    times = signals.pop(TIME, None)
    notes += [f"{c} is read as {m.replace(ERROR_RATE, '1 - ')}" for c, m in chosen.items() if m != c]
    if choice.time is not None:
        chosen = chosen | {choice.time: TIME}
        notes += [f"{choice.time} is read as {TIME}"] if choice.time != TIME else []
    looks_like = suspected([c for c in columns if options.names.get(c) != UNUSED], chosen)
    left = [*looks_like, *(c for c in columns if c not in chosen and c not in looks_like)]
    notes += _without_infinities(signals)
    notes += _as_shares(signals, chosen, source, options)
    _turn_error_rates(signals, chosen)
    _require_metrics(signals, columns, looks_like, source)
    trajectory = Trajectory(merged.index.to_numpy(), signals, times)
    may_be_epochs = per_epoch is None and options.steps_per_epoch is None and _may_count_epochs(trajectory.steps)
    if may_be_epochs:
        ends = f"{trajectory.steps[0]}, {trajectory.steps[1]} ... {trajectory.steps[-1]}"
        notes.append(f"{choice.step} {ends} is taken as optimiser updates; if these are epochs: --steps-per-epoch N")
    asked = ("steps_per_epoch",) if may_be_epochs else ()
    return trajectory, Reading(chosen, tuple(left), suspected=looks_like, asked=asked, notes=tuple(notes))


def note_on_left_out(left_out: tuple[str, ...], looks_like: Mapping[str, str]) -> tuple[str, ...]:
    """Return notes on columns that were not used; those that look like a metric first, with the option that reads them."""
    first = [f"not read: {c}, which looks like a metric (--map '{c}={s}' reads it)" for c, s in looks_like.items()]
    rest = [c for c in left_out if c not in looks_like]
    return (*first, *((f"ignored: {', '.join(rest)}",) if rest else ()))


def _require_metrics(
    signals: Mapping[str, np.ndarray], columns: list[str], looks_like: Mapping[str, str], source: str
) -> None:
    recorded = {name for name, values in signals.items() if not np.isnan(values).all()}
    options = ", ".join(f"--map '{column}={signal}'" for column, signal in list(looks_like.items())[:4])
    if any((like := metric_like(column)) and like[1] is None for column in looks_like):
        options += "; val_ in place of train_ for what is validation's"
    if not recorded:
        empty = [c for c in columns if c not in looks_like]
        raise UnreadColumns(
            field=source,
            value=f"columns {', '.join([*looks_like, *empty])[:200]}",
            expected="values of a known signal: train_loss, train_acc, val_loss, val_acc ..."
            if not signals
            else f"at least one number of {', '.join(signals)[:100]}",
            hint=options or "--map COLUMN=signal names one that is not recognised",
            columns=tuple(columns),
            suspected=looks_like,
        )
    of_val = [c for c, s in looks_like.items() if s.removeprefix(ERROR_RATE) in ("val_loss", "val_acc")]
    if recorded & {"train_loss", "train_acc"} and not recorded & {"val_loss", "val_acc"} and of_val:
        column = next((c for c in of_val if looks_like[c].endswith("val_acc")), of_val[0])
        what = "validation accuracy" if looks_like[column].endswith("val_acc") else "validation loss"
        raise UnreadColumns(
            field=source,
            value=f"training metrics, and not read {', '.join(of_val)[:200]}",
            expected="validation metrics under names that are recognised",
            hint=f"is {column} {what}? --map '{column}={looks_like[column]}'",
            columns=tuple(columns),
            suspected=looks_like,
        )


def _may_count_epochs(steps: NDArray[np.int64]) -> bool:
    """Return True if steps are consecutive, tens to hundreds, and begin with the first: as epochs would."""
    is_of_epochs = len(steps) >= _EPOCHS_AT_LEAST and steps[0] in (0, 1) and steps[-1] <= _EPOCHS_AT_MOST
    return bool(is_of_epochs and (np.diff(steps) == 1).all())


def _turn_error_rates(signals: dict[str, np.ndarray], chosen: Mapping[str, str]) -> None:
    for signal in chosen.values():
        if signal.startswith(ERROR_RATE):
            values = 1 - signals.pop(signal)
            signals[signal.removeprefix(ERROR_RATE)] = np.clip(values, 0, 1) if _is_share(values) else values


def _is_share(values: np.ndarray) -> bool:
    inside = values[~np.isnan(values)]
    return bool(((inside > -ROUNDING) & (inside < 1 + ROUNDING)).all())


def _steps(
    table: pd.DataFrame, choice: Choice, source: str, options: ReadOptions
) -> tuple[Choice, float | None, list[str]]:
    """Return the choice, the updates in an epoch where the column of steps counts epochs, and notes on it."""
    per_epoch, column, epoch = options.steps_per_epoch, choice.step, choice.epoch
    if per_epoch is None:
        return choice, 1.0 if column == epoch else None, []
    if not 0 < per_epoch < 2**53:
        raise InvalidInput(field="--steps-per-epoch", value=per_epoch, expected="a number > 0")
    notes = []
    if epoch is not None and column != epoch:
        if column in options.names or _counts_updates(table[column], table[epoch], per_epoch):
            needless = f"--steps-per-epoch is not needed: {column} counts steps beside {epoch}"
            return choice, None, [needless]
        notes = [f"{column} is left out: it does not count updates"]
        signals = {c: m for c, m in choice.signals.items() if c != column} | {epoch: "step"}
        choice = replace(choice, signals=signals)
    return choice, per_epoch, [*notes, f"{choice.step} counts epochs: times {per_epoch:g} it is step"]


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


def _measured(table: pd.DataFrame, chosen: Mapping[str, str], numbers: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each row whether it holds a value of a signal, be it under a second name; of all where none does."""
    values = [numbers[signal].to_numpy() for signal in numbers.columns if signal != "step"]
    also = [c for c in table.columns if c not in chosen and canonical_name(c) not in (None, "step")]
    values += [numbers_of(table[c]) for c in also]
    if not values:
        return np.ones(len(table), dtype=bool)
    measured = ~np.isnan(np.array(values)).all(axis=0)
    return measured if measured.any() else np.ones_like(measured)


def _recorded_again(numbers: pd.DataFrame) -> list[str]:
    """Return a note on values that were recorded at one step more than once, and not alike."""
    again = numbers[numbers["step"].duplicated(keep=False)]
    if not len(again):
        return []
    times = int((again.groupby("step").nunique() > 1).to_numpy().sum())
    what = f"{times} values were recorded more than once at a step, differently: the last counts"
    return [what] if times else []


def _numbers(table: pd.DataFrame, chosen: Mapping[str, str], source: str) -> pd.DataFrame:
    """Return the chosen columns as float64 under the names of their signals; NaN where a value is missing."""
    numbers = {signal: numbers_of(table[column]) for column, signal in chosen.items()}
    broken = []
    for column, signal in chosen.items():
        missing = np.isnan(numbers[signal])
        if missing.any() and not pd.api.types.is_float_dtype(table[column].dtype):
            given = table[column][missing]
            broken += [(row, column) for row in np.flatnonzero(missing)[given.notna() & ~given.map(_is_missing)]]
    if broken:
        row, column = min(broken, key=lambda place: place[0])
        raise InvalidInput(
            field=f"{source}, row {row + 1}, {chosen[column]}",
            value=_short(table[column].iloc[row]),
            expected="a number, or nothing where it is missing",
        )
    return pd.DataFrame(numbers, index=table.index)


def _is_missing(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in ("", "nan", "null", "none")


def _short(value: object) -> object:
    return value if len(str(value)) <= 60 else f"{str(value)[:60]}..."


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
    count of correct answers, so it is percent too, and so is its neighbour that exceeds 1; one that never does may be either.
    """
    column_of = {signal: column for column, signal in chosen.items()}
    accuracies = {
        n: v for n, v in signals.items() if n.removeprefix(ERROR_RATE) in _ACCURACIES and not np.isnan(v).all()
    }
    named = [n for n in accuracies if re.search(r"%|percent|pct", column_of[n], re.IGNORECASE)]
    fractional = [n for n, v in accuracies.items() if _is_percent(v)]
    whole = [n for n, v in accuracies.items() if fractional and 1 + ROUNDING < np.nanmax(v) <= 100]  # beside percent
    certain = list(accuracies) if options.percent else sorted({*named, *fractional, *whole})
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
            beside = ", ".join(column_of[n] for n in certain)
            raise InvalidInput(
                field=f"{source}, {column_of[name]}",
                value=highest,
                expected="accuracies from 0 to 1",
                hint=f"is it in percent, as {beside} is? --percent declares all accuracies of the file to be; if not, write {highest:g} as {100 * highest:g}%"
                if beside and highest <= 1
                else "are they percent? --percent declares all accuracies of the file to be",
            )
    return [f"{column_of[n]} is in percent: divided by 100" for n in certain]


def _is_percent(accuracies: np.ndarray) -> bool:
    above = accuracies[accuracies > 1 + ROUNDING]
    return bool(len(above) and above.max() <= 100 and (above != np.floor(above)).any())
