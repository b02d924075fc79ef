"""The schema and how it comes about, on both databases."""

import resource
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade as alembic_upgrade
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from api.access.keys import KeyStore
from api.app import create_app
from api.errors import DatabaseUnusable
from api.migrations.upgrade import config
from api.settings import Settings
from api.storage.database import REVISION, Database
from api.storage.tables import METADATA
from api.wire.examples import REQUEST
from api.wire.webhook_secret import signing_key
from tests.postgresql import PostgresServer
from tests.timing import until
from tests.wire import StandInStore, local_client, problem_of
from training_runs import InvalidInput


def test_the_migrations_lead_to_the_tables(database: Database) -> None:
    with database.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert differences == []


def test_the_newest_migration_is_the_one_that_the_code_works_with() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == REVISION


def test_many_workers_start_on_an_empty_database_at_once(database_url: str) -> None:
    errors: list[Exception] = []

    def start() -> None:
        database = Database(database_url)
        try:
            database.migrate()
            assert database.revision() == REVISION
        except Exception as error:
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_a_new_file_is_opened_by_many_at_once_many_times(tmp_path: Path) -> None:
    """SQLite refuses one in some thousand of these without waiting."""

    def ping(url: str) -> None:
        database = Database(url)
        database.ping()
        database.close()

    urls = [f"sqlite:///{tmp_path}/{k}.db" for k in range(300)]
    with ThreadPoolExecutor(5) as pool:
        for url in urls:
            list(pool.map(ping, [url] * 5))


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InvalidInput, match="newer Grokcast"):
        database.migrate()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE runs (run_uuid VARCHAR(32))", "tables of another program: runs"),
        ("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)", None),
    ],
)
def test_a_database_of_another_program_is_left_alone(database_url: str, statement: str, said: str | None) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.exec_driver_sql(statement)
        if said is None:
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('bd07f7e963c5')")
    with pytest.raises(InvalidInput, match=said or "bd07f7e963c5.*another program's"):
        database.migrate()
    with database.reading() as connection:
        assert not inspect(connection).has_table("points")
    database.close()


@pytest.mark.parametrize(
    ("statement", "missing"),
    [("DROP TABLE points", "points"), ("DROP TABLE keys", "keys"), ("ALTER TABLE runs DROP COLUMN status", "status")],
)
def test_a_table_that_is_missing_is_named(database_url: str, statement: str, missing: str) -> None:
    database = Database(database_url)
    database.migrate()
    with database.writing() as connection:
        connection.exec_driver_sql(statement if database.is_sqlite else f"{statement} CASCADE")
    database.close()
    app = create_app(Settings(database_url=database_url), StandInStore(), sends_and_learns=False)
    with local_client(app, raise_server_exceptions=False) as client:
        for answer in (
            client.get("/readyz"),
            client.put("/v1/runs/a", json={}),
            client.get("/v1/runs/a"),
        ):
            if answer.status_code != 201:  # what needs that table
                detail = problem_of(answer, 503)["detail"]
                assert detail.startswith("the database does not fit this version (")
                assert missing in detail


@pytest.mark.parametrize(
    ("statements", "fault", "refused"),
    [
        (
            ("ALTER TABLE points RENAME TO p", "CREATE VIEW points AS SELECT * FROM p LIMIT 9"),
            "points is no table",
            "view",
        ),
        (
            ("CREATE TABLE p AS SELECT * FROM points", "DROP TABLE points", "ALTER TABLE p RENAME TO points"),
            "points lacks the key run, step",
            None,
        ),
        (("ALTER TABLE points ADD COLUMN mine INTEGER CHECK (mine > 0 AND step < 10)",), None, "constraint"),
    ],
)
def test_a_database_that_does_not_fit_says_how(
    database_url: str, statements: tuple[str, ...], fault: str | None, refused: str | None
) -> None:
    """It does answer: to try again, as it was told, does not help."""
    with unfit(database_url, *statements) as client:
        ready = client.get("/readyz")
        assert fault in problem_of(ready, 503)["detail"] if fault else ready.status_code == 200
        answer = client.post("/v1/runs/a/metrics", json={"history": REQUEST["history"]})
        if refused:
            detail = problem_of(answer, 503)["detail"]
            assert detail.startswith("the database does not fit this version (")
            assert refused in detail


@pytest.mark.parametrize(
    ("column", "kind"), [("runs.created_at", "text"), ("runs.blocked", "text"), ("points.step", "text")]
)
def test_a_column_of_another_type_is_named(postgresql: PostgresServer, column: str, kind: str) -> None:
    table, _, name = column.partition(".")
    url = postgresql.create(f"typed_{table}_{name}")
    with unfit(url, f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {kind}") as client:
        assert f"({column} is of another type)" in problem_of(client.get("/readyz"), 503)["detail"]
        for answer in (client.get("/v1/runs"), client.put("/v1/runs/a/stop", json={})):
            assert answer.status_code in (200, 503)


def test_a_run_that_the_database_does_not_take_is_refused_at_once(database_url: str) -> None:
    """A refusal was taken for another's run of that name, looked for without end."""
    with unfit(database_url, "ALTER TABLE runs ADD COLUMN mine INTEGER CHECK (mine > 0 AND run_id <> 'new')") as client:
        assert client.put("/v1/runs/a", json={}).status_code == 200
        assert "constraint" in problem_of(client.put("/v1/runs/new", json={}), 503)["detail"]


_PASSING_OVER = {
    "sqlite": ("CREATE TRIGGER mine BEFORE {} ON {} BEGIN SELECT RAISE(IGNORE); END",),
    "postgresql": (
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER mine BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION mine()",
    ),
}


@pytest.mark.parametrize(
    ("change", "table", "method", "path", "body"),
    [
        ("INSERT", "points", "POST", "/v1/runs/a/metrics", {"history": {"step": [3, 4], "val_acc": [0.1, 0.1]}}),
        ("UPDATE", "points", "POST", "/v1/runs/a/metrics", {"history": {"step": [2], "val_loss": [0.1]}}),
        ("UPDATE", "runs", "POST", "/v1/runs/a/metrics", {"history": {"step": [3], "val_acc": [0.1]}}),
        ("DELETE", "points", "DELETE", "/v1/runs/a/metrics?from_step=2", None),
        ("UPDATE", "runs", "PUT", "/v1/runs/a/outcome", {"status": "diverged"}),
        ("UPDATE", "runs", "PUT", "/v1/runs/a/stop", {}),
        ("UPDATE", "runs", "PUT", "/v1/runs/a", {}),
        ("INSERT", "runs", "PUT", "/v1/runs/b", {}),
        ("DELETE", "runs", "DELETE", "/v1/runs/a", None),
    ],
)
def test_rows_that_a_database_passes_over_are_not_acknowledged(
    database_url: str, change: str, table: str, method: str, path: str, body: Any
) -> None:
    """A rule of its own may drop what is written without a word: the points were gone, and answered with 200."""
    with unfit(database_url) as client:
        points = {"history": {"step": [1, 2], "val_acc": [0.1, 0.1]}}
        assert client.post("/v1/runs/a/metrics", json=points).status_code == 200
        before = client.get("/v1/runs/a").json()
        with client.app.state.database.writing() as connection:  # type: ignore[attr-defined]
            for statement in _PASSING_OVER[connection.dialect.name]:
                connection.exec_driver_sql(statement.format(change, table))
        assert table in problem_of(client.request(method, path, json=body), 503)["detail"]
        assert client.get("/v1/runs/a").json() == before


@contextmanager
def unfit(database_url: str, *statements: str) -> Iterator[TestClient]:
    """A service with a run whose database is changed while it runs."""
    app = create_app(Settings(database_url=database_url), StandInStore(), sends_and_learns=False)
    with local_client(app, raise_server_exceptions=False) as client:
        assert client.put("/v1/runs/a", json={}).status_code == 201
        with client.app.state.database.writing() as connection:  # type: ignore[attr-defined]
            for statement in statements:
                connection.exec_driver_sql(statement)
        yield client


def test_it_is_not_ready_from_a_refused_change_until_one_is_taken(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/service.db")
    app = create_app(settings, StandInStore(), sends_and_learns=False)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    points = {"history": REQUEST["history"]}
    with local_client(app, raise_server_exceptions=False) as client:
        client.put("/v1/runs/a", json={})
        assert client.get("/readyz").status_code == 200
        try:  # as on a disk that is full: no file may grow
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, unlimited[1]))
            problem_of(client.post("/v1/runs/a/metrics", json=points), 503)
            problem_of(client.get("/readyz"), 503)
            problem_of(client.get("/readyz"), 503)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/runs/a/metrics", json=points).status_code == 200


def test_secrets_of_webhooks_keep_their_key_in_the_new_form(database_url: str) -> None:
    """Receivers that check signatures with a secret of the first schema go on working."""
    database = Database(database_url)
    with database.writing() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        alembic_upgrade(settings, "0001")
        insert = (
            "INSERT INTO runs (run_id, context, webhook_secret, created_at, updated_at, revision, rewinds, point_count,"
            " status, blocked) VALUES (:run_id, '{}', :secret, 0, 0, 0, 0, 0, 'running', :no)"
        )
        for run_id, secret in (("a", "sixteen letters!"), ("b", "whsec_c2l4dGVlbiBsZXR0ZXJzIQ=="), ("c", None)):
            connection.execute(text(insert), {"run_id": run_id, "secret": secret, "no": False})
    database.migrate()
    with database.reading() as connection:
        found = connection.execute(text("SELECT webhook_secret FROM runs ORDER BY run_id")).scalars().all()
    assert found[2] is None
    assert [signing_key(secret) for secret in found[:2]] == [b"sixteen letters!", b"whsec_c2l4dGVlbiBsZXR0ZXJzIQ=="]
    database.close()


def test_a_reader_sees_one_state(database: Database) -> None:
    count = "SELECT count(*) FROM keys"
    with database.reading() as connection:
        before = connection.exec_driver_sql(count).scalar()
        KeyStore(database).create("another", "read")
        assert connection.exec_driver_sql(count).scalar() == before == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql(count).scalar() == 1


def test_errors_do_not_tell_what_was_to_be_stored(database: Database) -> None:
    with pytest.raises(DBAPIError) as failure, database.writing() as connection:
        connection.execute(text("INSERT INTO nothing VALUES (:x)"), {"x": "a secret"})
    assert "a secret" not in str(failure.value)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new/service.db")
    database.ping()
    for path in (tmp_path / "new", *(tmp_path / "new").iterdir()):
        assert path.stat().st_mode & 0o077 == 0
    database.close()


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql(
                "INSERT INTO keys (key_id, name, scope, digest, created_at) VALUES ('a','','','',0)"
            )
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM keys").scalar() == 0


def test_after_its_file_was_moved_away_nothing_is_written(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/service.db")
    database.migrate()
    database.ping()
    (tmp_path / "service.db").rename(tmp_path / "elsewhere.db")
    for replaced in (False, True):
        if replaced:
            (tmp_path / "service.db").write_bytes((tmp_path / "elsewhere.db").read_bytes())
        with pytest.raises(DatabaseUnusable, match="not the file that was opened"):
            database.ping()
        with pytest.raises(DatabaseUnusable), database.writing():
            pytest.fail("a change was begun")
    (tmp_path / "elsewhere.db").replace(tmp_path / "service.db")
    database.ping()
    database.close()


@pytest.mark.parametrize("end", ["-wal", "-shm"])
def test_after_the_log_beside_it_was_deleted_nothing_is_written(tmp_path: Path, end: str) -> None:
    """What was acknowledged went into a file without a name, and was gone when the service was killed."""
    database = Database(f"sqlite:///{tmp_path}/service.db")
    database.migrate()
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE kept AS SELECT 1")
    (tmp_path / f"service.db{end}").unlink()
    with pytest.raises(DatabaseUnusable, match=f"{end} was deleted"):
        database.ping()
    with pytest.raises(DatabaseUnusable), database.writing():
        pytest.fail("a change was begun")
    database.close()
    with closing(sqlite3.connect(tmp_path / "service.db")) as again:
        assert again.execute("SELECT * FROM kept").fetchall() == [(1,)]


def test_a_read_only_server_is_not_ready(postgresql: PostgresServer) -> None:
    url = postgresql.create("test_read_only")
    database = Database(f"{url}{'&' if '?' in url else '?'}options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(DatabaseUnusable, match="read-only"):
        database.ping()
    database.close()


def test_a_damaged_page_is_no_fault_of_the_service(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/service.db")
    with local_client(create_app(settings)) as client:
        client.put("/v1/runs/mine", json={})
        assert client.post("/v1/runs/mine/metrics", json={"history": REQUEST["history"]}).status_code == 200
    with closing(sqlite3.connect(tmp_path / "service.db")) as file:
        (page,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'points'").fetchone()
        (size,) = file.execute("PRAGMA page_size").fetchone()
    with (tmp_path / "service.db").open("r+b") as content:
        content.seek((page - 1) * size)
        content.write(b"\xff" * size)
    with local_client(create_app(settings), raise_server_exceptions=False) as client:
        answer = client.post("/v1/runs/mine/metrics", json={"history": {"step": [90], "train_acc": [1.0]}})
        assert problem_of(answer, 503)["detail"] == "the database does not answer; try again"


def test_a_worker_that_starts_without_a_database_lives_and_finds_it(postgresql: PostgresServer) -> None:
    url = postgresql.create("absent")
    postgresql.allow("absent", False)
    with local_client(create_app(Settings(database_url=url), StandInStore()), raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        problem_of(client.get("/readyz"), 503)
        problem_of(client.put("/v1/runs/a", json={}), 503)
        postgresql.allow("absent", True)
        until(lambda: client.get("/readyz").status_code == 200 and client.put("/v1/runs/a", json={}).status_code < 300)
