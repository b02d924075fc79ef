"""What was acknowledged is there, whatever is killed: real processes, real sockets, real kills."""

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest

from api.caller import LOCAL
from api.storage.database import Database
from api.storage.runs import RunStore
from api.storage.stored_run import RunSettings
from tests.forks import Forks
from tests.postgresql import PostgresServer
from tests.timing import PATIENCE
from training_runs import Context, Trajectory

KILLS = 50  # on each database, each of every process there is
WORKERS = 2
WRITERS = 4
SECONDS_OF_LOAD = 0.15


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """What workers accept from. It outlives them, so that clients find those that come after them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture(scope="module")
def forks(listener: socket.socket) -> Iterator[Forks]:
    """Where workers come from."""
    forks = Forks("tests.killed_service:warm", [listener.fileno()])
    yield forks
    forks.close()


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
    forks: Forks, listener: socket.socket, database_url: str, database: Database
) -> None:
    runs = RunStore(database, 100_000)
    for name in ("shared", "own"):
        runs.put(LOCAL, name, RunSettings(Context()))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    # Two writers to one run, the others to another: they meet each other and every kill.
    writers = [Writer(base, "shared" if k < 2 else "own", k) for k in range(WRITERS)]
    rng = random.Random(1)
    for writer in writers:
        writer.start()
    serve = ("tests.killed_service:serve", database_url, listener.fileno())
    for _ in range(KILLS):
        before = sum(len(w.acknowledged) for w in writers)
        workers = [forks.start(*serve) for _ in range(WORKERS)]
        try:
            deadline = time.monotonic() + PATIENCE
            while sum(len(w.acknowledged) for w in writers) < before + 3:
                assert time.monotonic() < deadline, "the service does not answer"
                time.sleep(0.01)
            time.sleep(rng.uniform(0, SECONDS_OF_LOAD))
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
        ended = [forks.wait(worker, PATIENCE) for worker in workers]
        assert ended == [-signal.SIGKILL] * WORKERS
    last = forks.start(*serve)  # answers what is under way
    for writer in writers:
        writer.stop.set()
    for writer in writers:
        writer.join(PATIENCE)
        assert not writer.is_alive()
    os.kill(last, signal.SIGKILL)
    assert forks.wait(last, PATIENCE) == -signal.SIGKILL
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
