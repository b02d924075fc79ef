"""Rows as values, checked on their way out of the database: a hand, or another program, may have written anything into them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import Boolean, Column, ColumnElement, type_coerce
from sqlalchemy.types import NullType

from api.errors import Damaged

Row = TypeVar("Row")
Value = TypeVar("Value")
Fault = TypeVar("Fault", bound=Damaged)

# What a column holds, for fields of dataclasses that are read from rows.
Count = Annotated[int, Field(ge=0, lt=2**63)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, lt=253_402_300_800)]  # since 1970; up to the year 9999, where dates end


def as_it_lies(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column for a query; truth values untouched: SQLite keeps any text there, and each would be taken for true."""
    return type_coerce(column, NullType()).label(column.name) if isinstance(column.type, Boolean) else column


def whole(kind: TypeAdapter[Value], row: Any, damaged: Callable[[str], Damaged]) -> Value:
    """Return a row as a value.

    Parameters
    ----------
    damaged : makes the error, from what is wrong with the row.

    Raises
    ------
    Damaged : it holds what none of our rows holds.
    """
    try:
        return kind.validate_python(dict(row._mapping))
    except ValidationError as error:
        raise damaged(fault_of(error)) from None


def told_apart(rows: Iterable[Row], read: Callable[[Row], Value], kind: type[Fault]) -> Iterator[Value | Fault]:
    """Yield what is read from each row; in the place of one that is damaged stands what is wrong with it."""
    for row in rows:
        try:
            yield read(row)
        except kind as error:
            yield error


def fault_of(error: ValidationError) -> str:
    """Return in words what pydantic found first."""
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "it"
    found = "not shown" if "secret" in path else repr(first["input"])
    shown = found if len(found) <= 80 else f"{found[:79]}…"
    return f"{path} is {shown}; expected {first['msg'].removeprefix('Input should be ')}"
