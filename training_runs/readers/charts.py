"""One chart a file, as TensorBoard and W&B download them: what a file's name says of its columns, and files of one run."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import pandas as pd

from training_runs.metric_names import canonical_name, metric_like
from training_runs.readers.column_choice import ERROR_RATE, UNUSED
from training_runs.readers.recording import RawRun
from training_runs.readers.step_lists import counts, merged_by_step

_TENSORBOARD = re.compile(r"^(?:run-)?(?P<run>.+?)-tag-(?P<tag>.+)$")
_QUALIFIERS = {"best", "max", "min", "highest", "lowest", "ema", "swa", "final", "smoothed"}
_NAMES_OF_METRICS = {"metric", "metrics", "tag", "name", "key", "variable"}  # columns of a long table
_CHART_WORDS = {
    "curve",
    "curves",
    "history",
    "log",
    "logs",
    "chart",
    "plot",
    "metrics",
    "metric",
    "scalar",
    "scalars",
    "tag",
    "run",
}


def named_by_file(table: pd.DataFrame, stem: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose columns are named in full where the file's name completes them, and notes.

    `run-version_0-tag-val_acc.csv` says what its column `Value` is, and `accuracy_curve.csv` which of training's metrics `train` is.
    A column that a name could complete in two ways stays as it is.
    """
    tensorboard = _TENSORBOARD.match(stem)
    is_long = any(str(column).strip().lower() in _NAMES_OF_METRICS for column in table.columns)
    signals = {canonical_name(str(column)) for column in table.columns} - {None, "step"}
    names: dict[str, str] = {}
    for column in map(str, table.columns):
        if counts(column) or canonical_name(column):
            continue
        if signals and metric_like(column) and not is_long:  # `loss` beside `val_acc`: its columns say whose it is
            continue
        if column.strip().lower() == "value" and not is_long:
            found = _of_tensorboard(tensorboard["run"], tensorboard["tag"]) if tensorboard else _known_within(stem)
        else:
            found = _completed(column, stem)
        if found:
            names[column] = found
    taken = [canonical_name(str(c)) for c in table.columns]
    kept = {c: n for c, n in names.items() if canonical_name(n) not in taken}
    notes = tuple(f"{column} is {name}, by the name of the file" for column, name in kept.items())
    return table.rename(columns=kept), notes


def merged_charts(files: Mapping[str, RawRun]) -> dict[str, RawRun]:
    """Return the runs in files of one run each: files that complement each other are one run, by step.

    Files complement each other if no signal is in two of them. If all do, they are one run; else those do whose names differ only
    in the words of a metric (`seed0_acc.csv`, `seed0_loss.csv`). Files that hold the same signals are runs of their own.

    Parameters
    ----------
    files : path -> the run in it. The runs are named by the path of their first file.
    """
    runs = {
        group[0]: merged({path: files[path] for path in group}) if len(group) > 1 else files[group[0]]
        for group in chart_groups(files)
    }
    return {path: runs[path] for path in files if path in runs}


def chart_groups(files: Mapping[str, RawRun], names: Mapping[str, str] | None = None) -> list[tuple[str, ...]]:
    """Return the paths of the files of each run, as `merged_charts` tells them.

    Parameters
    ----------
    names : column -> signal, where the caller says it (`ReadOptions.names`).
    """
    names = names or {}
    if len(files) > 1 and _complement(list(files.values()), names):
        return [tuple(files)]
    groups: dict[tuple[str, ...], list[str]] = {}
    for path in files:
        groups.setdefault(_run_of(path), []).append(path)
    found: list[tuple[str, ...]] = []
    for group in groups.values():
        is_one = len(group) > 1 and _complement([files[path] for path in group], names)
        found += [tuple(group)] if is_one else [(path,) for path in group]
    return found


def merged(files: Mapping[str, RawRun]) -> RawRun:
    """Return one run of files that complement each other."""
    tables = []
    context: dict[str, object] = {}
    question: dict[str, object] = {}
    notes = [f"{', '.join(PurePath(path).name for path in files)} are read as one run"]
    taken: set[str] = set()
    for raw in files.values():
        step = next(str(c) for c in raw.table.columns if counts(str(c)))
        kept = [c for c in raw.table.columns if str(c) == step or not (counts(str(c)) or str(c) in taken)]
        taken |= set(map(str, kept))
        tables.append(raw.table[kept].rename(columns={step: "step" if canonical_name(step) else "epoch"}))
        context |= raw.context
        question |= raw.question
        notes += raw.notes
    return RawRun(merged_by_step(tables), context, tuple(dict.fromkeys(notes)), question)


def _of_tensorboard(run: str, tag: str) -> str | None:
    """Return the metric of a chart: its tag, completed by its run where that is `train` or `validation`."""
    return next((name for name in (tag, f"{run}/{tag}") if canonical_name(name)), None)


def _known_within(stem: str) -> str | None:
    """Return the two words of a name that are a signal, if it is the only one."""
    words = _words(stem)
    pairs = {
        signal: f"{a}_{b}" for a, b in zip(words, words[1:], strict=False) if (signal := canonical_name(f"{a}_{b}"))
    }
    return next(iter(pairs.values())) if len(pairs) == 1 and not set(words) & _QUALIFIERS else None


def _completed(column: str, stem: str) -> str | None:
    words = _words(stem)
    names = {signal: f"{column} {word}" for word in words if (signal := canonical_name(f"{column} {word}"))}
    return next(iter(names.values())) if len(names) == 1 and not set(words) & _QUALIFIERS else None


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


def _signals(raw: RawRun, names: Mapping[str, str]) -> set[str]:
    found = {names.get(str(c)) or canonical_name(str(c)) or UNUSED for c in raw.table.columns}
    return {signal.removeprefix(ERROR_RATE) for signal in found - {"step", UNUSED}}


def _complement(runs: Sequence[RawRun], names: Mapping[str, str]) -> bool:
    """Return True if runs are recorded by the same kind of steps and no signal is in two of them."""
    signals = [_signals(raw, names) for raw in runs]
    kinds = {
        next((canonical_name(str(c)) or "epoch" for c in raw.table.columns if counts(str(c))), None) for raw in runs
    }
    return (
        all(signals)
        and len(set[str]().union(*signals)) == sum(map(len, signals))
        and len(kinds) == 1
        and None not in kinds
    )


def _run_of(path: str) -> tuple[str, ...]:
    """Return what names the run of a file: its folder, and its name without the words of a metric."""
    place = PurePath(path)
    stem = place.name.split(".")[0]
    if tensorboard := _TENSORBOARD.match(stem):
        return str(place.parent), tensorboard["run"]
    kept = [
        w
        for w in _words(stem)
        if w not in _CHART_WORDS and not canonical_name(f"{w}_loss") and not canonical_name(f"val_{w}")
    ]
    return str(place.parent), *kept
