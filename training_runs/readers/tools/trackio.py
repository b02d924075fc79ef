"""Trackio's databases, read without Trackio: a project is `PROJECT.db` in its folder, by default `~/.cache/huggingface/trackio`."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.pace import times_of
from training_runs.readers.damage import note_on_damage, record_of
from training_runs.readers.recording import RawRun, Tool, wide

_SQLITE = b"SQLite format 3\0"
# JSON has no word for these: Trackio writes them as text.
_NO_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def databases(path: Path) -> list[Path]:
    """Return the databases that a path is or holds."""
    files = [path] if path.is_file() else sorted(path.glob("*.db"))
    return [file for file in files if _is_trackio(file)]


def read_trackio(path: Path) -> dict[str, RawRun | InvalidInput]:
    """Return the runs of a project or of several, by their names (by their ids where names repeat), or why one cannot be read.

    Raises
    ------
    InvalidInput : no database of Trackio, a damaged one, or no metrics in it.
    """
    files = databases(path)
    found = [(file.stem, run_id, name, run) for file in files for run_id, name, run in _runs(file)]
    if not found:
        raise _unreadable(path, "no run has logged a metric" if files else "")
    projects = {project for project, *_ in found}
    named = [f"{project}/{name}" if len(projects) > 1 else name for project, _, name, _ in found]
    return {
        name if named.count(name) == 1 else run_id: run for name, (_, run_id, _, run) in zip(named, found, strict=True)
    }


def _runs(file: Path) -> list[tuple[str, str, RawRun | InvalidInput]]:
    """Return id, name and content of each run of a project, in the order of their beginnings."""
    try:
        with closing(_opened(file)) as store:
            rows = store.execute(
                "SELECT run_id, run_name, step, metrics, timestamp FROM metrics ORDER BY id"
            ).fetchall()
            configs = dict(store.execute("SELECT run_id, config FROM configs").fetchall())
    except sqlite3.Error as error:
        raise _unreadable(file, str(error)) from None
    of_run: dict[str, list[tuple[str, int, Any, Any]]] = {}
    for run_id, *logged in rows:
        of_run.setdefault(run_id, []).append(tuple(logged))
    return [(run_id, logged[0][0], _raw(file, logged, configs.get(run_id))) for run_id, logged in of_run.items()]


def _raw(file: Path, logged: list[tuple[str, int, Any, Any]], config: Any) -> RawRun | InvalidInput:
    points: list[tuple[int, str, float, float]] = []
    damaged = []
    for _, step, text, timestamp in logged:
        metrics = _object(text)
        if metrics is None or not isinstance(step, int):
            damaged.append(text)
            continue
        time = _time(timestamp)
        numbers = {name: number for name, value in metrics.items() if (number := _number(value)) is not None}
        points += [(step, name, number, time) for name, number in numbers.items()]
    notes = note_on_damage("rows of metrics", damaged)
    if not points:
        return _unreadable(file, "; ".join(notes) or "no metric of it is a number")
    reading = read_hyperparameters(_object(config) or {}, "config")
    return RawRun(
        wide(pd.DataFrame(points, columns=["step", "metric", "value", "time"])),
        reading.fields(),
        (*notes, *reading.notes),
    )


def _object(text: Any) -> dict[str, Any] | None:
    """Return the values of a JSON object by their paths (`optimizer/lr`); None for what is none."""
    try:
        content = record_of(text)
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    flat: dict[str, Any] = {}
    for name, value in content.items():
        flat |= {f"{name}/{k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return _NO_NUMBERS.get(value) if isinstance(value, str) else float(value)


def _time(timestamp: Any) -> float:
    """Return seconds since 1970 of a date, NaN where it is none: SQLite keeps any value in any column."""
    times = times_of([timestamp])
    return math.nan if times is None else float(times[0])


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _is_trackio(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            if content.read(len(_SQLITE)) != _SQLITE:
                return False
        with closing(_opened(file)) as store:
            columns = {row[1] for row in store.execute("PRAGMA table_info(metrics)")}
    except (sqlite3.Error, OSError):
        return False
    return {"run_name", "step", "metrics"} <= columns


def _unreadable(path: Path, hint: str) -> InvalidInput:
    expected = "a project of Trackio (PROJECT.db) with metrics, or the folder with it"
    return InvalidInput(field="HISTORY", value=str(path), expected=expected, hint=hint.split("\n")[0][:120])


# Before MLflow, which takes every SQLite file for its own.
TOOL = Tool("trackio", "Trackio", lambda path: bool(databases(path)), read_trackio, rank=-1)
