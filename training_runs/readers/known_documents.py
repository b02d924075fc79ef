"""JSON of tools whose keys mean something else than their words, put as anyone would write it."""

from collections.abc import Iterable, Mapping
from typing import Any

from training_runs.metric_names import canonical_name
from training_runs.readers.documents import are_records
from training_runs.readers.recording import ReadOptions

# What objects with a metric each call its name, its split and its values; how their points are written.
_NAMES = ("metric", "metricName", "metric_name", "name", "label", "key", "tag", "title")
_SPLITS = ("split", "subset", "context", "phase", "set")
_VALUES = ("y", "value", "values", "metricValues", "points", "data")
_POINTS = (("x", "y"), ("step", "value"))
_NAMED_VALUES = [[name, "value"] for name in ("name", "key", "metric", "tag")]


def as_written_plainly(document: Any, options: ReadOptions) -> tuple[Any, tuple[str, ...]]:
    """Return a document of Keras or ClearML in plain columns or records, with notes; of others lists of names and values as objects."""
    if _is_keras(document):
        return _of_keras(document, options)
    if _is_clearml(document):
        return _of_clearml(document), ()
    return _of_curves(_of_charts(_with_names_as_keys(document))), ()


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


def _of_curves(document: Any) -> Any:
    """Return objects of a metric each, with its name, its steps and its values, as records by step; other documents as they are."""
    held = document if isinstance(document, dict) else {"data": document}
    place = next((key for key, value in held.items() if are_records(value)), None)
    curves = [] if place is None else [_curve(item) for item in held[place]]
    found = {name: line for name, line in filter(None, curves) if canonical_name(name)}
    if not found or len(found) < len(curves):
        return document
    records = _by_step(found.items())
    return records if len(held) == 1 else {**held, place: records}


def _curve(item: Mapping[str, Any]) -> tuple[str, dict[str, list[Any]]] | None:
    """Return the name of the metric that an object is of, with its split, and its values by step; None of other objects."""
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    if name is None:
        return None
    kinds = item["context"].values() if isinstance(item.get("context"), dict) else map(item.get, _SPLITS)
    split = next((word for word in kinds if isinstance(word, str)), "")
    full = f"{split}/{name}" if split and not canonical_name(name) else name
    steps = next((item[key] for key in item if isinstance(item[key], list) and _is_of_steps(key)), None)
    values: list[Any] = next((item[key] for key in _VALUES if isinstance(item.get(key), list)), [])
    if steps is None:
        pairs = [_point(each) for each in values]
        if not pairs or None in pairs:
            return None
        steps, values = map(list, zip(*filter(None, pairs), strict=True))
    is_one = len(steps) == len(values) and all(isinstance(step, int | float) for step in steps)
    return (full, {"x": steps, "y": values}) if is_one else None


def _is_of_steps(name: str) -> bool:
    return name == "x" or canonical_name(name) == "step"


def _point(given: Any) -> tuple[Any, Any] | None:
    """Return the step and the value of a point, `[100, 0.5]`, `{"x": 100, "y": 0.5}` or `{"step": 100, "value": 0.5}`."""
    if isinstance(given, dict):
        return next(((given[a], given[b]) for a, b in _POINTS if given.keys() == {a, b}), None)
    return (given[0], given[1]) if isinstance(given, list) and len(given) == 2 else None


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
