"""DVCLive's folder, read without DVC: `plots/metrics/**/NAME.tsv` and `params.yaml`."""

import math
from functools import partial
from pathlib import Path

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.damage import each_read, note_on_damage
from training_runs.readers.encodings import damaged_text
from training_runs.readers.recording import RawRun, Tool, wide
from training_runs.readers.yaml_values import yaml_values

_METRICS = Path("plots/metrics")
_OWN = "dvclive"  # the folder that it writes where none is named


def run_folders(path: Path) -> list[Path]:
    """Return the folders of runs that a path is or holds: the one of a run, of its training, or several beside each other."""
    if not path.is_dir():
        return []
    levels = ([path], [path / _OWN], sorted([*path.glob("*"), *path.glob(f"*/{_OWN}")]))
    return next((found for level in levels if (found := [folder for folder in level if _files(folder)])), [])


def read_dvclive(path: Path) -> dict[str, RawRun | InvalidInput]:
    """Return each run by its folder, or why it cannot be read.

    Raises
    ------
    InvalidInput : no run there.
    """
    folders = run_folders(path)
    if not folders:
        raise _unreadable(path)
    return each_read({_name(folder): partial(_read, folder) for folder in folders})


def _name(folder: Path) -> str:
    folder = folder.resolve()
    return (folder.parent if folder.name == _OWN else folder).name


def _read(folder: Path) -> RawRun:
    points: list[tuple[int, str, float, float]] = []
    notes: tuple[str, ...] = ()
    for file in _files(folder):
        metric = file.relative_to(folder / _METRICS).with_suffix("").as_posix()
        header, *lines = damaged_text(file.read_bytes()).splitlines() or [""]
        columns = header.split("\t")
        found = [(line, _point(line, columns)) for line in lines if line.strip()]
        points += [(point[0], metric, *point[1:]) for _, point in found if point]
        notes += note_on_damage(f"lines of {metric}", [line for line, point in found if not point])
    if not points:
        raise _unreadable(folder, "; ".join(notes))
    reading = read_hyperparameters(yaml_values(folder / "params.yaml", "DVCLive"), "params.yaml")
    table = wide(pd.DataFrame(points, columns=["step", "metric", "value", "time"]))
    return RawRun(table, reading.fields(), (*notes, *reading.notes))


def _point(line: str, columns: list[str]) -> tuple[int, float, float] | None:
    """Return step, value and time (in milliseconds since 1970; NaN where the metric was logged without)."""
    cells = line.split("\t")
    if len(cells) != len(columns):
        return None
    try:
        time = float(cells[columns.index("timestamp")]) if "timestamp" in columns else math.nan
        return int(cells[columns.index("step")]), float(cells[-1]), time
    except ValueError:
        return None


def _files(folder: Path) -> list[Path]:
    return sorted((folder / _METRICS).rglob("*.tsv"))


def _unreadable(path: Path, hint: str = "") -> InvalidInput:
    expected = "a folder of DVCLive, with plots/metrics/NAME.tsv"
    return InvalidInput(field="HISTORY", value=str(path), expected=expected, hint=hint[:200])


TOOL = Tool("dvclive", "DVCLive", lambda path: bool(run_folders(path)), read_dvclive)
