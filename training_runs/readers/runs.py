"""From tables as they were recorded to runs: each run on its own, its columns understood, one bad run sparing the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.attempts import split_attempts
from training_runs.readers.column_choice import choose_columns, require_names_apart
from training_runs.readers.columns import note_on_left_out, read_columns
from training_runs.readers.counted_answers import with_accuracies
from training_runs.readers.long_tables import widened
from training_runs.readers.loss_scales import in_nats
from training_runs.readers.recording import RawRun, ReadOptions, ReadRun, Recording
from training_runs.readers.run_columns import Part, constants, split_runs
from training_runs.readers.units import in_plain_units


def read_runs(
    raw: Mapping[str, RawRun | InvalidInput],
    source: str,
    options: ReadOptions | None = None,
    notes: Sequence[str] = (),
) -> Recording:
    """Return the runs of tables as they were recorded; those that cannot be read as problems.

    Raises
    ------
    InvalidInput : none of them can be read.
    """
    options = options or ReadOptions()
    runs: dict[str, ReadRun] = {}
    problems: dict[str, InvalidInput] = {}
    for name, recorded in raw.items():
        where = source if len(raw) == 1 else f"{source}, run {name}"
        for run, read in _each(name, len(raw) == 1, recorded, where, options):
            if isinstance(read, InvalidInput):
                problems[run] = read
            else:
                runs[run] = read
    if not runs:
        raise next(iter(problems.values()), InvalidInput(field=source, value="no run", expected="the history of a run"))
    return Recording(runs, problems, tuple(notes))


def read_history(
    columns: Mapping[str, Sequence[Any]], source: str = "history", options: ReadOptions | None = None
) -> ReadRun:
    """Return the run that columns under anyone's names hold; None and NaN are missing values.

    Raises
    ------
    InvalidInput : columns of different lengths, several runs in them, or what no run can be read of.
    """
    lengths = {name: len(values) for name, values in columns.items() if hasattr(values, "__len__")}
    if len(lengths) < len(columns) or len(set(lengths.values())) > 1:
        name = next((n for n in columns if n not in lengths), None) or max(lengths, key=lambda n: lengths[n])
        raise InvalidInput(
            field=f"{source}.{name}",
            value=f"{lengths[name]} values" if name in lengths else columns[name],
            expected="columns of one length" if name in lengths else "a list of values",
        )
    table = pd.DataFrame({str(name): list(values) for name, values in columns.items()})
    return read_runs({"run": RawRun(table)}, source, options).run()[1]


def _each(
    name: str, is_only: bool, recorded: RawRun | InvalidInput, source: str, options: ReadOptions
) -> Iterator[tuple[str, ReadRun | InvalidInput]]:
    if isinstance(recorded, InvalidInput):
        yield name, recorded
        return
    try:
        table = recorded.table.set_axis([str(c) for c in recorded.table.columns], axis=1)
        require_names_apart(table, source)
        table, of_units = in_plain_units(table, options.names)
        table, of_scales = in_nats(table, options.names)
        table, of_counts = with_accuracies(table, options.names)
        table = widened(table)
        recorded = replace(recorded, notes=(*recorded.notes, *of_units, *of_scales, *of_counts))
        parts = _parts(table, source, options)
    except InvalidInput as problem:
        yield name, problem
        return
    for part in parts:
        named = name if part.name is None else part.name if is_only else f"{name}/{part.name}"
        where = source if len(parts) == 1 else f"{source}, run {named}"
        yield from _attempts(named, part, recorded, where, options)


def _parts(table: pd.DataFrame, source: str, options: ReadOptions) -> list[Part]:
    try:
        choice = choose_columns(table, source, options)
    except InvalidInput:  # said of each run where a column distinguishes them
        choice = None
    return split_runs(table, choice, source, options)


def _attempts(
    name: str, part: Part, recorded: RawRun, source: str, options: ReadOptions
) -> Iterator[tuple[str, ReadRun | InvalidInput]]:
    try:
        choice = choose_columns(part.table, source, options)
        attempts = split_attempts(part.table, choice, source, options)
    except InvalidInput as problem:
        yield name, problem
        return
    for number, (table, notes) in enumerate(attempts, 1):
        again = (f"training begins again {len(attempts) - 1} times: each attempt is a run",)
        notes = (*notes, *(again if len(attempts) > 1 else ()), *((part.note,) if part.note else ()))
        run = name if len(attempts) == 1 else f"{name} attempt {number}" if part.name else f"attempt {number}"
        try:
            yield run, _read(table, part, recorded, notes, source, options)
        except InvalidInput as problem:
            yield run, problem


def _read(
    table: pd.DataFrame, part: Part, recorded: RawRun, notes: tuple[str, ...], source: str, options: ReadOptions
) -> ReadRun:
    trajectory, reading = read_columns(table, source, options)
    given = dict(constants(table, [c for c in reading.left_out if c not in reading.suspected]))
    described = {c: context for c, value in given.items() if (context := read_hyperparameters({c: value}, "").fields())}
    by_field: dict[str, list[str]] = {}
    for column, context in described.items():
        for field in context:
            by_field.setdefault(field, []).append(column)
    once = {field: columns[0] for field, columns in by_field.items() if len(columns) == 1}
    context = {field: described[column][field] for field, column in once.items()}
    fields = {column: field for field, column in reversed(once.items())}  # the first of each column
    left = tuple(c for c in reading.left_out if c not in fields)
    told = [f"{column} is read as {field} of the context" for field, column in once.items()]
    return ReadRun(
        trajectory,
        replace(
            reading,
            left_out=left,
            context_columns=fields,
            run_columns=part.columns,
            notes=(*recorded.notes, *notes, *reading.notes, *note_on_left_out(left, reading.suspected), *told),
        ),
        {**part.context, **context, **recorded.context},
        recorded.question,
    )
