"""JSON as people dump it: lists beside a config, records under any key, nested splits, one part a run."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from training_runs.context_words import parts_of, read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.cells import unwrapped
from training_runs.readers.metric_names import canonical_name
from training_runs.readers.recording import RawRun, ReadOptions
from training_runs.readers.step_lists import counts, merged_by_step, tables_of_lists

_MOST_OF_A_SETTING = 8  # values in a list beside a run: a longer one is a curve
# Keys whose content is never a metric.
_CONFIGS = re.compile(
    "config|configuration|cfg|conf|args|arguments|argv|hparams|hyper_?param(eter)?s|params|parameters|settings|options|opts"
    "|flags|setup|meta|metadata|context",
    re.IGNORECASE,
)
# Keys that say no more of a metric than that it is one.
_CONTAINERS = re.compile(
    "metrics?|log(s|ged)?|history|histories|log_history|results?|data|scalars|stats|statistics|records|curves|values|trajectory"
    "|training|runs?|experiments?|outputs?|series",
    re.IGNORECASE,
)
_KINDS = re.compile("loss(es)?|acc(s|uracy|uracies)?|norms?", re.IGNORECASE)
_NAMES_OF_RUNS = ("run_id", "run_name", "run", "name", "id", "experiment", "trial", "seed")
_LITERAL_BYTES = 2_000_000  # of Python's own notation, at most: it is parsed slowly
_NOT_A_NUMBER = re.compile(r"(?<![\w'\"])(-?)(nan|inf|Infinity|NaN)(?![\w'\"])")
_COUNTED_KEY = re.compile(r"^(?:(epoch|step|iter|iteration)s?[ _-]?)?(\d+)$", re.IGNORECASE)


@dataclass
class _Found:
    """What a document holds of one run: columns by the path to them, tables, and the values beside them."""

    lists: dict[str, list[Any]] = field(default_factory=dict)
    tables: list[pd.DataFrame] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def document_of(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return what a text of JSON, JSON lines or Python's own notation holds, and notes.

    Raises
    ------
    ValueError : it is none of these, with the first line that is not.
    """
    try:
        return json.loads(text), ()
    except ValueError as error:
        lines = [(k, line) for k, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].lstrip().startswith(("{", "[")):
            return _literal(text, error), ()
        first = error
    try:
        _line(lines[0][1])
    except ValueError:  # a document of several lines
        return _literal(text, first), ()
    return _of_lines(lines, text)


def runs_of(document: Any, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the runs of a document, each as a table under its own names with the context beside it.

    Raises
    ------
    InvalidInput : no history is in it, or lists that do not fit their steps.
    """
    return {run: _run(part, beside, path, options) for run, part, beside in _parts(document, name, {})}


def _of_lines(lines: Sequence[tuple[int, str]], text: str) -> tuple[list[Any], tuple[str, ...]]:
    """Return the values of JSON lines; a last one without its end is left out where it was cut off."""
    read = []
    for k, line in lines:
        try:
            read.append(_line(line))
        except ValueError:
            if k == lines[-1][0] and not text.endswith("\n"):
                return read, (f"the last line is cut off and left out: {line.strip()[:40]}",)
            raise ValueError(f"line {k} is no JSON: {line.strip()[:60]}") from None
    return read, ()


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        return _literal(line, error)


def _literal(text: str, error: ValueError) -> Any:
    """Return what Python prints: `{'step': 1, 'loss': tensor(0.3)}`."""
    start = text.lstrip()[:1]
    if start not in ("{", "[") or len(text) > _LITERAL_BYTES:
        raise error
    plain = _NOT_A_NUMBER.sub(lambda m: f"{m[1]}1e999" if m[2].startswith(("i", "I")) else "None", unwrapped(text))
    try:
        return ast.literal_eval(plain.strip())
    except (ValueError, SyntaxError, MemoryError, TypeError):
        raise error from None


def _parts(node: Any, name: str, beside: Mapping[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield the runs in a document: name, content, and what stands beside it and holds for each."""
    if isinstance(node, list) and node and all(isinstance(item, dict) and _holds_lists(item) for item in node):
        names = _names_of_runs(node)
        for run, item in zip(names, node, strict=True):
            yield from _parts(item, name if len(node) == 1 else run, beside)
        return
    if not isinstance(node, dict) or _is_split_frame(node):
        yield name, node, beside
        return
    inner = {k: v for k, v in node.items() if not _CONFIGS.fullmatch(str(k)) and _is_history(v)}
    around = {**beside, **{k: v for k, v in node.items() if k not in inner}}
    if len(inner) > 1 and _repeat_signals(inner):
        for run, part in inner.items():
            yield from _parts(part, str(run), around)
    elif len(inner) == 1 and not any(_is_column(v) for k, v in around.items() if not _CONFIGS.fullmatch(str(k))):
        ((key, part),) = inner.items()
        if _is_split(str(key)) or _KINDS.fullmatch(str(key)):
            yield name, node, beside
        else:
            yield from _parts(part, name, around)
    else:
        yield name, node, beside


def _names_of_runs(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return names for runs: the first of the usual keys whose values differ, else their numbers."""
    for key in _NAMES_OF_RUNS:
        values = [item.get(key) for item in items]
        if all(isinstance(v, str | int | float) for v in values) and len(set(map(str, values))) == len(values):
            return [f"{key} {v}" if isinstance(v, int | float) else v for v in map(_tidy, values)]
    return [f"run {k}" for k in range(1, len(items) + 1)]


def _tidy(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _run(part: Any, beside: Mapping[str, Any], path: str, options: ReadOptions) -> RawRun:
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
    for name, value in _leaves(node, ()):
        if not isinstance(value, list | tuple) or len(value) <= _MOST_OF_A_SETTING:  # `betas`, sizes of hidden layers
            found.parameters |= _said(name.removesuffix("/value"), value)


def _said(name: str, value: Any) -> Mapping[str, Any]:
    """Return a parameter, or what a configuration says that is a text: `"hparams": "lr=1e-3, wd=1"`."""
    if not isinstance(value, str) or not _CONFIGS.fullmatch(name.rsplit("/", 1)[-1]):
        return {name: value}
    return {part: said for part, said in parts_of(value) if said is not None} or {name: value}


def _collect(node: Any, path: tuple[str, ...], found: _Found, file: str, options: ReadOptions) -> None:
    """Add what a part of a document holds."""
    name = _name(path)
    if isinstance(node, list) and node:
        _collect_list(node, path, found, file, options)
    elif isinstance(node, dict) and _is_split_frame(node):
        found.tables.append(_table_of_rows([node["columns"], *node["data"]], file, options))
    elif isinstance(node, dict) and (rows := _indexed(node)) is not None:
        found.tables.append(_in_full(rows, name))
        if counts(str(rows.columns[0])) and rows.attrs.get("from_keys"):
            found.notes.append(f"the keys of {name or 'the document'} are read as {rows.columns[0]}")
    elif isinstance(node, dict):
        for key, value in node.items():
            inner = (*path, str(key))
            if _CONFIGS.fullmatch(str(key)) and isinstance(value, dict):
                _collect_beside(value, found)
            elif isinstance(value, dict | list):
                _collect(value, inner, found, file, options)
            elif value is not None:
                found.parameters |= _said(_name(inner), value)


def _collect_list(node: list[Any], path: tuple[str, ...], found: _Found, file: str, options: ReadOptions) -> None:
    name = _name(path)
    if _is_column(node):
        found.lists[name] = [v[0] if isinstance(v, list | tuple) else v for v in node]
    elif (means := _means(node)) is not None and canonical_name(name):
        found.lists[name] = means
        found.notes.append(f"{name}: what stands beside each mean is left out")
    elif all(isinstance(item, dict) for item in node):
        _collect_records(node, path, found)
    elif all(isinstance(item, list | tuple) for item in node):
        if not path or all(isinstance(name, str) for name in node[0]):
            found.tables.append(_table_of_rows(node, file, options))
        elif (pairs := _pairs(node, name)) is not None:
            found.tables.append(pairs)
        else:
            found.notes.append(f"{name} is left out: a list of lists")
    else:
        found.notes.append(f"{name or 'a list'} is left out: its values are of several kinds")


def _means(node: Sequence[Any]) -> list[Any] | None:
    """Return the means of `[{"mean": 0.5, "std": 0.01}, ...]`; None for other lists."""
    for key in ("mean", "avg", "average"):
        if all(isinstance(item, dict) and _is_scalar(item.get(key)) and item.get(key) is not None for item in node):
            return [item[key] for item in node]
    return None


def _collect_records(records: Sequence[Mapping[str, Any]], path: tuple[str, ...], found: _Found) -> None:
    """Add records as a table; one without a step or a metric, as a first line with the config is, stands beside it."""
    rows = []
    flat = [dict(_leaves(record, ())) for record in records]
    have_steps = any(counts(name) for row in flat for name in row)
    for record, row in zip(records, flat, strict=True):
        if have_steps and not any(counts(name) or canonical_name(name) for name in row):
            _collect_beside(record, found)
        else:
            rows.append({n: v for n, v in row.items() if not isinstance(v, list)})
    table = pd.DataFrame(rows)
    prefix = _name(path)
    if prefix and set(table.columns) == {"x", "y"}:  # points of a chart
        table = table.rename(columns={"x": "step", "y": "value"})
    table = _in_full(table, prefix)
    if set(table.columns) >= {"step", "value"} and prefix and "metric" not in table.columns:
        table = table.rename(columns={"value": prefix})
    found.tables.append(table)


def _in_full(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
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


def _pairs(rows: list[Any], name: str) -> pd.DataFrame | None:
    """Return the table of `[[step, value], ...]`, or of TensorBoard's `[[wall time, step, value], ...]`."""
    if any(len(row) not in (2, 3) or len(row) != len(rows[0]) for row in rows):
        return None
    if not all(_is_scalar(v) for row in rows for v in row):
        return None
    return pd.DataFrame({"step": [row[-2] for row in rows], name: [row[-1] for row in rows]})


def _table_of_rows(rows: list[Any], file: str, options: ReadOptions) -> pd.DataFrame:
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


def _indexed(node: Mapping[Any, Any]) -> pd.DataFrame | None:
    """Return the table of a dictionary by row or step: `{"0": {...}, "1": {...}}`, `{"loss": {"0": 3.9, "1": ...}}`."""
    if not node:
        return None
    if all(isinstance(v, dict) for v in node.values()) and all(map(_counted, node)):
        table = pd.DataFrame([{n: v for n, v in _leaves(r, ()) if _is_scalar(v)} for r in node.values()])
        return _with_keys(table, list(node)) if len(table.columns) else None
    columns = {k: v for k, v in node.items() if isinstance(v, dict) and v and all(map(_counted, v)) and _is_flat(v)}
    if not columns or any(isinstance(v, list) for v in node.values()):
        return None
    keys = list(dict.fromkeys(key for column in columns.values() for key in column))
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


def _counted(key: Any) -> re.Match[str] | None:
    return _COUNTED_KEY.match(str(key))


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the values of nested dictionaries by their paths; lists are values."""
    for key, value in node.items():
        inner = (*path, str(key))
        if isinstance(value, dict):
            yield from _leaves(value, inner)
        else:
            yield _name(inner), value[0] if isinstance(value, list) and len(value) == 1 else value


def _name(path: Sequence[str]) -> str:
    """Return the name of a path, without first words that say only that metrics follow, or what is said again."""
    kept = list(path)
    while len(kept) > 1 and (_CONTAINERS.fullmatch(kept[0]) or _is_said_again(kept[0], kept[1:])):
        kept.pop(0)
    return "/".join(kept)


def _is_said_again(word: str, path: Sequence[str]) -> bool:
    """Return True if a name has the split or the kind that the key around it is: `losses/train_loss`, `val/val_acc`."""
    signal = canonical_name("/".join(path))
    if signal is None or signal == "step":
        return False
    of_split = canonical_name(f"{word}_loss")
    return bool(_KINDS.fullmatch(word)) or (of_split is not None and signal.split("_")[0] == of_split.split("_")[0])


def _is_split_frame(node: Mapping[str, Any]) -> bool:
    """Return True if a document is what pandas' `to_json(orient="split")` or a table of W&B is."""
    return (
        isinstance(node.get("columns"), list)
        and isinstance(node.get("data"), list)
        and all(isinstance(row, list) for row in node["data"])
    )


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_column(value: Any) -> bool:
    """Return True for a list of single values, or of lists of one each."""
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(_is_scalar(v) or (isinstance(v, list | tuple) and len(v) == 1 and _is_scalar(v[0])) for v in value)
    )


def _is_flat(node: Mapping[str, Any]) -> bool:
    return all(_is_scalar(v) for v in node.values())


def _is_history(node: Any) -> bool:
    """Return True for what holds the metrics of a run or of runs: lists in dictionaries, or records."""
    if isinstance(node, dict):
        return _holds_lists(node) or _indexed(node) is not None
    return isinstance(node, list) and bool(node) and all(isinstance(item, dict) for item in node)


def _holds_lists(node: Mapping[str, Any]) -> bool:
    return any(
        (_is_column(v) and len(v) > 1 and not isinstance(v[0], str))
        or (isinstance(v, dict) and _holds_lists(v))
        or (isinstance(v, list) and len(v) > 1 and isinstance(v[0], dict | list))
        for k, v in node.items()
        if not _CONFIGS.fullmatch(str(k))
    )


def _repeat_signals(parts: Mapping[str, Any]) -> bool:
    """Return True if parts of a document hold the same signals each: then each is a run; else they complement each other."""
    if any(_is_split(str(key)) for key in parts):
        return False
    seen: set[str] = set()
    for part in parts.values():
        signals = {s for name in _names(part) if (s := canonical_name(name)) and s != "step"}
        if signals & seen:
            return True
        seen |= signals
    return False


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if isinstance(value, dict):
                yield from (_name((str(key), *name.split("/"))) for name in _names(value))
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                yield from _names(value)
            else:
                yield str(key)
    elif isinstance(part, list):
        for item in part[:2]:
            yield from _names(item) if isinstance(item, dict) else ()


def _is_split(key: str) -> bool:
    return canonical_name(f"{key}_loss") is not None and canonical_name(key) is None
