"""MLflow's stores, read without MLflow: the SQLite file (`mlflow.db`) and the folder `mlruns`."""

import re
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.recording import RawRun, Tool, wide

DATABASE = "mlflow.db"
_SQLITE = b"SQLite format 3\0"
_SYSTEM = "system/"  # MLflow's own metrics of the machine, whose steps count samples


@dataclass(frozen=True, eq=False)
class _Run:
    """A run as the store holds it; metrics are long rows (step, metric, value) in the order of logging."""

    name: str
    metrics: pd.DataFrame
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
    """Return the runs of a store that were not deleted, by their names; by their ids where names repeat.

    Raises
    ------
    InvalidInput : no store of MLflow, a damaged one, no metrics in it, or metrics that were logged without a step.
    """
    database = path / DATABASE if (path / DATABASE).is_file() else path
    stored = _of_database(database) if database.is_file() else _of_folders(path)
    trained = {run_id: _of_training(run) for run_id, run in stored.items()}
    runs = {run_id: run for run_id, run in trained.items() if len(run.metrics)}
    if not runs:
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected="an MLflow store (mlflow.db, mlruns, or one run of it) with metrics",
        )
    names = [run.name for run in runs.values()]
    return {run.name if names.count(run.name) == 1 else run_id: _raw(run) for run_id, run in runs.items()}


def _raw(run: _Run) -> RawRun:
    reading = read_hyperparameters(run.params, "params")
    return RawRun(wide(run.metrics), reading.fields(), reading.notes)


def _of_training(run: _Run) -> _Run:
    """Return a run with what its training logged, infinities as such."""
    metrics = run.metrics[~run.metrics["metric"].str.startswith(_SYSTEM)]
    value = metrics["value"].to_numpy(float)
    # The store in SQLite writes the largest number for infinity.
    value = np.where(np.abs(value) >= sys.float_info.max, np.copysign(np.inf, value), value)
    return replace(run, metrics=metrics.assign(value=value))


def _of_database(path: Path) -> dict[str, _Run]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            runs = store.execute(
                "SELECT run_uuid, name FROM runs WHERE lifecycle_stage = 'active' ORDER BY start_time"
            ).fetchall()
            metrics = pd.read_sql_query(
                "SELECT run_uuid, step, key AS metric, CASE WHEN is_nan THEN NULL ELSE value END AS value "
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
    return {
        run_id: _Run(
            name or run_id,
            metrics.loc[metrics["run_uuid"] == run_id, ["step", "metric", "value"]],
            {key: value for owner, key, value in params if owner == run_id},
        )
        for run_id, name in runs
    }


def _of_folders(path: Path) -> dict[str, _Run]:
    runs = {}
    for folder in run_folders(path):
        meta = (folder / "meta.yaml").read_text(encoding="utf-8")
        if not re.search(r"^lifecycle_stage: deleted", meta, re.MULTILINE):
            name = re.search(r"^run_name: (.+)$", meta, re.MULTILINE)
            runs[folder.name] = _Run(
                name[1].strip("'\" ") if name else folder.name,
                _metrics(folder / "metrics"),
                {
                    file.relative_to(folder / "params").as_posix(): file.read_text(encoding="utf-8")
                    for file in sorted((folder / "params").rglob("*"))
                    if file.is_file()
                },
            )
    return runs


def _metrics(folder: Path) -> pd.DataFrame:
    """Read one file for each metric; a line is `timestamp value step`, and newer versions append more."""
    rows = []
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        metric = file.relative_to(folder).as_posix()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            words = line.split()
            try:
                rows.append((int(words[0]), int(words[2]), metric, float(words[1])))
            except (ValueError, IndexError):
                raise InvalidInput(
                    field=f"{file}, line {number}",
                    value=line[:60],
                    expected="a timestamp, a value and a step",
                ) from None
    table = pd.DataFrame(rows, columns=["timestamp", "step", "metric", "value"])
    return table.sort_values("timestamp", kind="stable")[["step", "metric", "value"]]


def _wrote(path: Path) -> bool:
    return (path / DATABASE).is_file() or bool(run_folders(path)) if path.is_dir() else is_database(path)


TOOL = Tool("mlflow", "MLflow", _wrote, read_mlflow)
