"""The wire form of a metric history and of its run's context.

Types and sizes are checked here, in one pass over the numbers; what the values may be is checked by `Trajectory` and
`Context`.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema, create_model
from pydantic_core import CoreSchema, PydanticCustomError

from api.wire.foreign_names import HistoryReading, read_foreign, renamed
from training_runs import Context, InvalidInput, Trajectory
from training_runs.arrays import FloatArray
from training_runs.context import MEANINGS
from training_runs.context_words import ContextReading, read_context
from training_runs.context_words.fields import SYNONYMS
from training_runs.context_words.values import VOCABULARIES, known_values
from training_runs.pace import times_of
from training_runs.signals import SIGNALS
from training_runs.trajectory import NOT_BEGUN

MAX_VALUES = 100_000  # of one signal
_SHORT = 20_000  # values that are read, and forecast, within 10 ms

# JSON numbers only: neither text nor true and false, which pydantic would otherwise convert.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
# `fail_fast`: one wrong value is named, not 100,000 of them.
Steps = Annotated[list[Number], Field(max_length=MAX_VALUES, fail_fast=True)]
Values = Annotated[list[Number | None], Field(max_length=MAX_VALUES, fail_fast=True)]
Date = Annotated[str, Field(max_length=40)]
Times = Annotated[list[Number | Date | None], Field(max_length=MAX_VALUES, fail_fast=True)]


def _number(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        raise PydanticCustomError("int_type", "a whole number is expected")
    return value


# 20000.0 is a whole number too: JSON knows one kind of number, and many clients compute steps in floats.
WholeNumber = Annotated[int, Field(ge=1, le=2**53), BeforeValidator(_number)]


class _History(BaseModel):
    """Signals recorded at increasing steps: lists of equal length, null for a missing value.

    Lists under other names (`train_accuracy`, `test_acc`) are read as files are, with a warning that says as what. Names that
    mean nothing are ignored with a warning; if no list is understood, or training's alone beside what may be validation's,
    the history is refused.
    """

    model_config = ConfigDict(extra="allow")

    step: Steps | None = Field(
        None,
        description="number of optimiser updates at each checkpoint, increasing; may be under another name (`global_step`), "
        "or in epochs (`epoch`) with `context.steps_per_epoch`",
    )
    time: Times | None = Field(
        None,
        description="when each checkpoint was recorded, in seconds since 1970 or since the start of the training, or as dates "
        "(ISO 8601): the answer then has a `clock`. May be under another name (`timestamp`, `wall_time`, `_timestamp`)",
    )

    @property
    def size(self) -> int:
        """Number of values of known signals, missing ones included."""
        return sum(map(len, self._known().values()))

    @property
    def is_long(self) -> bool:
        """Whether to read it takes more than a moment."""
        return self.size > _SHORT or bool(self.model_extra)

    def read(self, steps_per_epoch: float | None = None) -> HistoryReading:
        """Return the history, checked, and how lists under unknown names were read.

        Raises
        ------
        InvalidInput : values that cannot be, or names that make no history.
        """
        extra = self.model_extra or {}
        known = self._known()
        times, notes = self._times()
        plain = None if self.step is None else Trajectory(self.step, known, times)
        found = read_foreign(self._columns(), extra, steps_per_epoch) if extra else None
        if found is not None:
            return found
        if plain is None:
            hint = "" if any(map(len, known.values())) else NOT_BEGUN
            raise InvalidInput(field="history.step", value=None, expected="a value: this field is required", hint=hint)
        return HistoryReading(plain, tuple(extra), notes)

    def read_points(self) -> HistoryReading:
        """Return points of a run, unknown names read by the names alone.

        Raises
        ------
        InvalidInput : values that cannot be, or names that do not say what they are.
        """
        known = self._known()
        if self.step is not None and known and not self.model_extra:
            times, notes = self._times()
            return HistoryReading(Trajectory(self.step, known, times), notes=notes)
        return renamed(self._columns(), self.model_extra or {})

    def _times(self) -> tuple[FloatArray | None, tuple[str, ...]]:
        """Return the times, and a note where they are none."""
        times = None if self.time is None else times_of(self.time)
        is_unread = self.time is not None and times is None
        return times, ("time is not read: expected seconds, or dates in ISO 8601",) if is_unread else ()

    def _columns(self) -> dict[str, Any]:
        given = {"step": self.step, "time": self.time}
        return {name: values for name, values in given.items() if values is not None} | self._known()

    def _known(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in SIGNALS}
        return {name: values for name, values in given.items() if values is not None}


def _in_words(given: Any) -> Any:
    return {"description": given} if isinstance(given, str) else given


MOST_TEXT = 50_000  # characters in the contexts of one request that are read as sentences, which takes some 10 s
_MANY_NAMES = 100  # of a context, each of which takes a tenth of a millisecond to be understood
_SENTENCE = 40  # characters; what is shorter is a word, and read at once


def sentences_in(value: Any) -> Iterator[str]:
    """Yield the texts in a part of a body that are longer than a word or two."""
    if isinstance(value, str):
        if len(value) > _SENTENCE:
            yield value
    elif isinstance(value, Mapping):
        yield from sentences_in(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from sentences_in(each)


def _names_in(value: Any) -> int:
    """Return how many names a part of a body has, at all depths."""
    if isinstance(value, Mapping):
        return len(value) + sum(map(_names_in, value.values()))
    return sum(map(_names_in, value)) if isinstance(value, list) else 0


def too_much_text(field: str, found: int) -> InvalidInput:
    """Return the refusal of contexts whose sentences are too long together."""
    return InvalidInput(
        field=field,
        value=f"sentences of {found:,} characters",
        expected=f"at most {MOST_TEXT:,} in one request, the same text counted once",
        hint="send the others in another request, or give fields",
    )


class _OrWords:
    """Tells in the schema that a text may stand in place of an object."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "string", "description": "the same as `description` alone"}]}


class _ContextFields(BaseModel):
    """Configuration of the run, as far as it is known. Every field is optional.

    Usual names and words of others are read too (`lr`, `CrossEntropyLoss`), numbers also as text; what is not understood is
    ignored with a warning. `grokcast context` lists names and values. `description` is a sentence, such as `1L transformer,
    d_model 128, AdamW lr 1e-3 wd 1`; a text in place of the object is one, too.
    """

    model_config = ConfigDict(extra="allow")

    @property
    def is_long(self) -> bool:
        """Whether to read them takes more than a moment."""
        given = self._given()
        return next(sentences_in(given), None) is not None or _names_in(given) > _MANY_NAMES

    def reading(self) -> ContextReading:
        """Return what the fields say, checked, and what there is to report of how they were read."""
        return read_context(self._given())

    def beside(self, recorded: Mapping[str, Any]) -> ContextReading:
        """Return the same together with fields that a history holds; what is said here goes before them."""
        said = self.reading().context.as_dict()
        return read_context({**self._given(), **{k: v for k, v in recorded.items() if said.get(k) is None}})

    def _given(self) -> dict[str, Any]:
        """Return the fields that hold something, and those of unknown names: to read 29 names takes as long as the history."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return given | (self.model_extra or {})


def _context_field(field: dataclasses.Field[Any]) -> Any:
    """Return the wire type of a field of `Context`: anything, since `read_context` reads it, described as it should be."""
    kind = get_args(field.type)[0]
    schemas: dict[type, dict[str, Any]] = {
        str: {"type": "string", "maxLength": 200},
        int: {"type": "integer", "minimum": 1},
        float: {"type": "number", "minimum": 0},
        bool: {"type": "boolean"},
    }
    schema = {"anyOf": [schemas[kind], {"type": "null"}]}
    return Annotated[Any, WithJsonSchema(schema)]


def _described(name: str) -> Any:
    """Return the default, description, other names and known values of a field of `Context`."""
    also = SYNONYMS.get(name, ())
    text = f"{MEANINGS[name]}. Also read as {', '.join(also[:5])}" if also else MEANINGS[name]
    extra: dict[str, Any] = {"x-other-names": list(also)}
    if name in VOCABULARIES:
        extra["x-known-values"] = list(known_values(name))
    return Field(None, description=text, json_schema_extra=extra)


if TYPE_CHECKING:
    History = _History
    ContextFields = _ContextFields
    StatedContext = _ContextFields
else:
    History = create_model(
        "History",
        __base__=_History,
        __doc__=_History.__doc__,
        **{n: (Values | None, Field(None, description=s.text)) for n, s in SIGNALS.items()},
    )
    ContextFields = create_model(
        "Context",
        __base__=_ContextFields,
        __doc__=_ContextFields.__doc__,
        **{f.name: (_context_field(f), _described(f.name)) for f in dataclasses.fields(Context)},
    )
    StatedContext = Annotated[ContextFields, BeforeValidator(_in_words), _OrWords()]


def wire_history(trajectory: Trajectory) -> dict[str, list[float | None]]:
    """Return a history as it was posted: null for a missing value."""
    columns = {name: _wire_values(values) for name, values in trajectory.signals.items()}
    times = {} if trajectory.times is None else {"time": _wire_values(trajectory.times)}
    return {"step": trajectory.steps.tolist(), **times, **columns}


def _wire_values(values: FloatArray) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]
