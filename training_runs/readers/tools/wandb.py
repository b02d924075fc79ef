"""Weights & Biases: a run's history exported as CSV or JSON lines, and the `.wandb` file of a run.

The exports are what `run.scan_history()` gives (a column `_step`) and what the web page downloads (a column `Step` and
`<run> - <metric>` for each run). The `.wandb` file needs the extra `wandb`; its format is not a public one.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.extras import require
from training_runs.readers.metric_names import canonical_name
from training_runs.readers.recording import RawRun, Tool
from training_runs.readers.tables import SUFFIXES, parsed

_BETWEEN = " - "  # run and metric in the header of a chart's export
_INTERNAL = {"_runtime", "_timestamp", "_step", "_wandb"}

# The framing of LevelDB's log: blocks of 32 KiB, each record in one piece or in a first, middle ones and a last.
_BLOCK = 32_768
_MAGIC = b":W&B"
_HEADER = struct.Struct("<IHB")  # checksum, length, kind
_FIRST, _LAST, _FULL = 2, 4, 1


def is_wandb_table(columns: list[str]) -> bool:
    """Return True if a table's header is that of an export."""
    return "_step" in columns or _is_chart(columns)


def wandb_file(path: Path) -> Path | None:
    """Return the `.wandb` file that a path is, or that lies in a run's folder; None where there is none."""
    if path.is_file():
        return path if path.suffix == ".wandb" else None
    files = sorted(path.glob("*.wandb"))
    return files[0] if len(files) == 1 else None


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
    for run, named in runs.items():
        part = table[[columns[0], *named]].rename(columns={columns[0]: "_step", **named})
        parts[run] = _of_history(part.dropna(subset=list(named.values()), how="all"))
    return parts


def read_wandb_file(path: Path) -> dict[str, RawRun]:
    """Return the one run of a `.wandb` file, as far as it was written.

    Raises
    ------
    InvalidInput : the extra is missing, or the file is damaged or holds no history.
    """
    require("wandb", extra="wandb")
    from google.protobuf.message import DecodeError
    from wandb.proto.wandb_internal_pb2 import Record

    rows: list[dict[str, Any]] = []
    config: dict[str, Any] = {}
    name = path.stem
    try:
        for content in _records(path.read_bytes()):
            record = Record.FromString(content)
            if record.HasField("run"):
                name = record.run.display_name or record.run.run_id or name
                config |= {c.key: json.loads(c.value_json) for c in record.run.config.update}
            if record.HasField("history"):
                rows.append(
                    {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
                )
    except (DecodeError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    if not rows:
        raise _damaged(path, "it holds no history")
    numbers = [{k: v for k, v in row.items() if isinstance(v, int | float)} for row in rows]
    raw = _of_history(pd.DataFrame(numbers))
    reading = read_hyperparameters(config, "config")
    return {name: RawRun(raw.table, reading.fields(), (*raw.notes, *reading.notes))}


def _is_chart(columns: list[str]) -> bool:
    return bool(columns) and columns[0] == "Step" and any(_BETWEEN in c for c in columns)


def _of_history(table: pd.DataFrame) -> RawRun:
    """Take the steps that the training logged; else W&B's own, which count the calls of its log()."""
    own = [c for c in table.columns if str(c) != "_step" and canonical_name(str(c)) == "step"]
    kept = table.drop(columns=[c for c in table.columns if str(c) in _INTERNAL - {"_step"}])
    if own:
        return RawRun(kept.drop(columns="_step", errors="ignore"))
    return RawRun(
        kept.rename(columns={"_step": "step"}),
        notes=("_step is read as step: right where log() was given step= or is called once an update",),
    )


def _records(content: bytes) -> Iterator[bytes]:
    """Yield the records; one that the end of the file cuts off is left out, since a run may still be writing."""
    if content[: len(_MAGIC)] != _MAGIC:
        raise ValueError("it does not begin as a .wandb file does")
    at, parts = _HEADER.size, b""  # the file's own header has the length of a record's
    while at + _HEADER.size <= len(content):
        left = _BLOCK - at % _BLOCK
        if left < _HEADER.size:  # too short for a header: padding
            at += left
            continue
        _, length, kind = _HEADER.unpack_from(content, at)
        at += _HEADER.size
        if kind == 0 and length == 0:
            return
        if kind not in (1, 2, 3, 4) or length > left - _HEADER.size:
            raise ValueError(f"no record where one is expected, at byte {at - _HEADER.size}")
        if at + length > len(content):
            return
        parts = (b"" if kind in (_FULL, _FIRST) else parts) + content[at : at + length]
        at += length
        if kind in (_FULL, _LAST):
            yield parts


def _damaged(path: Path, hint: str) -> InvalidInput:
    return InvalidInput(
        field="HISTORY",
        value=str(path),
        expected="an undamaged .wandb file with a history",
        hint=hint[:120],
    )


def _wrote(path: Path) -> bool:
    return wandb_file(path) is not None or (path.is_file() and _is_export(path))


def _is_export(path: Path) -> bool:
    """Read in the first line of a text file whether it names columns as an export does."""
    format = SUFFIXES.get(path.suffix.lower())
    if format not in ("csv", "jsonl"):
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        first = lines.readline(1_000_000).strip()
    if format == "csv":
        return is_wandb_table([name.strip('"') for name in first.split(",")])
    try:
        return is_wandb_table(list(json.loads(first)))
    except (ValueError, TypeError, RecursionError):
        return False


def read_wandb(path: Path) -> dict[str, RawRun]:
    """Return the runs of a `.wandb` file, or of an exported history.

    Raises
    ------
    InvalidInput : it is neither, or damaged.
    """
    file = wandb_file(path)
    if file is not None:
        return read_wandb_file(file)
    format = SUFFIXES.get(path.suffix.lower(), "csv")
    table = parsed(path.read_bytes(), format, str(path)) if path.is_file() else pd.DataFrame()
    if not is_wandb_table([str(c) for c in table.columns]):
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected="a .wandb file, or an exported history with _step or `Step, <run> - <metric>`",
        )
    return runs_of_table(table, path.stem)


TOOL = Tool("wandb", "W&B", _wrote, read_wandb)
