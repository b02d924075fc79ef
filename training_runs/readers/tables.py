"""Plain tables: CSV, JSON, JSON lines and Parquet, wide (a column a signal) or long (step, metric, value)."""

import io
import json
from typing import Any

import pandas as pd
import pyarrow as pa

from training_runs.errors import InvalidInput
from training_runs.metric_names import canonical_name
from training_runs.readers.recording import RawRun, wide

_LONG = {"step", "metric", "value"}


def read_table(content: bytes, format: str, name: str, path: str) -> dict[str, RawRun]:
    """Return the runs of a table; a column `run_id` makes several, else the one run has the name that is given.

    Raises
    ------
    InvalidInput : the content is not of its format.
    """
    table = parsed(content, format, path)
    if "run_id" not in table.columns:
        return {name: _run(table)}
    return {
        str(run): _run(part.drop(columns="run_id"))
        for run, part in table.groupby("run_id", sort=False)
    }


def _run(table: pd.DataFrame) -> RawRun:
    return RawRun(
        wide(table[["step", "metric", "value"]]) if set(table.columns) >= _LONG else table
    )


def parsed(content: bytes, format: str, path: str) -> pd.DataFrame:
    """Return a file's content as a table, columns under their own names."""
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
        names = header.replace('"', "").split(separator)
        if any(canonical_name(n) == "step" or n.strip().lower() == "epoch" for n in names):
            return separator
    return ","


def _history(document: Any) -> Any:
    """Take the history out of a request to the service; columns and records are taken as they are."""
    if isinstance(document, dict):
        return document.get("history", document)
    return document
