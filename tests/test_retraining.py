"""Retrainings in real processes, and how the service follows a promotion."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.storage.database import Database
from api.storage.retrainings import RetrainingStore
from api.wire.examples import APPEND, REQUEST
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore
from tests.wire import local_client, post, problem_of
from training_runs import archive
from training_runs.synthetic import synthetic_corpus


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    archive.append(tmp_path / "corpus", synthetic_corpus(30))
    return Settings(
        database_url=f"sqlite:///{tmp_path}/service.db",
        forecaster_store=tmp_path / "forecasters",
        corpus=tmp_path / "corpus",
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with local_client(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    """Return what is found as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return value


def state(client: TestClient, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/v1/retrainings/{number}").json()
    return answer


def started(client: TestClient, number: int) -> dict[str, Any]:
    return until(lambda: (s := state(client, number))["state"] == "running" and s)


def process_of(settings: Settings, number: int) -> int:
    """The process that works on a retraining, told by its command line."""
    database = Database(settings.database_url)
    holder = str(RetrainingStore(database).get(number).holder).encode()
    database.close()

    def found() -> int | None:
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if holder in line.read_bytes():
                    return int(line.parent.name)
        return None

    return int(until(found))


def test_a_retraining_is_cancelled(client: TestClient, settings: Settings) -> None:
    answer = client.post("/v1/retrainings", json={"promote": False})
    assert answer.status_code == 202
    number = answer.json()["id"]
    assert answer.headers["location"] == f"/v1/retrainings/{number}"
    problem_of(client.post("/v1/retrainings"), 409)
    started(client, number)
    pid = process_of(settings, number)
    assert client.delete(f"/v1/retrainings/{number}").json()["cancel_requested"]
    over = until(lambda: (s := state(client, number))["state"] != "running" and s)
    assert over["state"] == "cancelled"
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert client.delete(f"/v1/retrainings/{number}").json()["state"] == "cancelled"
    problem_of(client.get("/v1/retrainings/99"), 404)


def test_a_killed_retraining_fails_and_says_so(client: TestClient, settings: Settings) -> None:
    number = client.post("/v1/retrainings").json()["id"]
    started(client, number)
    os.kill(process_of(settings, number), signal.SIGKILL)
    over = until(lambda: (s := state(client, number))["state"] != "running" and s)
    assert (over["state"], over["problem"]) == ("failed", "its process was killed by signal 9")
    assert client.post("/v1/retrainings").status_code == 202


def test_a_retraining_is_begun_again_after_the_service_was_stopped(settings: Settings) -> None:
    with local_client(create_app(settings)) as client:
        number = client.post("/v1/retrainings").json()["id"]
        started(client, number)
        pid = process_of(settings, number)
    assert not Path(f"/proc/{pid}").exists()
    with local_client(create_app(settings)) as client:
        again = started(client, number)
        assert again["attempt"] == 1
        assert process_of(settings, number) != pid
        client.delete(f"/v1/retrainings/{number}")
        until(lambda: state(client, number)["state"] == "cancelled")


def test_a_promotion_is_followed_live_and_rolled_back(
    client: TestClient, settings: Settings, shipped: OnsetForecaster
) -> None:
    store = ForecasterStore(settings.forecaster_store)
    before = client.get("/readyz").json()["forecaster"]
    store.save(replace(shipped, version="another"), {"corpus": {"runs": 1}})
    client.put("/v1/runs/a", json={})
    first = post(client, APPEND, "/v1/runs/a/metrics").json()["forecast"]
    assert first["forecaster"] == before
    answer = client.put("/v1/forecasters/active", json={"version": "another"})
    assert answer.json() == {"version": "another", "before": before}
    assert post(client, REQUEST).json()["forecaster"] == "another"
    # The same points, another forecaster: both are in the timeline.
    assert post(client, APPEND, "/v1/runs/a/metrics").json()["forecast"]["forecaster"] == "another"
    made = client.get("/v1/runs/a/forecasts").json()["forecasts"]
    assert [m["forecast"]["forecaster"] for m in made] == [before, "another"]
    # From outside, as `grokcast forecasters activate` does it; requests meanwhile are answered by either.
    store.activate(before)
    seen = until(lambda: (v := post(client, REQUEST).json()["forecaster"]) == before and v, 10)
    assert seen == before
    problem_of(client.put("/v1/forecasters/active", json={"version": "none"}), 404)
    problem_of(client.put("/v1/forecasters/active", json={"version": "../x"}), 404)


def test_a_damaged_promotion_leaves_the_one_before(
    client: TestClient, settings: Settings, shipped: OnsetForecaster
) -> None:
    store = ForecasterStore(settings.forecaster_store)
    before = client.get("/readyz").json()["forecaster"]
    store.save(replace(shipped, version="another"), {"corpus": {"runs": 1}})
    store.activate("another")
    (store.folder / "another" / "state.json").write_text("{}")
    time.sleep(1.5)
    # Loaded before it was damaged, or not at all: in no case does a request fail.
    assert post(client, REQUEST).json()["forecaster"] in {before, "another"}
    assert client.get("/readyz").status_code == 200


@pytest.mark.slow
def test_a_retraining_learns_from_finished_runs(client: TestClient, settings: Settings) -> None:
    client.put("/v1/runs/a", json={"context": {"budget_step": 100}})
    post(client, APPEND, "/v1/runs/a/metrics")
    client.put("/v1/runs/a/outcome", json={})
    number = client.post("/v1/retrainings", json={"promote": True}).json()["id"]
    # Of the whole corpus: seven minutes on two free cores.
    over = until(lambda: (s := state(client, number))["finished_at"] and s, 1200)
    assert over["state"] == "succeeded", over
    assert over["result"]["added_runs"] == 1
    assert over["result"]["champion"] == client.get("/v1/forecasters").json()["forecasters"][-1]["version"]
    assert over["result"]["challenger"] in ForecasterStore(settings.forecaster_store).versions()
