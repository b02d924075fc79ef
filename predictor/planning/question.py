"""Which settings are to be planned: a list of them, or every combination of some values, in people's words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from training_runs import Context, InvalidInput
from training_runs.context_words import ContextReading, read_context
from training_runs.context_words.fields import field_named, plain_name
from training_runs.context_words.gathering import last_word, leaves, said_by, shown
from training_runs.pace import require_rates

MAX_SETTINGS = 500  # three milliseconds each
WANTED = 0.9

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class PlanQuestion:
    """Settings, and what is to be said of them.

    Attributes
    ----------
    context : fields that all settings share, where theirs say nothing else.
    contexts : one setting each.
    grid : field -> values; each combination is a setting. Instead of `contexts`.
    budget_step : where training would end; by default each context's own.
    target_accuracy : the validation accuracy that counts as generalised. Default: by task family.
    wanted_probability : of onset by the budget; the cheapest setting that reaches it is named.
    seconds_per_step : of training; the costs are then in hours too.
    cost_per_hour : of training, in any currency; with the pace the costs are then in money too.
    warnings : what the caller already ignored; repeated in the answer.
    """

    context: Fields = field(default_factory=dict)
    contexts: Sequence[Fields] = ()
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    budget_step: int | None = None
    target_accuracy: float | None = None
    wanted_probability: float = WANTED
    seconds_per_step: float | None = None
    cost_per_hour: float | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.wanted_probability < 1:
            raise InvalidInput(
                field="wanted_probability", value=self.wanted_probability, expected="a number between 0 and 1"
            )
        require_rates(self.seconds_per_step, self.cost_per_hour)
        if self.cost_per_hour is not None and self.seconds_per_step is None:
            raise InvalidInput(
                field="cost_per_hour",
                value=self.cost_per_hour,
                expected="seconds_per_step beside it, which makes hours of steps",
            )
        if len(self.contexts) > MAX_SETTINGS:
            raise InvalidInput(
                field="contexts", value=f"{len(self.contexts):,} settings", expected=f"at most {MAX_SETTINGS}"
            )
        if self.contexts and self.grid:
            raise InvalidInput(
                field="grid",
                value=", ".join(self.grid)[:200],
                expected="either contexts or a grid",
                hint="what all settings share goes into context",
            )
        if self.budget_step is not None and any(_field(name) == "budget_step" for name in self.grid):
            raise InvalidInput(
                field="grid.budget_step", value="several budgets", expected="no other budget beside them"
            )

    @property
    def size(self) -> int:
        """How many settings there are.

        Raises
        ------
        InvalidInput : more than `MAX_SETTINGS`.
        """
        return _size(self.grid) if self.grid else max(len(self.contexts), 1)

    def settings(self) -> tuple[list[Context], tuple[str, ...]]:
        """Return the settings as they were understood, and what there is to report of how they were read.

        Raises
        ------
        InvalidInput : too many of them, or a value of the grid that is not understood: two settings would be one.
        """
        shared = dict(leaves(self.context))
        readings = (
            [_read(shared, fields) for fields in self.contexts or [{}]] if not self.grid else self._combined(shared)
        )
        notes = dict.fromkeys(note for reading in readings for note in reading.notes)
        warnings = dict.fromkeys(warning for reading in readings for warning in reading.warnings)
        reported = ContextReading(Context(), tuple(notes), tuple(warnings)).report()
        contexts = [reading.context for reading in readings]
        if self.budget_step is not None:  # the budgets of the contexts do not count
            contexts = [replace(context, budget_step=None) for context in contexts]
        return contexts, (*self.warnings, *reported)

    def _combined(self, shared: Fields) -> list[ContextReading]:
        known = set(_read(shared, {}).warnings)
        readings = []
        for fields in combinations(self.grid):
            reading = _read(shared, fields)
            if foreign := [warning for warning in reading.warnings if warning not in known]:
                said = ", ".join(f"{name} {shown(value)}" for name, value in fields.items())
                raise InvalidInput(
                    field="grid", value=said[:200], expected="fields and values that are understood", hint=foreign[0]
                )
            readings.append(reading)
        return readings


def combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return every combination of a grid's values, the last field varying fastest.

    Raises
    ------
    InvalidInput : more than `MAX_SETTINGS`, a field without values, or one field under two names.

    >>> combinations({"wd": [0.1, 1], "p": [97]})
    [{'wd': 0.1, 'p': 97}, {'wd': 1, 'p': 97}]
    """
    named: dict[str, str] = {}
    for name, values in grid.items():
        if not values:
            raise InvalidInput(field=f"grid.{name}", value=list(values), expected="one value at least")
        if (other := named.setdefault(_field(name), name)) != name:
            raise InvalidInput(field="grid", value=f"{other} and {name}", expected="each field once")
    _size(grid)
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def _size(grid: Mapping[str, Sequence[Any]]) -> int:
    """Return how many combinations a grid has.

    Raises
    ------
    InvalidInput : more than `MAX_SETTINGS`.
    """
    count = math.prod(map(len, grid.values()))
    if count > MAX_SETTINGS:
        raise InvalidInput(
            field="grid",
            value=f"{count:,} combinations",
            expected=f"at most {MAX_SETTINGS}",
            hint="vary fewer fields, or take fewer values of each",
        )
    return count


def _read(shared: Fields, fields: Fields) -> ContextReading:
    """Return what a setting says, its own fields in place of those that are shared."""
    # A path that quotes words has no value where they say nothing.
    own = {path: value for path, value in leaves(fields) if value is not None or said_by(path)}
    replaced = {_field(path) for path in own}
    return read_context({**{path: v for path, v in shared.items() if _field(path) not in replaced}, **own})


def _field(path: str) -> str:
    name = last_word(path)
    return field_named(name) or plain_name(name)
