"""ClearML's offline sessions, read without ClearML: `offline-ID.zip`, or its folder, with `metrics.jsonl` and `task.json`.

What `Task.get_reported_scalars()` returns is read as JSON.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.damage import note_on_damage, record_of
from training_runs.readers.encodings import damaged_text
from training_runs.readers.known_documents import scalar_name
from training_runs.readers.recording import RawRun, Tool, wide

_UNPACKED_BYTES = 64 * 2**20  # of a zip: 300,000 scalars
_METRICS, _TASK = "metrics.jsonl", "task.json"
# Cut off, altered, encrypted, or packed in a way that is not known.
_NO_ZIP = (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError, NotImplementedError)
_SCALAR = "training_stats_scalar"  # single values, as `report_single_value` makes them, have a negative `iter`


def read_clearml(path: Path) -> dict[str, RawRun]:
    """Return the one run of a session, by the name of its task.

    Raises
    ------
    InvalidInput : no session, a damaged one, or no scalars in it.
    """
    try:
        metrics, task = _texts(path)
    except _NO_ZIP as error:
        raise _unreadable(path, str(error)) from None
    points: list[tuple[int, str, float, float | None]] = []
    damaged = []
    for line in metrics.splitlines():
        try:
            points += [_point(event) for event in record_of(line) if event["type"] == _SCALAR and event["iter"] >= 0]
        except (ValueError, KeyError, TypeError, RecursionError):
            damaged += [line] if line.strip() else []
    notes = note_on_damage(f"lines of {_METRICS}", damaged)
    if not points:
        raise _unreadable(path, "; ".join(notes) or "no scalar was reported")
    described, of_task = _description(task)
    reading = read_hyperparameters(_hyperparameters(described), "hyperparameters")
    table = wide(pd.DataFrame(points, columns=["step", "metric", "value", "time"]))
    name = str(described.get("name") or path.stem)
    return {name: RawRun(table, reading.fields(), (*notes, *of_task, *reading.notes))}


def _point(event: dict[str, Any]) -> tuple[int, str, float, float | None]:
    """Return step, metric, value and time (in milliseconds since 1970; None where there is none)."""
    time = event.get("timestamp")
    return (
        int(event["iter"]),
        scalar_name(str(event["metric"]), str(event["variant"])),
        float(event["value"]),
        None if time is None else float(time),
    )


def _texts(path: Path) -> tuple[str, str]:
    """Return the metrics and the description of the task; of a zip no more than is sensible is unpacked."""
    if path.is_dir():
        return tuple(damaged_text((path / name).read_bytes()) for name in (_METRICS, _TASK))  # type: ignore[return-value]
    with zipfile.ZipFile(path) as session:
        parts = [session.getinfo(name) for name in (_METRICS, _TASK)]
        if sum(part.file_size for part in parts) > _UNPACKED_BYTES:
            raise ValueError(f"it unpacks to more than {_UNPACKED_BYTES // 2**20} MiB")
        metrics, task = (damaged_text(session.read(part)) for part in parts)
    return metrics, task


def _description(task: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    try:
        described = record_of(task)
    except (ValueError, RecursionError):
        described = None
    return (described, ()) if isinstance(described, dict) else ({}, note_on_damage(f"{_TASK}:", [task]))


def _hyperparameters(task: dict[str, Any]) -> dict[str, Any]:
    """Return the values in `{section: {name: {"value": ...}}}` by `section/name`."""
    sections = task.get("hyperparams")
    return {
        f"{section}/{name}": entry["value"]
        for section, entries in (sections.items() if isinstance(sections, dict) else ())
        if isinstance(entries, dict)
        for name, entry in entries.items()
        if isinstance(entry, dict) and "value" in entry
    }


def _unreadable(path: Path, hint: str) -> InvalidInput:
    expected = f"an offline session of ClearML: a zip or a folder with {_METRICS} and {_TASK}"
    return InvalidInput(field="HISTORY", value=str(path), expected=expected, hint=hint.split("\n")[0][:120])


def _wrote(path: Path) -> bool:
    if path.is_dir():
        return (path / _METRICS).is_file() and (path / _TASK).is_file()
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as session:
        return {_METRICS, _TASK} <= set(session.namelist())


TOOL = Tool("clearml", "ClearML", _wrote, read_clearml)
