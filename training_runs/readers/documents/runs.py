"""The runs of a document: where each is, its name, and what stands beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training_runs.metric_names import canonical_name
from training_runs.readers.documents.contents import read_part
from training_runs.readers.documents.keys import CONFIGS, KINDS, are_records, is_column, is_scalar, is_split, name_of
from training_runs.readers.documents.tables import is_split_frame, table_by_key
from training_runs.readers.recording import RawRun, ReadOptions
from training_runs.readers.step_lists import counts

_NAMES_OF_RUNS = ("run_id", "run_name", "run", "name", "id", "experiment", "trial", "seed")


def runs_of(document: Any, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the runs of a document, each as a table under its own names with the context beside it.

    Raises
    ------
    InvalidInput : no history is in it, or lists that do not fit their steps.
    """
    return {run: read_part(part, beside, path, options) for run, part, beside in _parts(document, name, {})}


def _parts(node: Any, name: str, beside: Mapping[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield the runs in a document: name, content, and what stands beside it and holds for each."""
    is_of_runs = are_records(node) and all(_holds_lists(item) and not _is_checkpoint(item) for item in node)
    if is_of_runs:
        names = _names_of_runs(node)
        for run, item in zip(names, node, strict=True):
            yield from _parts(item, name if len(node) == 1 else run, beside)
        return
    if not isinstance(node, dict) or is_split_frame(node):
        yield name, node, beside
        return
    inner = {k: v for k, v in node.items() if not CONFIGS.fullmatch(str(k)) and _is_history(v)}
    around = {**beside, **{k: v for k, v in node.items() if k not in inner}}
    if len(inner) > 1 and _repeat_signals(inner):
        for run, part in inner.items():
            yield from _parts(part, str(run), around)
    elif len(inner) == 1 and not any(is_column(v) for k, v in around.items() if not CONFIGS.fullmatch(str(k))):
        ((key, part),) = inner.items()
        if is_split(str(key)) or KINDS.fullmatch(str(key)):
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


def _is_history(node: Any) -> bool:
    """Return True for what holds the metrics of a run or of runs: lists in dictionaries, or records."""
    if isinstance(node, dict):
        return _holds_lists(node) or table_by_key(node) is not None
    return are_records(node)


def _is_checkpoint(item: Mapping[str, Any]) -> bool:
    """Return True for one step and a value of a metric at it; lists beside them are histograms and the like."""
    values = {str(name) for name, value in item.items() if is_scalar(value) and value is not None}
    return any(map(counts, values)) and any(canonical_name(name) not in (None, "step") for name in values)


def _holds_lists(node: Mapping[str, Any]) -> bool:
    return any(
        (is_column(v) and len(v) > 1 and not isinstance(v[0], str))
        or (isinstance(v, dict) and _holds_lists(v))
        or (isinstance(v, list) and len(v) > 1 and isinstance(v[0], dict | list))
        for k, v in node.items()
        if not CONFIGS.fullmatch(str(k))
    )


def _repeat_signals(parts: Mapping[str, Any]) -> bool:
    """Return True if parts of a document hold the same signals each: then each is a run; else they complement each other."""
    if any(is_split(str(key)) for key in parts):
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
                yield from (name_of((str(key), *name.split("/"))) for name in _names(value))
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                yield from _names(value)
            else:
                yield str(key)
    elif isinstance(part, list):
        for item in part[:2]:
            yield from _names(item) if isinstance(item, dict) else ()
