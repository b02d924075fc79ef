"""Plain tables: CSV, JSON, JSON lines and Parquet, wide (a column a signal) or long (step, metric, value)."""

import io
import json
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from training_runs.errors import InvalidInput
from training_runs.readers.metric_names import canonical_name
from training_runs.readers.recording import RawRun, wide

# Of files that are tables, and their formats.
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_LONG = {"step", "metric", "value"}


def read_table(content: bytes, format: str, name: str, path: str) -> dict[str, RawRun]:
    """Return the runs of a table; a column `run_id` makes several, else the one run has the name that is given.

    Raises
    ------
    InvalidInput : the content is not of its format, or a request to the service with a context or question that cannot be.
    """
    table, document, notes = _read(content, format, path)
    context, question = _context_and_question(document) if _is_request(document) else ({}, {})
    parts = {name: table}
    if "run_id" in table.columns:
        parts = {str(run): part.drop(columns="run_id") for run, part in table.groupby("run_id", sort=False)}
    return {run: RawRun(_wide(part), context, notes, question) for run, part in parts.items()}


def parsed(content: bytes, format: str, path: str) -> pd.DataFrame:
    """Return a file's content as a table, columns under their own names."""
    return _read(content, format, path)[0]


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    return wide(table[["step", "metric", "value"]]) if set(table.columns) >= _LONG else table


def _read(content: bytes, format: str, path: str) -> tuple[pd.DataFrame, Any, tuple[str, ...]]:
    """Return a file's content as a table, the document of JSON that it is, and notes."""
    document: Any = None
    notes: tuple[str, ...] = ()
    try:
        if format == "parquet":
            table = pd.read_parquet(io.BytesIO(content))
        elif format == "csv":
            table, notes = _of_csv(content.decode("utf-8-sig"))
        elif format == "jsonl":
            lines = content.decode("utf-8-sig").split("\n")
            table = pd.DataFrame([json.loads(line) for line in lines if line.strip()])
        else:
            document = json.loads(content.decode("utf-8-sig"))
            table = pd.DataFrame(document["history"] if _is_request(document) else document)
    except (
        ValueError,
        TypeError,
        AttributeError,
        pa.ArrowInvalid,
        pd.errors.ParserError,
        RecursionError,
        OverflowError,
    ) as error:
        raise InvalidInput(
            field=path,
            value=f"a file of {len(content)} bytes",
            expected=f"{format} with a column for `step` and one for each signal",
            hint=str(error).split("\n")[0][:120],
        ) from None
    return table, document, notes


def _of_csv(text: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    rows = _without_comments(text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Without an index: a row with one value too many must not shift the others.
        table = pd.read_csv(io.StringIO(rows), sep=_separator(rows), index_col=False)
    if any(issubclass(w.category, pd.errors.ParserWarning) for w in caught):
        return table, ("rows have more values than there are columns: what is beyond is left out",)
    return table, ()


def _without_comments(text: str) -> str:
    """Return the lines that do not begin with #; elsewhere it is text, and so it is in a cell of several lines."""
    kept, is_in_quotes = [], False
    for line in io.StringIO(text, newline=None):
        if is_in_quotes or not line.startswith("#"):
            kept.append(line)
            is_in_quotes ^= line.count('"') % 2 == 1
    return "".join(kept)


def _separator(rows: str) -> str:
    """Return the character that splits the first line into names among which there is a step."""
    header = next((line for line in io.StringIO(rows) if line.strip()), "")
    for separator in (",", ";", "\t", "|"):
        names = header.replace('"', "").split(separator)
        if any(canonical_name(n) == "step" or n.strip().lower() == "epoch" for n in names):
            return separator
    return ","


def _is_request(document: Any) -> bool:
    """Return True if a document is a request to the service; columns and records are taken as they are."""
    return isinstance(document, dict) and "history" in document


def _context_and_question(request: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the context and the question of a request, those of its fields that are not null."""
    context = request.get("context") or {}
    if not isinstance(context, dict):
        raise InvalidInput(field="context", value=context, expected="an object of fields")
    horizon, target = request.get("horizon_step"), request.get("target_accuracy")
    if horizon is not None and not (_is_number(horizon) and horizon > 0 and horizon % 1 == 0):
        raise InvalidInput(field="horizon_step", value=horizon, expected="a whole number > 0")
    if target is not None and not (_is_number(target) and 0 < target <= 1):
        raise InvalidInput(field="target_accuracy", value=target, expected="a number in (0, 1]")
    question = {"horizon_step": horizon and int(horizon), "target_accuracy": target}
    return _known(context), _known(question)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
