"""A database that neither answers nor refuses: what stores nothing goes on, all else ends in time."""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError

from api.access.keys import KeyStore
from api.access.last_answers import LastAnswers
from api.app import create_app
from api.settings import Settings
from api.storage import bounded_postgresql
from api.storage.database import Database
from api.wire.examples import APPEND, REQUEST
from tests.postgresql import PostgresServer
from tests.wire import StandInStore, local_client, problem_of

SECONDS = 2  # the least that libpq waits for a connection


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have connections give up soon."""
    monkeypatch.setattr(bounded_postgresql, "_CONNECT_SECONDS", SECONDS)
    monkeypatch.setattr(bounded_postgresql.BoundedConnection, "answer_seconds", SECONDS)


@pytest.mark.usefixtures("short")
def test_a_frozen_server_is_not_waited_for(postgresql: PostgresServer) -> None:
    database = Database(postgresql.create("frozen"))
    database.migrate()
    begun = time.monotonic()
    expected = pytest.raises(DBAPIError, match=f"no answer within {SECONDS} s")
    with expected, database.reading() as connection, postgresql.frozen():
        connection.exec_driver_sql("SELECT 1")
    with postgresql.frozen(), pytest.raises(DBAPIError, match="timeout expired|no answer within"):
        database.ping()
    assert time.monotonic() - begun < 20 * SECONDS
    database.ping()
    database.close()


def test_a_statement_has_a_time_and_a_migration_none(
    postgresql: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_postgresql, "_STATEMENT_SECONDS", 0.2)
    database = Database(postgresql.create("slow"))
    with pytest.raises(DBAPIError, match="statement timeout"), database.reading() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(20)")
    with database.writing() as connection, bounded_postgresql.unbounded(connection):
        connection.exec_driver_sql("SELECT pg_sleep(0.5)")
    database.close()


@contextlib.contextmanager
def served(url: str) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """The service with a key; the client bears it."""
    database = Database(url)
    database.migrate()
    bearing = {"authorization": f"Bearer {KeyStore(database).create('mine', 'write')[1]}"}
    database.close()
    with local_client(create_app(Settings(database_url=url), StandInStore())) as client:
        assert client.put("/v1/runs/r", json={}, headers=bearing).status_code == 201
        yield client, bearing


@pytest.mark.usefixtures("short")
def test_forecasts_go_on_while_the_database_hangs(postgresql: PostgresServer) -> None:
    batch = {"items": [REQUEST]}
    with served(postgresql.create("hung")) as (client, bearing), ThreadPoolExecutor(60) as others:
        with postgresql.frozen():
            # More than there are threads for them.
            appends = [
                others.submit(client.post, "/v1/runs/r/metrics", json=APPEND, headers=bearing) for _ in range(60)
            ]
            seconds = []
            for _ in range(20):
                begun = time.monotonic()
                assert client.post("/v1/forecasts", json=REQUEST, headers=bearing).status_code == 200
                assert client.post("/v1/forecasts/batch", json=batch, headers=bearing).status_code == 200
                seconds.append(time.monotonic() - begun)
            assert not all(append.done() for append in appends)
            assert sorted(seconds)[10] < LastAnswers.patience  # not one wait each
            assert max(seconds) < 20 * LastAnswers.patience
            assert "answer" in problem_of(client.get("/readyz"), 503)["detail"]
        assert {append.result(60).status_code for append in appends} <= {200, 503}
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/runs/r/metrics", json=APPEND, headers=bearing).status_code == 200


def test_a_database_that_fails_is_not_asked_at_each_request(tmp_path: Path) -> None:
    with served(f"sqlite:///{tmp_path}/service.db") as (client, bearing):
        assert client.get("/v1/signals", headers=bearing).status_code == 200
        client.app.state.database.close()  # type: ignore[attr-defined]
        for file in tmp_path.iterdir():
            file.rename(tmp_path / f"{file.name}.gone")
        (tmp_path / "service.db").mkdir()
        for _ in range(3):
            assert client.post("/v1/forecasts", json=REQUEST, headers=bearing).status_code == 200
        problem_of(client.get("/v1/runs/r", headers=bearing), 503)
        problem_of(client.get("/v1/signals", headers={"x-api-key": "gk_1_unknown"}), 503)


def test_a_writer_elsewhere_does_not_stop_forecasts_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/service.db"
    with served(url) as (client, bearing), ThreadPoolExecutor(60) as others:
        foreign = Database(url)
        with foreign.writing():
            appends = [
                others.submit(client.post, "/v1/runs/r/metrics", json=APPEND, headers=bearing) for _ in range(60)
            ]
            time.sleep(0.5)
            assert client.post("/v1/forecasts", json=REQUEST, headers=bearing).status_code == 200
            assert client.get("/readyz").status_code == 200
            assert not any(append.done() for append in appends)
        foreign.close()
        assert {append.result(60).status_code for append in appends} == {200}


def test_what_was_said_long_ago_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = LastAnswers[str]()
    end = threading.Event()

    def hang() -> str:
        end.wait(60)
        return "late"

    async def ask() -> None:
        assert await answers.ask("a", lambda: "at once") == "at once"
        monkeypatch.setattr(answers, "patience", 0.01)
        assert await answers.ask("a", hang) == "at once"
        assert await answers.ask("a", hang) == "at once"
        monkeypatch.setattr(answers, "age", 0.0)
        end.set()
        assert await answers.ask("a", hang) == "late"

    anyio.run(ask)
