"""What a file of recorded metrics holds, before and after its names are understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class RawRun:
    """One run as its tool recorded it.

    Attributes
    ----------
    table : wide, a row a checkpoint and a column a metric, under the tool's own names; one column counts steps.
    context : what the tool knows beside it, under the names of `Context`.
    notes : how the file was read, in words.
    question : `horizon_step` and `target_accuracy`, where the file asks.
    """

    table: pd.DataFrame
    context: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    question: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Recording:
    """What a file holds: a trajectory for each run in it, the context and the question beside it, and how its columns were read."""

    histories: dict[str, Trajectory]
    notes: tuple[str, ...]
    contexts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    questions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file, where the file itself does not show it.

    Attributes
    ----------
    names : column -> signal (or `step`), where the names alone do not tell.
    steps_per_epoch : optimiser updates in an epoch, for a file that counts epochs.
    percent : accuracies are in percent.
    columns : names of the columns, for a table without a header.
    pattern : a regular expression with named groups, for a text log: what a group matches is a value of its name.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    steps_per_epoch: float | None = None
    percent: bool = False
    columns: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class Tool:
    """A tool whose recordings are read; a file of this package that has one as `TOOL` makes it known.

    Attributes
    ----------
    format : its name for `--format`.
    name : its own name.
    wrote : whether a file or folder is one that it wrote, from names and first bytes.
    read : the runs in such a file or folder, as they were recorded.
    rank : where several tools claim a folder, the lowest is taken.
    """

    format: str
    name: str
    wrote: Callable[[Path], bool]
    read: Callable[[Path], dict[str, RawRun]]
    rank: int = 0


def wide(points: pd.DataFrame) -> pd.DataFrame:
    """Return a wide table, steps increasing, from long rows (step, metric, value); the last value of a step counts."""
    kept = points.drop_duplicates(["step", "metric"], keep="last")
    table = kept.pivot(index="step", columns="metric", values="value").sort_index()
    return table.reset_index().rename_axis(columns=None)
