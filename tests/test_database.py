"""The schema and how it comes about, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade as alembic_upgrade
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.access.keys import KeyStore
from api.migrations.upgrade import config
from api.storage.database import REVISION, Database
from api.storage.tables import METADATA
from api.wire.webhook_secret import signing_key
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
