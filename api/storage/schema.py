"""Whether a database has the tables that the code works with; one of another program, or of another version, has not."""

import re
from typing import Any

from sqlalchemy import Connection, Select, func, inspect, select
from sqlalchemy.exc import DBAPIError

from api.storage.tables import METADATA

_UNDEFINED = ("42P01", "42703")  # PostgreSQL's table and column
_MISSING = re.compile(r"no such (table|column)|has no column named")  # SQLite's words
_NEXT = "restart the service, which brings an older database up to date; else restore it from a backup"

# Every column of every table, and no row: one question, which a database refuses with the name of the first that it lacks.
_EVERYTHING: Select[Any] = select(
    *(
        select(func.count()).select_from(select(table).limit(0).subquery()).scalar_subquery()
        for table in METADATA.sorted_tables
    )
)


def require_tables(connection: Connection) -> None:
    """Return if every table is there with its columns. Raises what `misfit_of` understands."""
    connection.execute(_EVERYTHING)


def misfit_of(error: object) -> str | None:
    """Return in words which table or column is missing, where that is why a database refused a question; None otherwise."""
    if not isinstance(error, DBAPIError):
        return None
    said = str(error.orig).partition("\n")[0]
    is_missing = _MISSING.search(said) or getattr(error.orig, "sqlstate", "") in _UNDEFINED
    return f"the database has not the tables of this version ({said}): {_NEXT}" if is_missing else None


def foreign_tables(connection: Connection) -> list[str]:
    """Return the tables that are called as ours are, and are not ours: they lack columns that no version of ours lacked."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names()) & METADATA.tables.keys()
    return sorted(name for name in there if not _keys(name) <= {c["name"] for c in inspector.get_columns(name)})


def _keys(table: str) -> set[str]:
    return {column.name for column in METADATA.tables[table].primary_key}
