"""Whether a database has the tables that the code works with; one of another program, of another version, or changed by a hand has not."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, Table, UniqueConstraint, func, inspect, select
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from api.errors import UnfitDatabase
from api.storage.tables import METADATA

# What a database answers and refuses, told from what it could not do: PostgreSQL's classes of errors, and SQLite's codes.
_REFUSING_CLASSES = ("0A", "22", "23", "42", "44", "55000", "P0")
_REFUSING_CODES = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
)

# Every column of every table, and no row: one question, which a database refuses with the name of the first that it lacks.
_EVERYTHING: Select[Any] = select(
    *(
        select(func.count()).select_from(select(table).limit(0).subquery()).scalar_subquery()
        for table in METADATA.sorted_tables
    )
)


def require_tables(connection: Connection) -> None:
    """Return if every table is there with its columns and its keys.

    Raises
    ------
    UnfitDatabase : one is not what it should be.
    DBAPIError : one is missing; `misfit_of` says which.
    """
    connection.execute(_EVERYTHING)
    fault = next(_faults(connection), None)
    if fault is not None:
        raise UnfitDatabase(fault)


def _faults(connection: Connection) -> Iterator[str]:
    """Yield what differs from our tables; a view in the place of one takes no points, and a copy without keys takes them twice."""
    inspector = inspect(connection)
    names = list(METADATA.tables)
    columns = inspector.get_multi_columns(filter_names=names)
    primary = inspector.get_multi_pk_constraint(filter_names=names)
    unique = inspector.get_multi_unique_constraints(filter_names=names)
    for name, table in METADATA.tables.items():
        place = (None, name)
        if place not in columns:
            yield f"{name} is no table"
            continue
        if connection.dialect.name != "sqlite":  # which keeps any value in any column
            kinds = {column["name"]: column["type"]._type_affinity for column in columns[place]}
            yield from (
                f"{name}.{column.name} is of another type"
                for column in table.columns
                if kinds.get(column.name) is not column.type._type_affinity
            )
        keys = [primary[place]["constrained_columns"], *(found["column_names"] for found in unique[place])]
        yield from (f"{name} lacks the key {', '.join(key)}" for key in _unique_columns(table) if key not in keys)


def _unique_columns(table: Table) -> Iterator[list[str]]:
    yield [column.name for column in table.primary_key]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]


def require_done(found: int, sent: int, what: str) -> None:
    """Return if as many rows were changed as were to be: a rule of its own may let a database pass over some without a word.

    Parameters
    ----------
    found : as a driver counts them; below 0 where it does not.

    Raises
    ------
    UnfitDatabase : there were fewer.
    """
    if 0 <= found < sent:
        raise UnfitDatabase(f"of {sent} rows of {what} it has changed {found}, and refused none")


def misfit_of(error: object) -> str | None:
    """Return in words what a database refuses, where that is because its tables are not ours; None otherwise."""
    if isinstance(error, UnfitDatabase):
        return str(error)
    if isinstance(error, DBAPIError):
        return str(UnfitDatabase(_first_line(error.orig))) if _is_refusal(error.orig) else None
    return str(UnfitDatabase(_first_line(error))) if isinstance(error, InvalidRequestError) else None


def _is_refusal(error: object) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _REFUSING_CODES
    return str(getattr(error, "sqlstate", "")).startswith(_REFUSING_CLASSES)


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]


def foreign_tables(connection: Connection) -> list[str]:
    """Return the tables that are called as ours are, and are not ours: they lack columns that no version of ours lacked."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names()) & METADATA.tables.keys()
    return sorted(name for name in there if not _keys(name) <= {c["name"] for c in inspector.get_columns(name)})


def _keys(table: str) -> set[str]:
    return {column.name for column in METADATA.tables[table].primary_key}
