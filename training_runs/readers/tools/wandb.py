"""Weights & Biases: a run's history exported as CSV or JSON lines, and the `.wandb` file of a run.

The exports are what `run.scan_history()` gives (a column `_step`) and what the web page downloads (a column `Step` and
`<run> - <metric>` for each run). The `.wandb` file needs the extra `wandb`; its format is not a public one.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.extras import require
from training_runs.metric_names import canonical_name
from training_runs.readers.damage import each_read, note_on_damage
from training_runs.readers.encodings import first_line, uncompressed, unpacked
from training_runs.readers.level_db_log import LogRecords
from training_runs.readers.recording import RawRun, Tool
from training_runs.readers.step_lists import counts
from training_runs.readers.tables import SUFFIXES, parsed

_BETWEEN = " - "  # run and metric in the header of a chart's export
_INTERNAL = {"_runtime", "_timestamp", "_step", "_wandb"}
_TIMES = {"_runtime", "_timestamp"}

_MAGIC = b":W&B"


def is_wandb_table(columns: list[str]) -> bool:
    """Return True if a table's header is that of an export."""
    return "_step" in columns or _is_chart(columns)


def wandb_files(path: Path) -> list[Path]:
    """Return the `.wandb` files that a path is or holds: those of a run's folder, or of the folder `wandb` above such folders."""
    if path.is_file():
        return [path] if path.suffix == ".wandb" else []
    below = (
        sorted(path.glob("*.wandb")),
        sorted(path.glob("*run-*/*.wandb")),
        sorted(path.glob("wandb/*run-*/*.wandb")),
    )
    found = next((files for files in below if files), [])
    return list({file.resolve(): file for file in found}.values())  # `latest-run` is a second name of a run


def runs_of_table(table: pd.DataFrame, name: str) -> dict[str, RawRun]:
    """Return the runs of an exported table; `name` is for a history that does not tell its own."""
    columns = [str(c) for c in table.columns]
    if not _is_chart(columns):
        return {name: _of_history(table)}
    runs: dict[str, dict[str, str]] = {}
    for column in columns:
        run, between, metric = column.rpartition(_BETWEEN)
        if between and not metric.endswith(("__MIN", "__MAX")) and metric not in _INTERNAL:
            runs.setdefault(run, {})[column] = metric
    parts = {}
    first = "_step" if columns[0] == "Step" else columns[0]  # else what was chosen as the axis: `trainer/global_step`
    for run, named in runs.items():
        part = table[[columns[0], *named]].rename(columns={columns[0]: first, **named})
        parts[run] = _of_history(part.dropna(subset=list(named.values()), how="all"))
    return parts


def read_wandb_files(files: list[Path]) -> dict[str, RawRun | InvalidInput]:
    """Return the run of each `.wandb` file as far as it was written, by its name; by the file's where names repeat.

    Raises
    ------
    InvalidInput : the extra is missing.
    """
    require("wandb", extra="wandb")
    named: dict[str, str] = {}
    runs = each_read({file.stem: partial(_read, file, named) for file in files})
    names = list(named.values())
    return {named[stem] if names.count(named.get(stem, "")) == 1 else stem: run for stem, run in runs.items()}


def _read(file: Path, named: dict[str, str]) -> RawRun:
    """Return the run of a `.wandb` file, and note its name in `named`."""
    from google.protobuf.message import DecodeError
    from wandb.proto.wandb_internal_pb2 import Record

    content = file.read_bytes()
    if not content.startswith(_MAGIC):
        raise _damaged(file, "it does not begin as a .wandb file does")
    rows: list[dict[str, Any]] = []
    config: dict[str, Any] = {}
    records = LogRecords(content)
    named[file.stem] = file.stem
    try:
        for each in records:
            record = Record.FromString(each)
            if record.HasField("run"):
                named[file.stem] = record.run.display_name or record.run.run_id or file.stem
                config |= {c.key: json.loads(c.value_json) for c in record.run.config.update}
            if record.HasField("history"):
                rows.append(
                    {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
                )
    except (DecodeError, ValueError) as error:
        raise _damaged(file, str(error)) from None
    damaged = note_on_damage(f"records of {file.name}", [f"byte {at}" for at in records.damaged])
    if not rows:
        raise _damaged(file, "; ".join(damaged) or "it holds no history")
    numbers = [{k: v for k, v in row.items() if isinstance(v, int | float)} for row in rows]
    raw = _of_history(pd.DataFrame(numbers))
    reading = read_hyperparameters(config, "config")
    return RawRun(raw.table, reading.fields(), (*damaged, *raw.notes, *reading.notes))


def _is_chart(columns: list[str]) -> bool:
    first, *others = columns or [""]
    is_own_axis = counts(first) and any(c.endswith("__MIN") for c in others)
    return (first == "Step" or is_own_axis) and any(_BETWEEN in c for c in others)


def _of_history(table: pd.DataFrame) -> RawRun:
    """Take the steps that the training logged; else W&B's own, which count the calls of its log()."""
    own = [c for c in table.columns if str(c) != "_step" and canonical_name(str(c)) == "step"]
    kept = table.drop(columns=[c for c in table.columns if str(c) in _INTERNAL - {"_step", *_TIMES}])
    if own or "_step" not in table.columns:
        return RawRun(kept.drop(columns="_step", errors="ignore"))
    return RawRun(
        kept.rename(columns={"_step": "step"}),
        notes=("_step is read as step: right where log() was given step= or is called once an update",),
    )


def _damaged(path: Path, hint: str) -> InvalidInput:
    return InvalidInput(
        field="HISTORY",
        value=str(path),
        expected="an undamaged .wandb file with a history",
        hint=hint[:120],
    )


def _wrote(path: Path) -> bool:
    return bool(wandb_files(path)) or (path.is_file() and _is_export(path))


def _format(path: Path) -> str | None:
    """Return the format that a file's name tells, be it compressed."""
    return SUFFIXES.get(uncompressed(path).suffix.lower())


def _is_export(path: Path) -> bool:
    """Read in the first line of a text file whether it names columns as an export does."""
    format = _format(path)
    if format not in ("csv", "jsonl"):
        return False
    first = first_line(path).strip()
    if format == "csv":
        return is_wandb_table([name.strip('"') for name in first.split(",")])
    try:
        return is_wandb_table(list(json.loads(first)))
    except (ValueError, TypeError, RecursionError):
        return False


def read_wandb(path: Path) -> dict[str, RawRun | InvalidInput]:
    """Return the runs of `.wandb` files, or of an exported history.

    Raises
    ------
    InvalidInput : it is neither, or damaged.
    """
    files = wandb_files(path)
    if files:
        return read_wandb_files(files)
    content = unpacked(path.read_bytes(), str(path)) if path.is_file() else b""
    table = parsed(content, _format(path) or "csv", str(path)) if content else pd.DataFrame()
    if not is_wandb_table([str(c) for c in table.columns]):
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected="a .wandb file, or an exported history with _step or `Step, <run> - <metric>`",
        )
    return {**runs_of_table(table, uncompressed(path).stem)}


TOOL = Tool("wandb", "W&B", _wrote, read_wandb)
