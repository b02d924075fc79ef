"""The database: SQLite without set-up, PostgreSQL by its URL; both behave alike to whoever uses them.

A transaction is `reading()` or `writing()`. On SQLite a writer takes its lock at the beginning and waits for others
(`BEGIN IMMEDIATE`), so two writers never find each other in the way half-way through; those of one process take turns, since
SQLite lets who waits sleep for up to 0.1 s after its turn has come.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import platformdirs
from pydantic_core import from_json
from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, case, create_engine, event, func, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from api.errors import DatabaseUnusable
from api.storage.schema import foreign_tables, require_tables
from training_runs import InvalidInput

REVISION = "0005"  # of the schema that this code works with: the newest file of `migrations/versions`

_LOCK_SECONDS = 30  # how long a writer waits for the others
_POOL_SECONDS = 10  # how long a request waits for one of the connections
_NAMED = 500  # values in one query


def _json(text: str | bytes) -> Any:
    """Return what a column of JSON holds; what is none as it lies there, for whoever knows which row that is."""
    try:
        return from_json(text)
    except ValueError:
        return text


_ENGINE: Any = {
    "json_serializer": partial(json.dumps, allow_nan=False),
    "json_deserializer": _json,
    "hide_parameters": True,  # errors are logged, and what was stored is nobody's business there
}
_MIGRATION_LOCK = 7_465_107_420_113  # any number that nobody else locks on this server


Value = TypeVar("Value")


class Database:
    """A pool of connections.

    Parameters
    ----------
    url : `sqlite:///FILE` or `postgresql+psycopg://...`; default: a file in the user's data directory.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = _checked(url or default_url())
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
        self._file = self._found_file()
        self._logs = [Path(f"{self.url.database}{end}") for end in ("-wal", "-shm")] if self.is_sqlite else []
        self._lock = Lock()
        self._has_refused = False  # the last change
        # SQLite's readers see one state in any case; PostgreSQL's, by default, one for each statement.
        self._readers = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file rather than a server."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Hand out a connection that sees one state of the database."""
        with self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Hand out a connection whose changes are kept together, durably, when the block ends well.

        Raises
        ------
        DatabaseUnusable : the file, or the one beside it, is not there any more: what is written would be nowhere; or other writers
            of this process, which take turns on SQLite, were not done in time.
        """
        self._require_same_file()
        with self._turn(), self.engine.connect() as plain:
            connection = plain.execution_options(grokcast_writes=True)
            try:
                with connection.begin():
                    self._require_log(connection)
                    yield connection
            except OperationalError as error:  # the disk is full, or damaged
                self._has_refused = self._has_refused or not _is_busy(error)
                raise
            self._has_refused = False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._lock.acquire(timeout=_LOCK_SECONDS):
            raise DatabaseUnusable(f"others have been writing to {self.url.database} for {_LOCK_SECONDS} s: try again")
        try:
            yield
        finally:
            self._lock.release()

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an insertion that may pass over rows that are there: `.on_conflict_do_nothing()`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def in_json(self, column: Column[Any], path: Sequence[str]) -> ColumnElement[Any]:
        """Return what lies at a path in a column of JSON: SQLite's value or PostgreSQL's text, and null where there is none.

        Whoever reads it checks it: a query that is to make a number of what is none is refused, with all its rows.
        """
        if not self.is_sqlite:
            text: ColumnElement[Any] = column[tuple(path)].as_string()
            return text
        return func.json_extract(case((func.json_valid(column) == 1, column)), f"$.{'.'.join(path)}")

    def ping(self) -> None:
        """Return if the database answers and takes changes.

        Raises
        ------
        DatabaseUnusable : it is read-only, or another file than was opened.
        """
        self._require_same_file()
        question = "PRAGMA query_only" if self.is_sqlite else "SHOW transaction_read_only"
        with self.engine.connect() as connection:
            if str(connection.execute(text(question)).scalar()) not in ("0", "off"):
                raise DatabaseUnusable("the database is read-only")
            self._require_log(connection)

    def require_usable(self) -> None:
        """Return if it has our tables and takes changes: after it refused one it is asked to, until it takes one again.

        Raises
        ------
        DatabaseUnusable : it is read-only, or another file than was opened.
        DBAPIError : it lacks a table, it still refuses changes, or it does not answer.
        """
        self.ping()
        with self.reading() as connection:
            require_tables(connection)
        if self._has_refused:
            with self.writing() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))

    def migrate(self) -> None:
        """Bring the schema up to `REVISION`; several processes may do this at once.

        Raises
        ------
        InvalidInput : the database was made by a newer version of Grokcast, or by another program.
        """
        revision = self.revision()
        if revision == REVISION:
            return  # without importing Alembic, which takes a third of a second
        if revision is None:
            self._require_no_foreign_tables()
        from api.migrations.upgrade import upgrade

        with self.writing() as connection:
            if self.is_sqlite:
                upgrade(connection)
                return
            from api.storage.bounded_postgresql import unbounded

            with unbounded(connection):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                upgrade(connection)

    def _require_no_foreign_tables(self) -> None:
        with self.reading() as connection:
            foreign = foreign_tables(connection)
        if foreign:
            raise InvalidInput(
                field="database",
                value=f"one with tables of another program: {', '.join(foreign)}",
                expected="one of Grokcast, or a new one",
                hint="name another by GROKCAST_DATABASE_URL",
            )

    def revision(self) -> str | None:
        """Return which schema the database has; None where it has none."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return None if found is None else str(found)

    def _found_file(self) -> tuple[int, int] | None:
        """Return which file is there now, by device and number; None for a server."""
        if not self.is_sqlite:
            return None
        found = os.stat(str(self.url.database))
        return found.st_dev, found.st_ino

    def _require_same_file(self) -> None:
        """An open file that was moved away or replaced takes what is written, and nobody will read it."""
        try:
            same = self._found_file() == self._file
        except OSError:
            same = False
        if not same:
            raise DatabaseUnusable(f"{self.url.database} is not the file that was opened: move it back, or restart")

    def _require_log(self, connection: Connection) -> None:
        """SQLite writes into a file beside the database first, by an index in another: deleted ones take it until this process ends."""
        if (
            all(log.exists() for log in self._logs)
            or connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal"
        ):
            return
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")  # a connection opens them with its first look
        for log in self._logs:
            if not log.exists():
                raise DatabaseUnusable(
                    f"{log} was deleted while it was in use: stop the service, which keeps what it holds"
                )

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def in_parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Yield values in parts that one query may name: a database bounds its parameters."""
    for start in range(0, len(values), _NAMED):
        yield values[start : start + _NAMED]


def default_url() -> str:
    """Return the URL of the database that needs no set-up."""
    return f"sqlite:///{Path(platformdirs.user_data_dir('grokcast')) / 'service.db'}"


def _checked(text_: str) -> URL:
    expected = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
    try:
        url = make_url(text_)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        raise InvalidInput(field="GROKCAST_DATABASE_URL", value="not a URL", expected=expected) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    in_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
    if url.drivername not in ("sqlite", "postgresql+psycopg") or in_memory:
        shown = url.render_as_string(hide_password=True)
        raise InvalidInput(field="GROKCAST_DATABASE_URL", value=shown, expected=expected)
    return url


def _is_busy(error: OperationalError) -> bool:
    """Return True where others hold SQLite's lock."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _sqlite(url: URL) -> Engine:
    file = Path(str(url.database))
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        # It holds the secrets of webhooks; what lies beside it gets the same mode.
        file.touch(mode=0o600)
    # As many connections as there are threads that answer requests: none waits for another's.
    engine = create_engine(url, pool_size=10, max_overflow=40, connect_args={"timeout": _LOCK_SECONDS}, **_ENGINE)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged write survives a power cut
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("grokcast_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Enable WAL. SQLite fails at once if two processes enable it on a new file, so retry."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _postgresql(url: URL) -> Engine:
    from training_runs.extras import require

    require("psycopg", extra="postgres")
    from api.storage.bounded_postgresql import connect

    engine = create_engine(
        url, pool_size=10, max_overflow=10, pool_timeout=_POOL_SECONDS, pool_pre_ping=True, **_ENGINE
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_: Any, __: Any, args: Any, parameters: Any) -> Any:
        return connect(*args, **parameters)

    return engine
