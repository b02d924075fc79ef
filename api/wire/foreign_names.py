"""Histories whose lists bear other people's names: read by the reader of files, and told in the words of a body."""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from training_runs import InvalidInput, Trajectory
from training_runs.arrays import FloatArray
from training_runs.pace import times_of
from training_runs.signals import SIGNALS

if TYPE_CHECKING:
    from training_runs.readers import ReadRun

_LISTS = 1_000  # that are looked at
_LONGEST_NAME = 200
_LONGEST_TEXT = 200

# What readers call the options of the command line -> the same in a body, in this order.
_WORDS = (
    (r"choose it with --run-column .+|choose one with --run\b", "send each run as a history of its own"),
    (r"\(--map '(.+?)=1-(\w+)' reads it\)", r"(send 1 minus it as \2)"),
    (r"\(--map '(.+?)=(\w+)' reads it\)", r"(send it as \2)"),
    (r"choose it with --map '.+?=(\w+)'", r"send one of them, as \1"),
    (r"--map '(.+?)=1-(\w+)'", r"send 1 minus \1 as \2"),
    (r"--map '(.+?)=(\w+)'", r"send \1 as \2"),
    (r"--map COLUMN=step", "send it as step"),
    (r"--map COLUMN=signal names one that is not recognised", "GET /v1/signals lists the known names"),
    (r"--percent declares all accuracies of the file to be", "divide all accuracies by 100"),
    (r"--sort sorts them by step", "sort them by step"),
    (
        r"if these are epochs: --steps-per-epoch N",
        "if these are epochs: send it as epoch, with context.steps_per_epoch",
    ),
    (r"--steps-per-epoch( N)?", "context.steps_per_epoch"),
)


@dataclass(frozen=True, eq=False)
class HistoryReading:
    """A history as it was read.

    Attributes
    ----------
    trajectory : its known signals, checked.
    ignored : names that were not used.
    notes : which name was read as what, and what was assumed, in words.
    context : fields of the context that lists of one value give.
    """

    trajectory: Trajectory
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)


def read_foreign(
    known: Mapping[str, Any], extra: Mapping[str, Any], steps_per_epoch: float | None
) -> HistoryReading | None:
    """Return a history with the lists of unknown names read as a file's columns are; None where there is nothing to read.

    Parameters
    ----------
    known : `step`, if it is there, and known signals.
    extra : all that stands beside them.
    steps_per_epoch : optimiser steps in an epoch; used where epochs stand in place of steps.

    Raises
    ------
    InvalidInput : names that make no history, or training metrics alone beside what may be validation's.
    """
    lists = dict(_readable(known, extra))
    if not lists:
        return None
    from training_runs.readers import ReadOptions, read_history

    per_epoch = None if "step" in known or _has_steps(lists) else steps_per_epoch
    try:
        read = read_history({**known, **lists}, "history", ReadOptions(steps_per_epoch=per_epoch))
    except InvalidInput as error:
        raise in_body_words(error) from None
    return _told(read, extra)


def renamed(known: Mapping[str, Any], extra: Mapping[str, Any]) -> HistoryReading:
    """Return points with the lists of unknown names read by their names alone, so that each append is read alike.

    Raises
    ------
    InvalidInput : a name whose meaning depends on values, two names of one signal, or names that make no history.
    """
    lists = {name: values for name, values in _lists(extra) if _is_meant(name)}
    from training_runs.metric_names import canonical_name, value_meaning

    columns, notes = dict(known), []
    times, timed = _times(columns, extra)
    for name, values in lists.items():
        signal = canonical_name(name)
        if signal == "step" and "step" in known:
            continue
        if value_meaning(name) is not None or (signal and re.search(r"%|percent|pct", name, re.IGNORECASE)):
            raise InvalidInput(
                field=f"history.{name}",
                value=f"{len(values)} values",
                expected="a name that says what it is whatever its values are: each append is read alike",
                hint="send accuracies from 0 to 1, as train_acc and val_acc",
            )
        if signal is None:
            continue
        if signal in columns:
            raise InvalidInput(
                field=f"history.{name}",
                value=f"{len(values)} values",
                expected=f"one list for {signal}",
                hint=f"send one of them, as {signal}",
            )
        columns[signal] = _numbers(name, values)
        notes.append(f"{name} is read as {signal}")
    _require_all(columns, [name for name in lists if canonical_name(name) is None], extra)
    trajectory = Trajectory(columns["step"], {n: v for n, v in columns.items() if n != "step"}, times)
    notes += timed
    return HistoryReading(trajectory, _ignored(extra, (), notes), tuple(notes))


def _times(columns: dict[str, Any], extra: Mapping[str, Any]) -> tuple[FloatArray | None, list[str]]:
    """Take the times from columns, or from the list beside them whose name says that it has them; return them and how it was read."""
    from training_runs.metric_names import time_rank

    if "time" in columns:
        return times_of(columns.pop("time")), []
    long = len(columns.get("step", ()))
    lists = {name: values for name, values in _lists(extra) if len(values) == long}
    ranks = {name: rank for name in lists if (rank := time_rank(name)) is not None}
    for name in sorted(ranks, key=lambda n: ranks[n]):
        if (times := times_of(lists[name])) is not None:
            return times, [f"{name} is read as time"]
    return None, []


def in_body_words(error: InvalidInput) -> InvalidInput:
    """Return an error of a reader as one about a body: `send acc_te as val_acc` for `--map 'acc_te=val_acc'`."""
    is_of_runs = error.field == "--run"
    return InvalidInput(
        field="history" if is_of_runs else error.field,
        value="several runs" if is_of_runs else error.value,
        expected="one run" if is_of_runs else _in_body_words(error.expected),
        hint=_in_body_words(error.hint),
    )


def _in_body_words(text: str) -> str:
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


def _require_all(columns: Mapping[str, Any], unread: list[str], extra: Mapping[str, Any]) -> None:
    """Raise an error where points have no step, no known signal, or training metrics beside an unread validation's."""
    if "step" not in columns:
        raise InvalidInput(
            field="history.step",
            value=None,
            expected="a value: this field is required",
            hint="have epochs? multiply them by the updates in one" if extra else "",
        )
    signals = columns.keys() - {"step"}
    if signals and not unread:
        return
    from training_runs.readers.column_choice import suspected

    like = suspected(unread, {name: name for name in columns})
    if not signals:
        meant = [f"send {name} as {signal}" for name, signal in like.items()]
        raise InvalidInput(
            field="history",
            value=f"columns {', '.join(like or ['step', *extra])[:_LONGEST_TEXT]}",
            expected="values of a known signal: train_loss, train_acc, val_loss, val_acc ...",
            hint=meant[0] if meant else "GET /v1/signals lists the known names",
        )
    of_val = [c for c, signal in like.items() if signal in ("val_loss", "val_acc")]
    if of_val and signals & {"train_loss", "train_acc"} and not signals & {"val_loss", "val_acc"}:
        raise InvalidInput(
            field="history",
            value=f"training metrics, and not read {', '.join(of_val)[:_LONGEST_TEXT]}",
            expected="validation metrics under names that are recognised",
            hint=f"send {of_val[0]} as {like[of_val[0]]}",
        )


def _readable(known: Mapping[str, Any], extra: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists that a reader is given: all that mean something, and of the others those of the history's length."""
    lists = dict(_lists(extra))
    meant = [name for name in lists if _is_meant(name)]
    if not known.keys() - {"step", "time"} and not meant and not lists:
        return
    first = known.get("step") or next((lists[name] for name in meant), None) or next(iter(lists.values()), [])
    for name, values in lists.items():
        if name in meant:
            yield name, _numbers(name, values)
        elif len(values) == len(first) and all(map(_is_plain, values)):
            yield name, values


def _lists(extra: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists beside what is known, those of a split, `{"train": {"loss": [...]}}`, as `train/loss`."""
    flat = (pair for name, value in extra.items() for pair in _with_parts(name, value))
    named = ((n, v) for n, v in flat if isinstance(v, list) and v and len(n) <= _LONGEST_NAME)
    return islice(named, _LISTS)


def _with_parts(name: str, value: Any) -> list[tuple[str, Any]]:
    return [(f"{name}/{part}", each) for part, each in value.items()] if isinstance(value, dict) else [(name, value)]


def _is_meant(name: str) -> bool:
    from training_runs.metric_names import is_epoch, meaning_of, metric_like, value_meaning

    return any(says(name) for says in (meaning_of, value_meaning, metric_like, is_epoch))


def _has_steps(names: Mapping[str, Any]) -> bool:
    from training_runs.metric_names import canonical_name

    return any(canonical_name(name) == "step" for name in names)


def _numbers(name: str, values: list[Any]) -> list[float | None]:
    """Return values of a metric; JSON numbers only, as under the known names."""
    from api.wire.history import MAX_VALUES

    if len(values) > MAX_VALUES:
        raise InvalidInput(
            field=f"history.{name}",
            value=f"{len(values)} values",
            expected=f"at most {MAX_VALUES}",
            hint="thin the history, keeping more checkpoints early than late",
        )
    for k, value in enumerate(values):
        if value is not None and not _is_number(value):
            raise InvalidInput(
                field=f"history.{name}[{k}]", value=value, expected="a number, or null where it is missing"
            )
    return [None if value is None else float(value) for value in values]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_plain(value: Any) -> bool:
    is_text = isinstance(value, str) and len(value) <= _LONGEST_TEXT
    return value is None or isinstance(value, bool) or is_text or _is_number(value)


def _told(read: "ReadRun", extra: Mapping[str, Any]) -> HistoryReading:
    reading = read.reading
    used = {*reading.mapping, *reading.context_columns, *reading.run_columns, *reading.suspected}
    notes = [_in_body_words(note) for note in reading.notes if not note.startswith("ignored: ")]
    ignored = _ignored({name: value for name, value in extra.items() if name not in SIGNALS}, used, notes)
    return HistoryReading(read.trajectory, ignored, tuple(notes), dict(read.context))


def _ignored(extra: Mapping[str, Any], used: Collection[str], notes: Sequence[str]) -> tuple[str, ...]:
    """Return the names that were not used: neither by themselves nor by a part of theirs, nor in another unit as a note says."""
    told = " ; ".join(note.split(" is read as ")[0] for note in notes if " is read as " in note)
    return tuple(
        name
        for name, value in extra.items()
        if not any(
            part in used or re.search(rf"(?<![\w/]){re.escape(part)}(?![\w/])", told)
            for part, _ in _with_parts(name, value)
        )
    )
