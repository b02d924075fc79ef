"""What a file of recorded metrics holds, before and after its names are understood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class RawRun:
    """One run as its tool recorded it.

    Attributes
    ----------
    table : a row a checkpoint and a column a metric, or long (step, metric, value), under the tool's own names and in the
        order of recording; it may hold several runs that a column distinguishes.
    context : what the tool knows beside it, under the names of `Context`.
    notes : how the file was read, in words.
    question : `horizon_step`, `target_accuracy`, `seconds_per_step` and `cost_per_hour`, where the file asks.
    """

    table: pd.DataFrame
    context: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    question: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """How the columns of one run were understood: every column is in exactly one of the first four.

    Attributes
    ----------
    mapping : column -> signal, `1-val_acc` for an error rate, `step`, or `time`.
    left_out : columns that were not used, those that look like a metric first.
    context_columns : column -> field of the context that its one value gives.
    run_columns : columns whose values distinguish the runs of the table.
    suspected : columns left out that look like a metric -> the signal that `--map COLUMN=SIGNAL` would make of it.
    asked : options that would settle what was assumed: `steps_per_epoch`.
    notes : what was assumed or changed, in words.
    """

    mapping: Mapping[str, str]
    left_out: tuple[str, ...] = ()
    context_columns: Mapping[str, str] = field(default_factory=dict)
    run_columns: tuple[str, ...] = ()
    suspected: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ReadRun:
    """One run as it was read: its history, what is recorded beside it, and how its columns were understood."""

    trajectory: Trajectory
    reading: Reading
    context: Mapping[str, Any] = field(default_factory=dict)
    question: Mapping[str, Any] = field(default_factory=dict)


class UnreadColumns(InvalidInput):
    """Columns that do not make a history, with what is known of them.

    Parameters
    ----------
    columns : the names of all columns.
    suspected : column that looks like a metric -> the signal that `--map COLUMN=SIGNAL` would make of it.
    """

    def __init__(
        self, *, columns: tuple[str, ...] = (), suspected: Mapping[str, str] | None = None, **problem: Any
    ) -> None:
        super().__init__(**problem)
        self.columns, self.suspected = columns, dict(suspected or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(UnreadColumns, **vars(self)), ()


@dataclass(frozen=True, eq=False)
class Recording:
    """What a file holds.

    Attributes
    ----------
    runs : the runs that can be read, by name.
    problems : why the others cannot, by name: one bad run spoils no other.
    file_notes : how the file as a whole was read, in words.
    """

    runs: Mapping[str, ReadRun]
    problems: Mapping[str, InvalidInput] = field(default_factory=dict)
    file_notes: tuple[str, ...] = ()

    def run(self, name: str | None = None) -> tuple[str, ReadRun]:
        """Return a run and its full name: the only one without a name; of `seed=3`, `3` is enough.

        Raises
        ------
        InvalidInput : there are several and none is named, none of that name, or it cannot be read.
        """
        names = [*self.runs, *self.problems]
        if name is None and len(names) == 1:
            name = names[0]
        if name not in names and name is not None:
            short = [n for n in names if n.rpartition("=")[2] == name]
            name = short[0] if len(short) == 1 else name
        if name is not None and name in self.problems:
            raise self.problems[name]
        if name is not None and name in self.runs:
            return name, self.runs[name]
        raise not_chosen(name, names)

    @property
    def histories(self) -> dict[str, Trajectory]:
        """The trajectories, by run."""
        return {name: run.trajectory for name, run in self.runs.items()}

    @property
    def contexts(self) -> dict[str, dict[str, Any]]:
        """The recorded contexts, by run."""
        return {name: dict(run.context) for name, run in self.runs.items()}

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        """The recorded questions, by run."""
        return {name: dict(run.question) for name, run in self.runs.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """All notes, on the file and on its runs, each once."""
        of_runs = (note for run in self.runs.values() for note in run.reading.notes)
        of_problems = (f"run {name} cannot be read: {problem}" for name, problem in self.problems.items())
        return tuple(dict.fromkeys([*self.file_notes, *of_runs, *of_problems]))


def not_chosen(run: str | None, names: Sequence[str], choice: str = "--run") -> InvalidInput:
    """Return the error of a run that is none of those there are, or of none named where there are several."""
    shown = ", ".join(names[:3]) + (f" ... ({len(names)} in all)" if len(names) > 3 else "")
    return InvalidInput(
        field="--run",
        value=run,
        expected="one of the runs in the file",
        hint=f"it holds {shown}; choose one with {choice}",
    )


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file, where the file itself does not show it.

    Attributes
    ----------
    names : column -> signal, `1-` and an accuracy for an error rate, `step`, `time`, or `none` to leave it out, where the names
        alone do not tell.
    steps_per_epoch : optimiser updates in an epoch, for a file that counts epochs.
    percent : accuracies are in percent.
    columns : names of the columns, for a table without a header.
    pattern : a regular expression with named groups, for a text log: what a group matches is a value of its name.
    run_column : column whose values distinguish the runs of a table.
    sort : rows are in no order and are sorted by step.
    most_values : in a binary file (Parquet, NumPy); one that declares more is not opened.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    steps_per_epoch: float | None = None
    percent: bool = False
    columns: tuple[str, ...] = ()
    pattern: str = ""
    run_column: str | None = None
    sort: bool = False
    most_values: int = 20_000_000

    def require_values(self, found: int, path: str) -> None:
        """Return if a binary file may hold so many values.

        Raises
        ------
        InvalidInput : it may not: a few kilobytes can unpack to gigabytes.
        """
        if found > self.most_values:
            raise InvalidInput(
                field=path,
                value=f"a file of {found:,} values",
                expected=f"at most {self.most_values:,}",
                hint="thin the history, keeping more checkpoints early than late",
            )


@dataclass(frozen=True)
class Tool:
    """A tool whose recordings are read; a file of this package that has one as `TOOL` makes it known.

    Attributes
    ----------
    format : its name for `--format`.
    name : its own name.
    wrote : whether a file or folder is one that it wrote, from names and first bytes.
    read : the runs in such a file or folder as they were recorded, or why one of several cannot be read.
    rank : where several tools claim a folder, the lowest is taken.
    """

    format: str
    name: str
    wrote: Callable[[Path], bool]
    read: Callable[[Path], Mapping[str, RawRun | InvalidInput]]
    rank: int = 0


def wide(points: pd.DataFrame) -> pd.DataFrame:
    """Return a wide table, steps increasing, from long rows (step, metric, value); the last value of a step counts.

    Where the rows have times too (`time`), each step has that of its last value.
    """
    kept = points.drop_duplicates(["step", "metric"], keep="last")
    table = kept.pivot(index="step", columns="metric", values="value").sort_index()
    if "time" in points and "time" not in table:
        table["time"] = kept.groupby("step")["time"].max()
    return table.reset_index().rename_axis(columns=None)
