"""What a part of a document holds of one run: columns, tables, and the parameters beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from training_runs.context_words import parts_of, read_hyperparameters
from training_runs.metric_names import canonical_name
from training_runs.readers.documents.keys import CONFIGS, is_column, is_scalar, leaves, name_of
from training_runs.readers.documents.tables import (
    is_split_frame,
    table_by_key,
    table_of_pairs,
    table_of_rows,
    with_full_names,
)
from training_runs.readers.recording import RawRun, ReadOptions
from training_runs.readers.step_lists import counts, merged_by_step, tables_of_lists

_MOST_OF_A_SETTING = 8  # values in a list beside a run: a longer one is a curve


@dataclass
class _Found:
    """What a document holds of one run: columns by the path to them, tables, and the values beside them."""

    lists: dict[str, list[Any]] = field(default_factory=dict)
    tables: list[pd.DataFrame] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_part(part: Any, beside: Mapping[str, Any], path: str, options: ReadOptions) -> RawRun:
    """Return a run from its part of a document and what stands beside it.

    Raises
    ------
    ValueError : neither lists of values nor records are in it.
    """
    found = _Found()
    if beside:
        _collect_beside(beside, found)
    _collect(part, (), found, path, options)
    tables, notes = [table for table in found.tables if len(table.columns)], tuple(found.notes)
    if (
        found.lists
        and any(any(counts(str(c)) for c in t.columns) for t in tables)
        and not any(map(counts, found.lists))
    ):
        notes += (f"beside the records, not read: {', '.join(found.lists)[:120]}",)
    elif found.lists:
        of_lists, more = tables_of_lists(found.lists, path, options)
        tables, notes = [*tables, *of_lists], (*notes, *more)
    if not tables:
        raise ValueError("; ".join(notes) or "no list of values or records is in it")
    with_steps = [t for t in tables if any(counts(str(c)) for c in t.columns)]
    table = merged_by_step(with_steps) if len(tables) > 1 and with_steps else tables[0]
    reading = read_hyperparameters(found.parameters, "beside the history")
    read = {name for name in found.parameters if read_hyperparameters({name: found.parameters[name]}, "").fields()}
    unread = [name for name in found.parameters if name not in read]
    if unread:
        shown = ", ".join(unread[:8]) + (f" ... ({len(unread)} in all)" if len(unread) > 8 else "")
        notes += (f"beside the history, not read: {shown}",)
    return RawRun(table, reading.fields(), (*notes, *reading.notes))


def _collect_beside(node: Mapping[str, Any], found: _Found) -> None:
    for name, value in leaves(node, ()):
        if not isinstance(value, list | tuple) or len(value) <= _MOST_OF_A_SETTING:  # `betas`, sizes of hidden layers
            found.parameters |= _said(name.removesuffix("/value"), value)


def _said(name: str, value: Any) -> Mapping[str, Any]:
    """Return a parameter, or what a configuration says that is a text: `"hparams": "lr=1e-3, wd=1"`."""
    if not isinstance(value, str) or not CONFIGS.fullmatch(name.rsplit("/", 1)[-1]):
        return {name: value}
    return {part: said for part, said in parts_of(value) if said is not None} or {name: value}


def _collect(node: Any, path: tuple[str, ...], found: _Found, file: str, options: ReadOptions) -> None:
    """Add what a part of a document holds."""
    name = name_of(path)
    if isinstance(node, list) and node:
        _collect_list(node, path, found, file, options)
    elif isinstance(node, dict) and is_split_frame(node):
        found.tables.append(table_of_rows([node["columns"], *node["data"]], file, options))
    elif isinstance(node, dict) and (rows := table_by_key(node)) is not None:
        found.tables.append(with_full_names(rows, name))
        if counts(str(rows.columns[0])) and rows.attrs.get("from_keys"):
            found.notes.append(f"the keys of {name or 'the document'} are read as {rows.columns[0]}")
    elif isinstance(node, dict):
        for key, value in node.items():
            inner = (*path, str(key))
            if CONFIGS.fullmatch(str(key)) and isinstance(value, dict):
                _collect_beside(value, found)
            elif isinstance(value, dict | list):
                _collect(value, inner, found, file, options)
            elif value is not None:
                found.parameters |= _said(name_of(inner), value)


def _collect_list(node: list[Any], path: tuple[str, ...], found: _Found, file: str, options: ReadOptions) -> None:
    name = name_of(path)
    if is_column(node):
        found.lists[name] = [v[0] if isinstance(v, list | tuple) else v for v in node]
    elif (means := _means(node)) is not None and canonical_name(name):
        found.lists[name] = means
        found.notes.append(f"{name}: what stands beside each mean is left out")
    elif all(isinstance(item, dict) for item in node):
        _collect_records(node, path, found)
    elif all(isinstance(item, list | tuple) for item in node):
        if not path or all(isinstance(name, str) for name in node[0]):
            found.tables.append(table_of_rows(node, file, options))
        elif (pairs := table_of_pairs(node, name)) is not None:
            found.tables.append(pairs)
        else:
            found.notes.append(f"{name} is left out: a list of lists")
    else:
        found.notes.append(f"{name or 'a list'} is left out: its values are of several kinds")


def _means(node: Sequence[Any]) -> list[Any] | None:
    """Return the means of `[{"mean": 0.5, "std": 0.01}, ...]`; None for other lists."""
    for key in ("mean", "avg", "average"):
        if all(isinstance(item, dict) and is_scalar(item.get(key)) and item.get(key) is not None for item in node):
            return [item[key] for item in node]
    return None


def _without_envelope(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records whose names do not begin with what holds each as a whole, as `payload/step` does, where none counts otherwise."""
    names = {name: None for record in records for name in record}
    held = [name.rpartition("/")[0] for name in names if "/" in name and counts(name.rpartition("/")[2])]
    if len(set(held)) != 1 or any(map(counts, names)):
        return records
    return [{name.removeprefix(f"{held[0]}/"): value for name, value in record.items()} for record in records]


def _collect_records(records: Sequence[Mapping[str, Any]], path: tuple[str, ...], found: _Found) -> None:
    """Add records as a table; one without a step or a metric, as a first line with the config is, stands beside it."""
    rows = []
    flat = _without_envelope([dict(leaves(record, ())) for record in records])
    have_steps = any(counts(name) for row in flat for name in row)
    for record, row in zip(records, flat, strict=True):
        if have_steps and not any(counts(name) or canonical_name(name) for name in row):
            _collect_beside(record, found)
        else:
            rows.append({n: v for n, v in row.items() if not isinstance(v, list)})
    table = pd.DataFrame(rows)
    prefix = name_of(path)
    if prefix and set(table.columns) == {"x", "y"}:  # points of a chart
        table = table.rename(columns={"x": "step", "y": "value"})
    table = with_full_names(table, prefix)
    if set(table.columns) >= {"step", "value"} and prefix and "metric" not in table.columns:
        table = table.rename(columns={"value": prefix})
    found.tables.append(table)
