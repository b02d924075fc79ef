"""Several files as they were recorded: those that are charts of one run become one, and each gets a name."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.readers.charts import chart_groups, merged
from training_runs.readers.encodings import uncompressed
from training_runs.readers.formats import Recorded
from training_runs.readers.recording import RawRun
from training_runs.readers.step_lists import counts
from training_runs.readers.tables import SUFFIXES


@dataclass(frozen=True, eq=False)
class Merged:
    """What one file holds, or several that are charts of one run.

    Attributes
    ----------
    place : the path of the only file; of several the whole words that all their paths begin with, else the first path.
    paths : the files.
    recorded : the runs in it, of several files the one run that they are; or why it cannot be read.
    """

    place: str
    paths: tuple[str, ...]
    recorded: Recorded | InvalidInput


def merged_files(files: Mapping[str, Recorded | InvalidInput], names: Mapping[str, str] | None = None) -> list[Merged]:
    """Return what files hold, those as one that complement each other: tables of one run that have no signal in common.

    What a tool wrote, files of several runs, and those whose steps do not increase are of runs of their own.

    Parameters
    ----------
    files : path -> what the file holds, or why it cannot be read.
    names : column -> signal, where the caller says it (`ReadOptions.names`).
    """
    charts = {path: run for path, file in files.items() if (run := _chart(file)) is not None}
    groups = {group[0]: group for group in chart_groups(charts, names)}
    in_others = {path for group in groups.values() for path in group[1:]}
    found: list[Merged] = []
    places: set[str] = set()
    for path, file in files.items():
        if path in in_others:
            continue
        paths = groups.get(path, (path,))
        shared = _shared(paths)
        place = path if shared in places else shared
        places.add(place)
        found.append(Merged(place, paths, file if len(paths) == 1 else _one(paths, charts)))
    return found


def names_of_files(paths: Sequence[str]) -> list[str]:
    """Return a name for each file: its path below what all have in common, without its ending; with it where two are alike."""
    places = [Path(path).absolute() for path in paths]
    common = Path(os.path.commonpath([place.parent for place in places])) if places else Path()
    names = [str(_without_ending(place.relative_to(common))) for place in places]
    first = {name: k for k, name in reversed(list(enumerate(names)))}
    return [name if first[name] == k else places[k].name for k, name in enumerate(names)]


def _without_ending(path: Path) -> Path:
    path = uncompressed(path)
    return path.with_suffix("") if path.suffix.lower() in SUFFIXES else path


def _shared(paths: tuple[str, ...]) -> str:
    """Return the whole words that paths begin with; the first path where there are none."""
    if len(paths) == 1:
        return paths[0]
    shared = os.path.commonprefix([os.path.abspath(path) for path in paths])
    folder, name = os.path.split(re.sub(r"[^\W_]+$", "", shared))
    words = re.sub(r"^run-(.+)-tag$", r"\1", name.strip(" _-.,"))
    return os.path.join(folder, words) if words else paths[0]


def _one(paths: tuple[str, ...], charts: Mapping[str, RawRun]) -> Recorded:
    return Recorded(" + ".join(paths), {"run": merged({path: charts[path] for path in paths})})


def _chart(file: Recorded | InvalidInput) -> RawRun | None:
    """Return the run of a table that could be a chart of it."""
    if isinstance(file, InvalidInput) or file.of_tool or len(file.runs) != 1:
        return None
    run = next(iter(file.runs.values()))
    if not isinstance(run, RawRun):
        return None
    kinds = [column for column in run.table.columns if counts(str(column))]
    if not kinds:
        return None
    steps = pd.to_numeric(run.table[kinds[0]], errors="coerce").dropna()
    return run if bool(steps.is_monotonic_increasing) and bool(steps.is_unique) else None
