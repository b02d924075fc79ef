"""The contexts that a caller gives: one for every run, or one for each by its name."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grokcast.plain_settings import plain_settings
from grokcast.stated_context import is_description, stated_fields
from training_runs.context_words.fields import is_of_settings
from training_runs.errors import InvalidInput

Fields = Mapping[str, Any]
_RUN_COLUMNS = ("run", "run_id", "name", "file")


@dataclass(frozen=True)
class Contexts:
    """What is known of runs beside their recordings.

    Attributes
    ----------
    for_all : fields of every run.
    by_run : name of a run, or of its file with or without its ending -> its fields.
    """

    for_all: Fields = field(default_factory=dict)
    by_run: Mapping[str, Fields] = field(default_factory=dict)

    def of(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the fields of a run, given its names."""
        own = next((self.by_run[name] for name in names if name in self.by_run), {})
        return {**self.for_all, **own}

    def unused(self, names: set[str]) -> list[str]:
        """Return the names of runs that have a context here and are not among those given."""
        return [name for name in self.by_run if name not in names]


def read_contexts(given: Any) -> Contexts:
    """Return the contexts in fields (`plain_settings`), in a mapping of runs to fields, in a file of either, or in words.

    A mapping is of one run where an object in it has the name of a field or of a group of settings: `{"optimizer": {"lr": 0.1}}`.

    A file is JSON, or CSV with a row a run: its name in a column `run`, then a column a field.

    Raises
    ------
    InvalidInput : a file that cannot be read, or a mapping of both kinds.
    """
    if given is None:
        return Contexts()
    if isinstance(given, str) and is_description(given):
        return Contexts(for_all=stated_fields([given]))
    fields: Fields = _read(Path(given)) if isinstance(given, str | Path) else plain_settings(given)
    if _of_runs(fields):  # beside what the collection is
        return Contexts(by_run={str(name): value for name, value in fields["runs"].items()})
    nested = {name: value for name, value in fields.items() if isinstance(value, Mapping)}
    if not nested or any(is_of_settings(str(name)) for name in nested):
        return Contexts(for_all=fields)
    if len(nested) < len(fields):
        lone = next(name for name in fields if name not in nested)
        raise InvalidInput(
            field="--context",
            value=f"{lone}, beside {next(iter(nested))}",
            expected="fields of one context, or an object of fields for each run",
        )
    return Contexts(by_run={str(name): value for name, value in nested.items()})


def contexts_beside(fields: Fields) -> Contexts:
    """Return the contexts in a file beside a recording: of each of its runs by name, else of all, fields at any depth."""
    return read_contexts(fields) if _of_runs(fields) else Contexts(for_all=fields)


def _of_runs(fields: Fields) -> bool:
    """Return True for `{"source": ..., "runs": {"a": {...}, ...}}`, as it lies beside files of many runs."""
    runs = fields.get("runs")
    return isinstance(runs, Mapping) and bool(runs) and all(isinstance(value, Mapping) for value in runs.values())


def _read(path: Path) -> Fields:
    try:
        text = path.read_text(encoding="utf-8-sig")
        fields = _table(text) if path.suffix.lower() == ".csv" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(field="--context", value=str(path), expected="a JSON file", hint=str(error)) from None
    if not isinstance(fields, dict):
        raise InvalidInput(field="--context", value=str(path), expected="a JSON object of fields")
    return fields


def _table(text: str) -> dict[str, dict[str, Any]]:
    """Return run -> fields from a table with a row a run; empty cells are not given."""
    rows = csv.DictReader(text.splitlines())
    column = next((c for c in rows.fieldnames or () if c.strip().lower() in _RUN_COLUMNS), None)
    if column is None:
        raise ValueError(f"no column {', '.join(_RUN_COLUMNS[:-1])} or {_RUN_COLUMNS[-1]} names the runs")
    return {
        row[column]: {name.strip(): _value(cell) for name, cell in row.items() if name != column and cell}
        for row in rows
        if row[column]
    }


def _value(cell: str) -> Any:
    """Return a cell as the number or flag that it holds, else as its text."""
    try:
        value = json.loads(cell.strip().lower())
    except ValueError:
        try:
            return float(cell)
        except ValueError:
            return cell.strip()
    return value if isinstance(value, int | float | bool) else cell.strip()
