"""What was acknowledged is there, whatever is killed: real processes, real sockets, real kills."""

import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import uvicorn

from api.app import create_app
from api.caller import LOCAL
from api.database import Database
from api.run_store import RunSettings, RunStore
from api.settings import Settings
from tests.postgresql import PostgresServer
from tests.wire import StandInStore
from training_runs import Context, Trajectory

KILLS = 25  # on each database
WRITERS = 4
SECONDS_OF_LOAD = 0.15

# Put together once, before processes are forked off. The stand-in for the forecaster is loaded at once; what is killed
# here is the rest of the service.
APP = create_app(Settings(), StandInStore())


def serve(database_url: str, sockets: list[socket.socket]) -> None:
    """Run the service on a listening socket, as a worker does."""
    APP.state.settings = Settings(database_url=database_url)
    server = uvicorn.Server(uvicorn.Config(APP, log_level="error"))
    server.run(sockets)


@pytest.fixture(scope="module")
def forks() -> Iterator[Any]:
    """Where processes come from: a clean process that has imported everything, so that a start takes little."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_durability"])
    return context


class Writer(threading.Thread):
    """Appends points to a run, one after another, each until it is acknowledged."""

    def __init__(self, base: str, run_id: str, first: int) -> None:
        super().__init__(daemon=True)
        self.base, self.run_id, self.next = base, run_id, first
        self.acknowledged: list[int] = []
        self.wrong: list[int] = []
        self.stop = threading.Event()

    def run(self) -> None:
        with httpx2.Client(trust_env=False, verify=False, timeout=5) as client:
            while not self.stop.is_set():
                body = {"history": {"step": [self.next], "val_loss": [float(self.next)]}}
                try:
                    url = f"{self.base}/v1/runs/{self.run_id}/metrics"
                    answer = client.post(url, json=body)
                except httpx2.HTTPError:
                    time.sleep(0.05)  # the same point is sent again: that must be harmless
                    continue
                if answer.status_code != 200:
                    self.wrong.append(answer.status_code)
                    return
                self.acknowledged.append(self.next)
                self.next += WRITERS


def test_acknowledged_points_survive_kills(
    forks: Any, database_url: str, database: Database
) -> None:
    runs = RunStore(database, 100_000)
    for name in ("shared", "own"):
        runs.put(LOCAL, name, RunSettings(Context()))
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    # Two writers to one run, the others to another: they meet each other and every kill.
    writers = [Writer(base, "shared" if k < 2 else "own", k) for k in range(WRITERS)]
    rng = random.Random(1)
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        process = forks.Process(target=serve, args=(database_url, [listener]))
        process.start()
        before = sum(len(w.acknowledged) for w in writers)
        deadline = time.monotonic() + 30
        while sum(len(w.acknowledged) for w in writers) < before + 3:
            assert time.monotonic() < deadline, "the service does not answer"
            time.sleep(0.01)
        time.sleep(rng.uniform(0, SECONDS_OF_LOAD))
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
        assert process.exitcode == -signal.SIGKILL
    for writer in writers:
        writer.stop.set()
    listener.close()
    for writer in writers:
        writer.join(10)
    assert [w.wrong for w in writers] == [[]] * WRITERS
    for name in ("shared", "own"):
        acknowledged = {s for w in writers if w.run_id == name for s in w.acknowledged}
        assert len(acknowledged) > KILLS
        _, points = runs.history(LOCAL, name)
        assert points is not None
        stored = dict(zip(points.steps.tolist(), points.signals["val_loss"].tolist(), strict=True))
        assert acknowledged <= stored.keys()
        assert all(step == value for step, value in stored.items())


def test_acknowledged_points_survive_a_crash_of_postgresql(postgresql: PostgresServer) -> None:
    url = postgresql.create("crash")
    database = Database(url)
    database.migrate()
    runs = RunStore(database, 100_000)
    runs.put(LOCAL, "a", RunSettings(Context()))
    for step in range(20):
        runs.append(LOCAL, "a", Trajectory([step], {"val_loss": [step]}))
    postgresql.kill()
    postgresql.start()
    found, points = runs.history(LOCAL, "a")
    assert points is not None
    assert points.steps.tolist() == list(range(20))
    assert found.point_count == 20
    database.close()
