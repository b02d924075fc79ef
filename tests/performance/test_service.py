"""What the service takes, with the load made on the same cores; beside it a bare route of the same server, in the same run."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert

from api.caller import LOCAL
from api.storage.database import Database
from api.storage.runs import RunSettings, RunStore
from api.storage.tables import points
from training_runs import Context
from training_runs.signals import SIGNALS

N_POINTS, N_SIGNALS = 200, 20
STORED_RUNS, STORED_POINTS = 1_000, 500


class Server:
    """`grokcast serve`, and how long it took to be ready."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"sqlite:///{folder}/service.db"
        environment = {**os.environ, "GROKCAST_DATABASE_URL": self.url, "OMP_NUM_THREADS": "1"}
        self.connections: list[http.client.HTTPConnection] = []
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grokcast", "serve", "--port", str(self.port), "--workers", str(workers)],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        while self.status("/readyz") != 200:
            assert time.perf_counter() < started + 120
            time.sleep(0.02)
        self.seconds_to_ready = time.perf_counter() - started

    def status(self, path: str) -> int | None:
        connection = self.connect()
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        self.connections.append(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60))
        return self.connections[-1]

    def stop(self) -> None:
        for connection in self.connections:
            connection.close()
        self.process.terminate()
        self.process.wait(30)

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def asking(self, method: str, path: str, bodies: Iterator[bytes]) -> Callable[[], float]:
        """Return a function that asks once on a connection that stays open, and returns the seconds that took."""
        connection = self.connect()

        def ask() -> float:
            body = next(bodies)
            started = time.perf_counter()
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == 200, content
            return time.perf_counter() - started

        return ask


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker, as by default."""
    server = Server(tmp_path_factory.mktemp("bench"), workers=1)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A worker for each core: what a service is started with that has many clients."""
    server = Server(tmp_path_factory.mktemp("busy"), workers=2)
    time.sleep(3)  # the second worker
    yield server
    server.stop()


def history(n: int = N_POINTS) -> dict[str, list[float]]:
    """A run that memorised and has not risen, with many signals."""
    rng = np.random.default_rng(0)
    steps = np.unique(np.geomspace(1, 5_000, 3 * n).astype(int))[:n]
    steps = np.concatenate([steps, steps[-1] + np.arange(1, 1 + n - len(steps))])
    columns = {name: rng.uniform(0.1, 0.4, n) for name in list(SIGNALS)[:N_SIGNALS]}
    columns |= {
        "train_acc": np.minimum(1, 0.02 + steps / 300),
        "val_acc": np.full(n, 0.02),
        "train_loss": 4 / (1 + steps / 50),
        "val_loss": 4 + np.log(steps),
    }
    return {"step": steps.tolist(), **{k: v.tolist() for k, v in columns.items()}}


def forever(body: bytes) -> Iterator[bytes]:
    while True:
        yield body


def quantiles(seconds: list[float]) -> tuple[float, float]:
    """Median and 99 % quantile in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return 1000 * cuts[49], 1000 * cuts[98]


REQUEST = json.dumps({"history": history(), "horizon_step": 50_000}).encode()


def test_start_and_memory(server: Server) -> None:
    print(f"\nstart to ready {server.seconds_to_ready:.1f} s (< 3), {server.megabytes():.0f} MB")
    assert server.seconds_to_ready < 3


def test_one_client(server: Server) -> None:
    bare = server.asking("GET", "/healthz", forever(b""))
    forecast = server.asking("POST", "/v1/forecasts", forever(REQUEST))
    for _ in range(20):
        bare(), forecast()
    pairs = [(bare(), forecast()) for _ in range(400)]
    (bare_p50, bare_p99), (p50, p99) = (quantiles([p[k] for p in pairs]) for k in (0, 1))
    print(
        f"\none forecast: p50 {p50:.1f} ms (< 8), p99 {p99:.1f} ms (< 25); bare route {bare_p50:.1f}, {bare_p99:.1f} ms; {p50 / bare_p50:.1f}x"
    )
    assert p50 < 8
    assert p99 < 25


def side_by_side(tasks: list[Callable[[], object]]) -> float:
    """Do all of them at once, and return the seconds until the last has ended."""
    threads = [threading.Thread(target=task) for task in tasks]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def eight_clients(server: Server) -> tuple[float, float]:
    """Return answers per second, and the 99 % quantile in milliseconds."""
    seconds: list[float] = []

    def ask() -> None:
        forecast = server.asking("POST", "/v1/forecasts", forever(REQUEST))
        seconds.extend(forecast() for _ in range(150))

    rate = 8 * 150 / side_by_side([ask] * 8)
    return rate, quantiles(seconds)[1]


def batches(server: Server, clients: int) -> float:
    """Return histories per second; each batch has a connection of its own, which a worker that is free takes."""
    body = json.dumps({"items": [json.loads(REQUEST)] * 100}).encode()

    def ask() -> None:
        for _ in range(10):
            server.asking("POST", "/v1/forecasts/batch", forever(body))()

    ask()
    return 1_000 * clients / side_by_side([ask] * clients)


def test_one_worker_under_load(server: Server) -> None:
    rate, p99 = eight_clients(server)
    print(f"\none worker: 8 clients {rate:.0f}/s, p99 {p99:.0f} ms; batches {batches(server, 1):.0f} histories/s")
    print(f"{server.megabytes():.0f} MB (< 400)")
    assert server.megabytes() < 400


def test_eight_clients(busy_server: Server) -> None:
    rate, p99 = eight_clients(busy_server)
    print(f"\ntwo workers: 8 clients {rate:.0f}/s (>= 200), p99 {p99:.0f} ms (< 100)")
    assert rate >= 200
    assert p99 < 100


def test_batches(busy_server: Server) -> None:
    rate = batches(busy_server, 2)
    print(f"\ntwo workers: batches of two clients {rate:.0f} histories/s (>= 500)")
    assert rate >= 500


def test_append_among_a_thousand_runs(server: Server) -> None:
    database = Database(server.url)
    store = RunStore(database, 100_000)
    stored = history(STORED_POINTS)
    names = [name for name in stored if name != "step"]
    values = [json.dumps({n: stored[n][k] for n in names}) for k in range(STORED_POINTS)]
    for k in range(STORED_RUNS):
        run, _ = store.put(LOCAL, f"r{k}", RunSettings(Context()))
        with database.writing() as connection:
            rows = [{"run": run.id, "step": s, "values": v} for s, v in zip(stored["step"], values, strict=True)]
            connection.execute(insert(points), rows)
    database.close()
    seconds = []
    for k in range(300):
        step = stored["step"][-1] + 10 + k
        body = json.dumps({"history": {"step": [step], "val_acc": [0.02], "train_acc": [1]}}).encode()
        path = f"/v1/runs/r{k * 7 % STORED_RUNS}/metrics"
        seconds.append(server.asking("POST", path, iter([body]))())
    p50, p99 = quantiles(seconds)
    print(
        f"\nappend + forecast, {STORED_RUNS} runs of {STORED_POINTS} points: p50 {p50:.1f} ms, p99 {p99:.1f} ms (< 50)"
    )
    assert p99 < 50
