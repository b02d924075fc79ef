"""Several runs in one table: the column whose values distinguish them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.metric_names import is_epoch, meaning_of, metric_like, words_of
from training_runs.readers.column_choice import Choice, numbers_of
from training_runs.readers.recording import ReadOptions

# Columns that name a run whatever its steps do, in order of preference.
_NAMES = (
    *(
        "run_id",
        "run_name",
        "run",
        "runid",
        "experiment_id",
        "experiment_name",
        "experiment",
        "exp_name",
        "exp",
        "name",
    ),
    *("trial_id", "trial_name", "trial", "job_id", "seed", "random_seed", "run_number", "version"),
)
_POSITIONS = {
    "batch",
    "micro",
    "microbatch",
    "micro_batch",
    "batch_idx",
    "batch_id",
    "minibatch",
    "idx",
    "index",
    "i",
    "it",
    "row",
    "time",
    "timestamp",
    "wall_time",
}
_COLUMNS_AT_MOST, _TOGETHER_AT_MOST = 12, 3


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of one run: its name, None where the table holds one alone, and the columns that distinguish it.

    `context` is what the values of these columns tell of the run.
    """

    name: str | None
    table: pd.DataFrame
    columns: tuple[str, ...] = ()
    note: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


def split_runs(table: pd.DataFrame, choice: Choice | None, source: str, options: ReadOptions) -> list[Part]:
    """Return the runs of a table; `choice` is None where its columns make no history.

    Raises
    ------
    InvalidInput : no such column as the caller names, several that distinguish the runs differently, runs that no column
        distinguishes, or a table with a row a run.
    """
    _require_history(table, source)
    if options.run_column is not None:
        if options.run_column not in table.columns:
            raise InvalidInput(
                field="--run-column",
                value=options.run_column,
                expected=f"a column of {source}: {', '.join(map(str, table.columns))[:200]}",
            )
        return _parts(table, (options.run_column,), "")
    named = next((c for c in map(str, table.columns) if c.strip().lower() == "run_id"), None)
    if named is not None:
        return _parts(table, (named,), "")
    if choice is None:
        return [Part(None, table)]
    steps = numbers_of(table[choice.step])
    values = {c: numbers_of(table[c]) for c in choice.metrics}
    one = np.zeros(len(table), dtype=int)
    by_name = [c for c in _candidates(table, choice) if _name_rank(c) < len(_NAMES)]
    clash = _clashes(steps, values, one)
    if not clash and not by_name:
        return [Part(None, table)]
    found = _certain(table, choice, steps, values) if clash else []
    by_name.sort(key=_name_rank)
    if by_name and (not found or (by_name[0],) in [columns for columns, _ in found]):
        found = [((by_name[0],), _codes(table, (by_name[0],)))]
    if len({codes.tobytes() for _, codes in found}) > 1:
        several = ", ".join(" and ".join(columns) for columns, _ in found[:5])
        raise InvalidInput(
            field=source,
            value="several runs in one table",
            expected=f"one column that distinguishes them, of {several}",
            hint=f"choose it with --run-column {found[0][0][0]}",
        )
    if found:
        columns = min(found, key=lambda each: (len(each[0]), _name_rank(each[0][0])))[0]
        return _parts(table, columns, f"{' and '.join(columns)} distinguishes the runs")
    if not is_epoch(choice.step):
        _require_one_run(steps, values, source, options)
    return [Part(None, table)]


def _name_rank(column: str) -> int:
    name = "_".join(words_of(column))
    return _NAMES.index(name) if name in _NAMES else len(_NAMES)


def _candidates(table: pd.DataFrame, choice: Choice) -> list[str]:
    """Return the columns that may distinguish runs: each of their values stands in several rows, and not all are one."""
    found = []
    for column in map(str, table.columns):
        name = "_".join(words_of(column))
        if column in choice.signals or column == choice.time or is_epoch(column) or name in _POSITIONS:
            continue
        if meaning_of(column) is not None or metric_like(column) is not None:
            continue
        if 2 <= _keys(table[column]).nunique() <= len(table) / 2:
            found.append(column)
    return found


def _certain(
    table: pd.DataFrame, choice: Choice, steps: np.ndarray, values: dict[str, np.ndarray]
) -> list[tuple[tuple[str, ...], NDArray[np.int64]]]:
    """Return the columns, or the fewest together, in whose groups no step is recorded twice and all begin alike."""
    candidates = _candidates(table, choice)[:_COLUMNS_AT_MOST]
    for together in range(1, _TOGETHER_AT_MOST + 1):
        found = []
        for columns in combinations(candidates, together):
            codes = _codes(table, columns)
            few = codes.max() + 1 <= len(table) / 2
            if few and not _clashes(steps, values, codes) and _begin_alike(steps, codes):
                found.append((columns, codes))
        if found:
            return found
    return []


def _clashes(steps: np.ndarray, values: dict[str, np.ndarray], codes: NDArray[np.int64]) -> bool:
    """Return True if within a group a signal goes back in steps, or has two values at one."""
    order = np.argsort(codes, kind="stable")
    for column in values.values():
        rows = order[~np.isnan(column[order]) & ~np.isnan(steps[order])]
        same = codes[rows][1:] == codes[rows][:-1]
        rise = np.diff(steps[rows])
        if (same & ((rise < 0) | ((rise == 0) & (np.diff(column[rows]) != 0)))).any():
            return True
    return False


def _begin_alike(steps: np.ndarray, codes: NDArray[np.int64]) -> bool:
    """Return True if every group begins at or before the second step of the table: later is a training that was resumed."""
    firsts = pd.Series(steps).groupby(codes).min()
    distinct = np.unique(steps[~np.isnan(steps)])
    return bool(len(distinct) > 1 and (firsts <= distinct[1]).all())


def _require_one_run(steps: np.ndarray, values: dict[str, np.ndarray], source: str, options: ReadOptions) -> None:
    """Refuse a table in which every step is recorded several times in a row, differently: runs side by side."""
    for name, column in values.items():
        kept = ~np.isnan(column) & ~np.isnan(steps)
        each, times = np.unique(steps[kept], return_counts=True)
        side_by_side = len(each) >= 3 and times.min() >= 2 and (times == times[0]).all()
        if side_by_side and (np.diff(steps[kept]) >= 0).all() and not options.sort:
            differ = pd.Series(column[kept]).groupby(steps[kept]).nunique() > 1
            if differ.mean() > 0.5:
                raise InvalidInput(
                    field=source,
                    value=f"{times[0]} values of {name} at every step",
                    expected="one, or a column that tells the runs apart",
                    hint="name it with --run-column, or leave one run in the table; --sort takes the last value of each step",
                )


def _require_history(table: pd.DataFrame, source: str) -> None:
    """Refuse a table of runs, one row a run, as W&B, MLflow and Optuna export."""
    names = {str(c).strip().lower().replace(" ", "_"): str(c) for c in table.columns}
    key = next((names[n] for n in ("run_id", "name", "run_name", "run", "trial_id") if n in names), None)
    if key is None or len(table) < 2 or _keys(table[key]).nunique() < len(table):
        return
    shown = ", ".join(names[n] for n in ("name", "state", "status", "created", "runtime", "run_id") if n in names)
    raise InvalidInput(
        field=source,
        value=f"a table of runs ({shown or key}: one row a run)",
        expected="the history of a run, one row a checkpoint",
        hint="export the history of one run: in W&B `run.scan_history()`, or the CSV of a chart",
    )


def _parts(table: pd.DataFrame, columns: Sequence[str], note: str) -> list[Part]:
    keyed = [_keys(table[c]) for c in columns]
    groups = table.groupby(keyed if len(keyed) > 1 else keyed[0], sort=False, dropna=False)
    return [
        Part(
            _name(part, columns),
            part.drop(columns=list(columns)),
            tuple(columns),
            note,
            read_hyperparameters({column: part[column].iloc[0] for column in columns}, "").fields(),
        )
        for _, part in groups
    ]


def _name(part: pd.DataFrame, columns: Sequence[str]) -> str:
    """Return the name of a run: its text, or `seed=3`."""
    return ", ".join(_named(column, part[column].iloc[0]) for column in columns)


def _named(column: str, value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return f"{column}={text}" if is_number and column.strip().lower() != "run_id" else text


def _codes(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Return the group of each row, numbered in order of appearance."""
    keys = pd.Series(list(zip(*(_keys(table[c]) for c in columns), strict=True)), dtype=object)
    return np.asarray(pd.factorize(keys)[0], dtype=np.int64)


def _keys(column: pd.Series) -> pd.Series:
    return column.map(str) if column.dtype == object else column


def constants(table: pd.DataFrame, left_out: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the columns that hold one value, and it."""
    for column in left_out:
        known = table[column].dropna()
        if len(known) and _keys(known).nunique() == 1:
            yield column, known.iloc[0]
