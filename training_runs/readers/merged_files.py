"""Several files as they were recorded: those that are charts of one run become one."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from training_runs.readers.charts import chart_groups, merged
from training_runs.readers.formats import Recorded
from training_runs.readers.recording import RawRun
from training_runs.readers.step_lists import counts


@dataclass(frozen=True, eq=False)
class Merged:
    """What one file holds, or several that are charts of one run.

    Attributes
    ----------
    recorded : the runs in it; of several files the one run that they are.
    paths : the files.
    """

    recorded: Recorded
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path of the only file; of several the whole words that all their paths begin with, else the first path."""
        if len(self.paths) == 1:
            return self.paths[0]
        shared = os.path.commonprefix([os.path.abspath(path) for path in self.paths])
        folder, name = os.path.split(re.sub(r"[^\W_]+$", "", shared))
        words = re.sub(r"^run-(.+)-tag$", r"\1", name.strip(" _-.,"))
        return os.path.join(folder, words) if words else self.paths[0]


def merged_files(files: Sequence[Recorded]) -> list[Merged]:
    """Return what files hold, those as one that complement each other: tables of one run that have no signal in common.

    What a tool wrote, files of several runs, and those whose steps do not increase are of runs of their own.
    """
    by_path = {file.path: file for file in files}
    charts = {path: run for path, file in by_path.items() if (run := _chart(file)) is not None}
    groups = {group[0]: group for group in chart_groups(charts)}
    in_others = {path for group in groups.values() for path in group[1:]}
    return [_merged(groups.get(path, (path,)), by_path, charts) for path in by_path if path not in in_others]


def _merged(paths: tuple[str, ...], by_path: dict[str, Recorded], charts: dict[str, RawRun]) -> Merged:
    if len(paths) == 1:
        return Merged(by_path[paths[0]], paths)
    run = merged({path: charts[path] for path in paths})
    return Merged(Recorded(" + ".join(paths), {"run": run}), paths)


def _chart(file: Recorded) -> RawRun | None:
    """Return the run of a table that could be a chart of it."""
    run = next(iter(file.runs.values())) if len(file.runs) == 1 else None
    if file.of_tool or not isinstance(run, RawRun):
        return None
    kinds = [column for column in run.table.columns if counts(str(column))]
    if not kinds:
        return None
    steps = pd.to_numeric(run.table[kinds[0]], errors="coerce").dropna()
    return run if bool(steps.is_monotonic_increasing) and bool(steps.is_unique) else None
