"""The tables that parts of a document are: rows, pairs, dictionaries by step."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.metric_names import canonical_name
from training_runs.readers.documents.keys import is_flat, is_scalar, leaves
from training_runs.readers.recording import ReadOptions
from training_runs.readers.step_lists import counts

_COUNTED_KEY = re.compile(r"^(?:(epoch|step|iter|iteration)s?[ _-]?)?(\d+)$", re.IGNORECASE)


def is_split_frame(node: Mapping[str, Any]) -> bool:
    """Return True if a document is what pandas' `to_json(orient="split")` or a table of W&B is."""
    return (
        isinstance(node.get("columns"), list)
        and isinstance(node.get("data"), list)
        and all(isinstance(row, list) for row in node["data"])
    )


def table_of_rows(rows: list[Any], file: str, options: ReadOptions) -> pd.DataFrame:
    """Return the table of a list of rows, whose first names the columns."""
    names, *others = rows
    if not all(isinstance(n, str) for n in names):
        names, others = list(options.columns), rows
        if not names and len(rows[0]) == 3 and all(_is_time(row) for row in rows):
            names = ["Wall time", "Step", "Value"]
    if not names:
        raise InvalidInput(
            field=file,
            value=f"rows of numbers: {str(rows[0])[:60]}",
            expected="a first row that names the columns",
            hint="give the names with --columns, such as --columns step,train_acc,val_acc",
        )
    if any(len(row) != len(names) for row in others):
        raise ValueError(f"rows of other lengths than the {len(names)} names")
    return pd.DataFrame([list(row) for row in others], columns=list(names))


def _is_time(row: Any) -> bool:
    return len(row) == 3 and isinstance(row[0], float | int) and row[0] > 1e8


def table_of_pairs(rows: list[Any], name: str) -> pd.DataFrame | None:
    """Return the table of `[[step, value], ...]`, or of TensorBoard's `[[wall time, step, value], ...]`."""
    if any(len(row) not in (2, 3) or len(row) != len(rows[0]) for row in rows):
        return None
    if not all(is_scalar(v) for row in rows for v in row):
        return None
    return pd.DataFrame({"step": [row[-2] for row in rows], name: [row[-1] for row in rows]})


def table_by_key(node: Mapping[Any, Any]) -> pd.DataFrame | None:
    """Return the table of a dictionary by row or step: `{"0": {...}, "1": {...}}`, `{"loss": {"0": 3.9, "1": ...}}`."""
    if not node:
        return None
    if all(isinstance(v, dict) for v in node.values()) and all(map(_counted, node)):
        table = pd.DataFrame([{n: v for n, v in leaves(r, ()) if is_scalar(v)} for r in node.values()])
        return _with_keys(table, list(node)) if len(table.columns) else None
    columns = {k: v for k, v in node.items() if isinstance(v, dict) and v and all(map(_counted, v)) and is_flat(v)}
    if not columns or any(isinstance(v, list) for v in node.values()):
        return None
    keys = list(dict.fromkeys(key for column in columns.values() for key in column))
    if all(_rise(list(column)) for column in columns.values()):  # each at its own steps
        keys.sort(key=_number)
    table = pd.DataFrame({str(k): [column.get(key) for key in keys] for k, column in columns.items()})
    return _with_keys(table, keys)


def _with_keys(table: pd.DataFrame, keys: Sequence[Any]) -> pd.DataFrame:
    """Return a table with its keys as steps (or epochs, where they are called so), unless it has steps."""
    if any(counts(str(c)) for c in table.columns):
        return table
    found = [m for key in keys if (m := _counted(key))]
    kind = "epoch" if (found[0][1] or "").lower() == "epoch" else "step"
    table.insert(0, kind, [int(m[2]) for m in found])
    table.attrs["from_keys"] = True
    return table


def _rise(keys: Sequence[Any]) -> bool:
    numbers = list(map(_number, keys))
    return numbers == sorted(numbers)


def _number(key: Any) -> int:
    counted = _counted(key)
    return int(counted[2]) if counted else -1


def _counted(key: Any) -> re.Match[str] | None:
    return _COUNTED_KEY.match(str(key))


def with_full_names(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Return a table whose columns are named with the path to them, where that says more."""
    if not prefix:
        return table
    names = {c: c if counts(str(c)) else _better(f"{prefix}/{c}", str(c)) for c in table}
    renamed = table.rename(columns=names)
    renamed.attrs = table.attrs
    return renamed


def _better(long: str, short: str) -> str:
    """Return the name that says more: the one with the path, unless the short one is a known signal or the long one is none."""
    return short if canonical_name(short) or short in ("metric", "value") else long
