"""JSON of tools whose keys mean something else than their words, put as anyone would write it."""

from collections.abc import Iterable, Mapping
from typing import Any

from training_runs.readers.documents import are_records
from training_runs.readers.recording import ReadOptions

_NAMED_VALUES = [[name, "value"] for name in ("name", "key", "metric", "tag")]


def as_written_plainly(document: Any, options: ReadOptions) -> tuple[Any, tuple[str, ...]]:
    """Return a document of Keras or ClearML in plain columns or records, with notes; of others lists of names and values as objects."""
    if _is_keras(document):
        return _of_keras(document, options)
    if _is_clearml(document):
        return _of_clearml(document), ()
    return _of_charts(_with_names_as_keys(document)), ()


def _of_charts(document: Any) -> Any:
    """Return the lines of a chart, of Plotly, Comet or Chart.js, as records by step; other documents as they are."""
    held = document if isinstance(document, dict) else {"data": document}
    lines: Any = [held] if {"name", *"xy"} <= held.keys() else held.get("data")
    if isinstance(steps := held.get("labels"), list) and are_records(held.get("datasets")):
        lines = [{"name": line.get("label"), "x": steps, "y": line.get("data")} for line in held["datasets"]]
    if not are_records(lines) or not all(isinstance(line.get("name"), str) for line in lines):
        return document
    if not all(_is_line({axis: line.get(axis) for axis in "xy"}) for line in lines):
        return document
    return _by_step((line["name"], line) for line in lines)


def _with_names_as_keys(node: Any) -> Any:
    """Return a document in which `[{"name": "val_acc", "value": 0.5}, ...]` is `{"val_acc": 0.5, ...}`, each name once."""
    if isinstance(node, dict):
        return {key: _with_names_as_keys(value) for key, value in node.items()}
    if not are_records(node):
        return node
    pairs = [[item.get(key) for key in item] for item in node if list(item) in _NAMED_VALUES]
    names = {str(name) for name, _ in pairs}
    if len(names) == len(node):
        return dict(pairs)
    return [_with_names_as_keys(item) for item in node]


def scalar_name(plot: str, line: str) -> str:
    """Return the name of a scalar of ClearML: `loss/train`; that of its plot where its line is called the same."""
    return plot if plot == line else f"{plot}/{line}"


def _is_keras(document: Any) -> bool:
    """Return True for the attributes of a `History`: `params` has the updates of an epoch under the name `steps`."""
    if not isinstance(document, dict) or not isinstance(document.get("history"), dict):
        return False
    parameters = document.get("params")
    return isinstance(parameters, dict) and isinstance(parameters.get("epochs"), int) and "steps" in parameters


def _of_keras(document: Mapping[str, Any], options: ReadOptions) -> tuple[Any, tuple[str, ...]]:
    """Return the history by step where the updates of an epoch are known; by epoch else, or where they are told."""
    steps, rest = (
        document["params"]["steps"],
        {k: v for k, v in document.items() if k not in ("history", "params", "epoch")},
    )
    history = dict(document["history"])
    epochs = document.get("epoch") or list(range(max(map(len, history.values()), default=0)))
    if not isinstance(steps, int) or options.steps_per_epoch is not None:
        return {**rest, "history": {"epoch": epochs, **history}}, ()
    history["step"] = [(epoch + 1) * steps for epoch in epochs]
    config = {"steps_per_epoch": steps, "epochs": document["params"]["epochs"]}
    note = f"Keras counts epochs from 0, each of {steps} steps: a row is taken as made at its epoch's end"
    return {**rest, "history": history, "config": {**config, **rest.get("config", {})}}, (note,)


def _is_clearml(document: Any) -> bool:
    """Return True for what `get_reported_scalars()` returns: `{plot: {line: {"x": [...], "y": [...]}}}`."""
    if not isinstance(document, dict) or not document:
        return False
    lines = [line for plot in document.values() if isinstance(plot, dict) for line in plot.values()]
    return bool(lines) and all(isinstance(plot, dict) for plot in document.values()) and all(map(_is_line, lines))


def _is_line(line: Any) -> bool:
    if not isinstance(line, dict) or not {"x", "y"} <= line.keys() <= {"name", "x", "y"}:
        return False
    return all(isinstance(line[axis], list) for axis in "xy") and len(line["x"]) == len(line["y"])


def _of_clearml(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    lines = [(scalar_name(plot, name), line) for plot, each in document.items() for name, line in each.items()]
    return _by_step(lines)


def _by_step(lines: Iterable[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return records by step of lines with their names, each `x` and `y`."""
    rows: dict[Any, dict[str, Any]] = {}
    for name, line in lines:
        for step, value in zip(line["x"], line["y"], strict=True):
            rows.setdefault(step, {"step": step})[name] = value
    return [rows[step] for step in sorted(rows)]
