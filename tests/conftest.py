"""Synthetic runs with a known onset, and forecasters: tests assert truth, not mocks."""

import fcntl
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.storage.database import Database
from api.storage.runs import RunStore
from grokcast import Monitor
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore
from tests.forecast_server import Service, StoredRuns
from tests.page_browser import browser, open_page, page_service, visit
from tests.postgresql import PostgresServer, require_postgresql
from tests.wire import StandInForecaster, local_client, served
from training_runs import Run
from training_runs.synthetic import synthetic_corpus

__all__ = ["browser", "open_page", "page_service", "visit"]  # fixtures

FEW_TREES = 90  # an eighth of those that are shipped: synthetic runs are simple


@pytest.fixture(scope="session")
def corpus() -> list[Run]:
    return synthetic_corpus()


@pytest.fixture(scope="session")
def synthetic_forecaster(corpus: list[Run], tmp_path_factory: pytest.TempPathFactory) -> OnsetForecaster:
    """A forecaster that knows the synthetic runs. The first worker of a session fits it, and the others read what that stored."""
    fit = partial(OnsetForecaster.fit, corpus, "synthetic", n_trees=FEW_TREES)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return fit()
    folder = tmp_path_factory.getbasetemp().parent  # of all workers
    store = ForecasterStore(folder / "forecasters")
    with folder.joinpath("fitting").open("w") as fitting:
        fcntl.flock(fitting, fcntl.LOCK_EX)
        if not store.folder.exists():
            store.save(fit(), {})
        return store.load("synthetic")


@pytest.fixture(scope="session")
def shipped() -> OnsetForecaster:
    """The forecaster that users get."""
    return ForecasterStore().load()


@pytest.fixture(autouse=True, scope="session")
def _own_data_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep tests away from the forecasters of whoever runs them."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own."""
    require_postgresql()
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/service.db"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.create(f"test_{uuid.uuid4().hex}")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of each kind, at the newest schema."""
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def runs(database: Database) -> RunStore:
    """The store of runs in it."""
    return RunStore(database, point_limit=1000)


@pytest.fixture
def forecaster() -> StandInForecaster:
    """A stand-in, where only the wire matters."""
    return StandInForecaster()


@pytest.fixture
def client(forecaster: StandInForecaster) -> Iterator[TestClient]:
    """The service with the stand-in."""
    with served(forecaster) as client:
        yield client


@pytest.fixture(scope="module")
def shipped_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service as it is after installation: an empty data directory, the shipped forecaster."""
    folder = tmp_path_factory.mktemp("service")
    settings = Settings(forecaster_store=folder / "forecasters", database_url=f"sqlite:///{folder}/service.db")
    with local_client(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def service() -> Iterator[Service]:
    """A stand-in for the service, for monitors."""
    service = Service()
    yield service
    service.stop()


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., Monitor]]:
    """Make monitors that do not wait between requests, and close them when the test ends."""
    monitors: list[Monitor] = []

    def make(url: str, **options: Any) -> Monitor:
        monitors.append(Monitor(url, **{"min_interval": 0.0, **options}))
        return monitors[-1]

    with caplog.at_level(logging.WARNING, logger="grokcast"):
        yield make
        for monitor in monitors:
            monitor.close(timeout=0)


@pytest.fixture
def stored() -> Iterator[StoredRuns]:
    """A stand-in for the service that keeps runs."""
    service = StoredRuns()
    yield service
    service.stop()
