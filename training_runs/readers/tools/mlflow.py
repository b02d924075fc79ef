"""MLflow's stores, read without MLflow: the SQLite file (`mlflow.db`) and the folder `mlruns`."""

import re
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.damage import note_on_damage
from training_runs.readers.encodings import damaged_text
from training_runs.readers.recording import RawRun, Tool, wide

DATABASE = "mlflow.db"
_SQLITE = b"SQLite format 3\0"
_SYSTEM = "system/"  # MLflow's own metrics of the machine, whose steps count samples
_COLUMNS = ["step", "metric", "value", "time"]
_MOST = 2**53  # no timestamp and no step is larger


@dataclass(frozen=True, eq=False)
class _Run:
    """A run as the store holds it; metrics are long rows (step, metric, value, time in milliseconds) in the order of logging."""

    name: str
    metrics: pd.DataFrame
    notes: tuple[str, ...]
    params: dict[str, str]


def is_database(path: Path) -> bool:
    """Return True if a file is an SQLite database."""
    with path.open("rb") as content:
        return content.read(len(_SQLITE)) == _SQLITE


def run_folders(path: Path) -> list[Path]:
    """Return the run folders of a file store: of `mlruns` or the folder above it, of an experiment, or one run."""
    candidates = [path, *path.glob("*"), *path.glob("*/*"), *path.glob("mlruns/*/*")]
    return [f for f in candidates if (f / "metrics").is_dir() and (f / "meta.yaml").is_file()]


def read_mlflow(path: Path) -> dict[str, RawRun | InvalidInput]:
    """Return the runs of a store that were not deleted, by their names (by their ids where names repeat), or why one cannot be read.

    Raises
    ------
    InvalidInput : no store of MLflow, a damaged database, or no metrics in it.
    """
    database = path / DATABASE if (path / DATABASE).is_file() else path
    stored = _of_database(database) if database.is_file() else _of_folders(path)
    runs = {run_id: run for run_id, run in stored.items() if len(run.metrics) or run.notes}
    if not runs:
        raise _no_metrics(path)
    names = [run.name for run in runs.values()]
    return {run.name if names.count(run.name) == 1 else run_id: _raw(run, path) for run_id, run in runs.items()}


def _raw(run: _Run, path: Path) -> RawRun | InvalidInput:
    if not len(run.metrics):
        return _no_metrics(path, hint="; ".join(run.notes)[:200])
    reading = read_hyperparameters(run.params, "params")
    return RawRun(wide(run.metrics), reading.fields(), (*run.notes, *reading.notes))


def _no_metrics(path: Path, hint: str = "") -> InvalidInput:
    expected = "an MLflow store (mlflow.db, mlruns, or one run of it) with metrics"
    return InvalidInput(field="HISTORY", value=str(path), expected=expected, hint=hint)


def _of_database(path: Path) -> dict[str, _Run]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            runs = store.execute(
                "SELECT run_uuid, name FROM runs WHERE lifecycle_stage = 'active' ORDER BY start_time"
            ).fetchall()
            metrics = pd.read_sql_query(
                "SELECT run_uuid, step, key AS metric, CASE WHEN is_nan THEN NULL ELSE value END AS value, timestamp AS time "
                "FROM metrics ORDER BY timestamp",
                store,
            )
            params = store.execute("SELECT run_uuid, key, value FROM params").fetchall()
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected="the SQLite store of MLflow",
            hint=str(error).split("\n")[0][:120],
        ) from None
    metrics = metrics[~metrics["metric"].str.startswith(_SYSTEM)]
    return {
        run_id: _Run(
            name or run_id,
            *_numbers(metrics.loc[metrics["run_uuid"] == run_id, _COLUMNS]),
            {key: value for owner, key, value in params if owner == run_id},
        )
        for run_id, name in runs
    }


def _numbers(metrics: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return metrics whose values are numbers, infinities as such, and a note on others: SQLite keeps any value in any column."""
    value = pd.to_numeric(metrics["value"], errors="coerce").to_numpy(float)
    damaged = metrics.loc[np.isnan(value) & metrics["value"].notna(), "value"]
    # The store in SQLite writes the largest number for infinity.
    value = np.where(np.abs(value) >= sys.float_info.max, np.copysign(np.inf, value), value)
    return metrics.assign(value=value).drop(index=damaged.index), note_on_damage("values", list(damaged))


def _of_folders(path: Path) -> dict[str, _Run]:
    runs = {}
    for folder in run_folders(path):
        try:
            meta = _text(folder / "meta.yaml")
            if re.search(r"^lifecycle_stage: deleted", meta, re.MULTILINE):
                continue
            name = re.search(r"^run_name: (.+)$", meta, re.MULTILINE)
            params = {name: _text(file) for name, file in _files(folder / "params")}
            runs[folder.name] = _Run(
                name[1].strip("'\" ") if name else folder.name, *_metrics(folder / "metrics"), params
            )
        except OSError as error:
            runs[folder.name] = _Run(folder.name, pd.DataFrame(), (str(error)[:120],), {})
    return runs


def _text(file: Path) -> str:
    """Return the text of a file; bytes that are none are replaced: a line with them is damaged, the others are not."""
    return damaged_text(file.read_bytes())


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Return the files in a folder and below it under the names that MLflow knows them by."""
    return [(file.relative_to(folder).as_posix(), file) for file in sorted(folder.rglob("*")) if file.is_file()]


def _metrics(folder: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what the files of a run hold, one for each metric, and notes on lines that are damaged."""
    points: list[tuple[int, int, str, float]] = []
    notes: tuple[str, ...] = ()
    for metric, file in _files(folder):
        if metric.startswith(_SYSTEM):
            continue
        of_metric: list[tuple[int, int, str, float]] = []
        damaged = []
        *whole, last = _text(file).split("\n")
        for line in whole:
            point = _point(line, metric)
            of_metric += [point] if point else []
            damaged += [line] if line.strip() and not point else []
        points += of_metric
        notes += note_on_damage(f"lines of {metric}", damaged)
        if last.strip():
            point = _point(last, metric)
            # MLflow ends every line. Of a step that was cut off digits are missing.
            if point and (not of_metric or point[1] > of_metric[-1][1]):
                points.append(point)
            else:
                notes += (f"the last line of {metric} is cut off and left out: {last.strip()[:40]}",)
    table = pd.DataFrame(points, columns=["time", "step", "metric", "value"])
    return table.sort_values("time", kind="stable")[_COLUMNS], notes


def _point(line: str, metric: str) -> tuple[int, int, str, float] | None:
    """Return (timestamp, step, metric, value) of a line `timestamp value step`; newer versions append more."""
    words = line.split()
    try:
        timestamp, step, value = int(words[0]), int(words[2]), float(words[1])
    except (ValueError, IndexError):
        return None
    return (timestamp, step, metric, value) if max(abs(timestamp), abs(step)) < _MOST else None


def _wrote(path: Path) -> bool:
    return (path / DATABASE).is_file() or bool(run_folders(path)) if path.is_dir() else is_database(path)


TOOL = Tool("mlflow", "MLflow", _wrote, read_mlflow)
