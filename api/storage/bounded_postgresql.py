"""Connections to PostgreSQL that give up: a server that hangs, or is cut off, answers neither yes nor no.

The server ends a statement that takes too long; the client ends the wait for a server that does not even do that, and the
operating system the wait for one that is gone.
"""

import math
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 15
_ANSWER_SECONDS = 20.0


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed where the server does not answer.

    Attributes
    ----------
    answer_seconds : within which the server has to answer; infinite for a migration.
    """

    answer_seconds = _ANSWER_SECONDS

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait for what the driver has begun.

        Raises
        ------
        psycopg.OperationalError : it takes too long; the connection is closed.
        """
        return super().wait(self._bounded(gen), *args, **kwargs)

    def _bounded(self, gen: Any) -> Generator[Any, Any, Any]:
        until = time.monotonic() + self.answer_seconds
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not ready and time.monotonic() > until:  # nothing came since it was asked last
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer within {self.answer_seconds:g} s")
                state = gen.send(ready)
        except StopIteration as end:
            return end.value


def connect(*args: Any, **parameters: Any) -> BoundedConnection:
    """Open a connection; what its URL says of time-outs is kept."""
    chosen = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": round(1000 * _ANSWER_SECONDS),
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        **parameters,
    }
    statement = f"-c statement_timeout={1000 * _STATEMENT_SECONDS}"
    return BoundedConnection.connect(
        *args, **{**chosen, "options": f"{statement} {parameters.get('options', '')}".strip()}
    )


@contextmanager
def unbounded(connection: Connection) -> Iterator[None]:
    """Take the bounds off a transaction, for a migration of a large table."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    driver: Any = connection.connection.driver_connection
    driver.answer_seconds = math.inf
    try:
        yield
    finally:
        del driver.answer_seconds
