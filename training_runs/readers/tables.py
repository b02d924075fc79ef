"""Plain tables: CSV, JSON, JSON lines and Parquet, wide (a column a signal) or long (step, metric, value)."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from training_runs.errors import InvalidInput
from training_runs.readers.names import Recording, canonical_name, read_columns
from training_runs.trajectory import Trajectory

FORMATS = ("auto", "csv", "json", "jsonl", "parquet")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_LONG = {"metric", "value"}


def read_recording(path: str, format: str = "auto") -> Recording:
    """Return the histories in a file, or in standard input where the path is `-`.

    A column `run_id` makes several runs; without it the one run is called by the file's name.

    Raises
    ------
    InvalidInput : no such file, an unknown or damaged format, or columns that cannot be read as a history.
    """
    content, name = _content(path)
    format = _format(path, format)
    table = _table(content, format, path)
    if "run_id" not in table.columns:
        return _recording({name: table}, path)
    parts = {str(r): part.drop(columns="run_id") for r, part in table.groupby("run_id", sort=False)}
    return _recording(parts, path)


def _recording(tables: dict[str, pd.DataFrame], path: str) -> Recording:
    histories: dict[str, Trajectory] = {}
    notes: dict[str, None] = {}  # an ordered set
    for run, table in tables.items():
        if set(table.columns) >= _LONG | {"step"}:
            table = table.pivot_table(
                index="step", columns="metric", values="value", aggfunc="last", sort=False
            ).reset_index()
        histories[run], new = read_columns(table, path)
        notes |= dict.fromkeys(new)
    return Recording(histories, tuple(notes))


def _content(path: str) -> tuple[bytes, str]:
    if path == "-":
        return sys.stdin.buffer.read(), "stdin"
    try:
        return Path(path).read_bytes(), Path(path).stem
    except OSError as error:
        raise InvalidInput(
            field="HISTORY",
            value=path,
            expected="a file that can be read",
            hint=str(error.strerror),
        ) from None


def _format(path: str, format: str) -> str:
    if format not in FORMATS:
        raise InvalidInput(field="--format", value=format, expected=f"one of {', '.join(FORMATS)}")
    if format != "auto":
        return format
    if path == "-":
        return "csv"
    try:
        return _SUFFIXES[Path(path).suffix.lower()]
    except KeyError:
        raise InvalidInput(
            field="HISTORY",
            value=path,
            expected=f"a file ending in {', '.join(_SUFFIXES)}",
            hint="or say which with --format",
        ) from None


def _table(content: bytes, format: str, path: str) -> pd.DataFrame:
    try:
        if format == "parquet":
            return pd.read_parquet(io.BytesIO(content))
        text = content.decode("utf-8-sig")
        if format == "csv":
            # Without an index: a row with one value too many must not shift the others.
            separator = _separator(text)
            return pd.read_csv(io.StringIO(text), sep=separator, comment="#", index_col=False)
        if format == "jsonl":
            return pd.DataFrame([json.loads(line) for line in text.splitlines() if line.strip()])
        return pd.DataFrame(_history(json.loads(text)))
    except (
        ValueError,
        TypeError,
        AttributeError,
        pa.ArrowInvalid,
        pd.errors.ParserError,
        RecursionError,
    ) as error:
        raise InvalidInput(
            field=path,
            value=f"a file of {len(content)} bytes",
            expected=f"{format} with a column for `step` and one for each signal",
            hint=str(error).split("\n")[0][:120],
        ) from None


def _separator(text: str) -> str:
    """Return the character that splits the first line into names among which there is a step."""
    header = next((line for line in text.splitlines() if line.strip() and line[0] != "#"), "")
    for separator in (",", ";", "\t", "|"):
        if any(canonical_name(n) == "step" for n in header.replace('"', "").split(separator)):
            return separator
    return ","


def _history(document: Any) -> Any:
    """Take the history out of a request to the service; columns and records are taken as they are."""
    if isinstance(document, dict):
        return document.get("history", document)
    return document
