"""A service in processes of its own, and the load that is put on it: for the bench and for its page."""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from api.caller import LOCAL
from api.storage.database import Database
from api.storage.runs import RunStore
from api.storage.stored_run import RunSettings
from api.storage.tables import points
from training_runs import Context
from training_runs.signals import SIGNALS

N_POINTS, N_SIGNALS, N_HISTORIES = 200, 20, 16
EVERY_SECONDS = 5.0  # between two appends of a live run
_CONNECTIONS = 64  # that appends share
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """`grokcast serve`, and how long it took to be ready.

    Parameters
    ----------
    folder : of its data.
    url : of its database; default: SQLite in the folder.
    """

    def __init__(self, folder: Path, workers: int, url: str | None = None, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = url or f"sqlite:///{folder}/service.db"
        environment = {**os.environ, "GROKCAST_DATABASE_URL": self.url, "OMP_NUM_THREADS": "1", **settings}
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

    def processor_seconds(self) -> float:
        """Processor time of all processes of the service that live."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        stats = (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in (self.process.pid, *children)
        )
        return sum(int(fields[11]) + int(fields[12]) for fields in stats) / _TICKS

    def asking(self, method: str, path: str, bodies: Iterator[bytes]) -> Callable[[], float]:
        """Return a function that asks once on a connection that stays open, and returns the seconds that took."""
        connection = self.connect()

        def ask() -> float:
            body = next(bodies)
            started = time.perf_counter()
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status in (200, 201), content
            return time.perf_counter() - started

        return ask


def history(n: int = N_POINTS, seed: int = 0) -> dict[str, list[float]]:
    """A run that memorised and has not risen, with many signals in full precision."""
    rng = np.random.default_rng(seed)
    steps = np.unique(np.geomspace(1, 5_000, 3 * n).astype(int))[:n]
    steps = np.concatenate([steps, steps[-1] + np.arange(1, 1 + n - len(steps))])
    columns = {name: rng.uniform(0.1, 0.4, n) for name in list(SIGNALS)[:N_SIGNALS]}
    columns |= {
        "train_acc": np.minimum(1, 0.02 + steps / rng.uniform(200, 400)),
        "val_acc": rng.uniform(0.015, 0.025, n),
        "train_loss": rng.uniform(3, 5) / (1 + steps / 50),
        "val_loss": rng.uniform(3, 5) + np.log(steps),
    }
    return {"step": steps.tolist(), **{k: v.tolist() for k, v in columns.items()}}


def _request(seed: int) -> dict[str, object]:
    context = {"learning_rate": 10.0 ** (-4 + seed / 8), "weight_decay": 0.1 * (1 + seed)}
    return {"history": history(seed=seed), "horizon_step": 50_000, "context": context}


QUESTIONS = [_request(seed) for seed in range(N_HISTORIES)]
BODIES = [json.dumps(question).encode() for question in QUESTIONS]


def forever(bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Yield different bodies again and again: one alone would be in every cache."""
    return itertools.cycle(bodies)


def quantiles(seconds: list[float]) -> tuple[float, float]:
    """Median and 99 % quantile in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return 1000 * cuts[49], 1000 * cuts[98]


def one_client(server: Server) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return p50 and p99 in milliseconds, of a bare route and of a forecast, asked by turns."""
    bare = server.asking("GET", "/healthz", forever([b""]))
    forecast = server.asking("POST", "/v1/forecasts", forever(BODIES))
    for _ in range(20):
        bare(), forecast()
    pairs = [(bare(), forecast()) for _ in range(400)]
    return quantiles([p[0] for p in pairs]), quantiles([p[1] for p in pairs])


def append_among(server: Server, runs: int, n_points: int) -> tuple[float, float]:
    """Store runs of many points, and return p50 and p99 in milliseconds of an append to one of them."""
    database = Database(server.url)
    store = RunStore(database, 100_000)
    stored = history(n_points)
    names = [name for name in stored if name != "step"]
    values = [json.dumps({n: stored[n][k] for n in names}) for k in range(n_points)]
    numbers = [store.put(LOCAL, f"r{k}", RunSettings(Context()))[0].id for k in range(runs)]
    with database.writing() as connection:
        for number in numbers:
            rows = [{"run": number, "step": s, "values": v} for s, v in zip(stored["step"], values, strict=True)]
            connection.execute(insert(points), rows)
    database.close()
    seconds = []
    for k in range(300):
        step = stored["step"][-1] + 10 + k
        body = json.dumps({"history": {"step": [step], "val_acc": [0.02], "train_acc": [1]}}).encode()
        seconds.append(server.asking("POST", f"/v1/runs/r{k * 7 % runs}/metrics", iter([body]))())
    return quantiles(seconds)


def side_by_side(tasks: Sequence[Callable[[], object]]) -> float:
    """Do all of them at once, and return the seconds until the last has ended."""
    threads = [threading.Thread(target=task) for task in tasks]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def clients(server: Server, number: int = 8, each: int = 150) -> tuple[float, float]:
    """Return forecasts per second, and the 99 % quantile in milliseconds."""
    seconds: list[float] = []

    def ask() -> None:
        forecast = server.asking("POST", "/v1/forecasts", forever(BODIES))
        seconds.extend(forecast() for _ in range(each))

    rate = number * each / side_by_side([ask] * number)
    return rate, quantiles(seconds)[1]


def batches(server: Server, number: int) -> float:
    """Return histories per second; each batch has a connection of its own, which a worker that is free takes."""
    body = json.dumps({"items": [QUESTIONS[k % N_HISTORIES] for k in range(100)]}).encode()

    def ask() -> None:
        for _ in range(10):
            server.asking("POST", "/v1/forecasts/batch", iter([body]))()

    ask()
    return 1_000 * number / side_by_side([ask] * number)


@contextlib.contextmanager
def open_streams(server: Server, number: int) -> Iterator[None]:
    """Keep event streams open, each of a run of its own."""
    sockets = []
    put = server.connect()
    for k in range(number):
        put.request("PUT", f"/v1/runs/watched-{k}", b"{}", {"Content-Type": "application/json"})
        put.getresponse().read()
        opened = socket.create_connection(("127.0.0.1", server.port))
        opened.sendall(f"GET /v1/runs/watched-{k}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        sockets.append(opened)
    try:
        for opened in sockets:
            opened.settimeout(60)
            assert b" 200 " in opened.recv(100)
        time.sleep(2)
        yield
    finally:
        for opened in sockets:
            opened.close()


@dataclass(frozen=True)
class Appends:
    """What came of live runs that each append a point every five seconds."""

    runs: int
    offered: float  # a second
    answered: float
    p50: float  # milliseconds from when an append was due
    p99: float
    processor: float  # milliseconds of the services for each
    refused: int


def live_runs(servers: Sequence[Server], runs: int, seconds: float) -> Appends:
    """Let runs append for some seconds, spread over services, none waiting for another's turn."""
    return asyncio.run(_live_runs(servers, runs, seconds))


async def _live_runs(servers: Sequence[Server], runs: int, seconds: float) -> Appends:
    due: asyncio.Queue[tuple[float, int, int] | None] = asyncio.Queue()
    took: list[float] = []
    statuses: list[int] = []

    async def send(connection: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", servers[connection % len(servers)].port)
        while (task := await due.get()) is not None:
            when, run, turn = task
            if turn == 0:
                await _exchange(reader, writer, "PUT", f"/v1/runs/live-{run}", b"{}")
                continue
            point = {"step": [turn], "train_acc": [1.0], "val_acc": [0.02], "train_loss": [1 / turn], "val_loss": [4.0]}
            body = json.dumps({"history": point}).encode()
            statuses.append(await _exchange(reader, writer, "POST", f"/v1/runs/live-{run}/metrics", body))
            took.append(time.perf_counter() - when)
        writer.close()

    senders = [asyncio.create_task(send(k)) for k in range(min(runs, _CONNECTIONS))]
    for run in range(runs):
        due.put_nowait((0.0, run, 0))
    while not due.empty():
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    spent = sum(server.processor_seconds() for server in servers)
    begun, pause = time.perf_counter(), EVERY_SECONDS / runs
    total = round(seconds / pause)
    for number in range(total):
        when = begun + number * pause
        await asyncio.sleep(max(0.0, when - time.perf_counter()))
        due.put_nowait((when, number % runs, 1 + number // runs))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    p50, p99 = quantiles(took)
    rate = total / (time.perf_counter() - begun)
    spent = sum(server.processor_seconds() for server in servers) - spent
    refused = sum(status != 200 for status in statuses)
    return Appends(runs, runs / EVERY_SECONDS, rate, p50, p99, 1000 * spent / total, refused)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, body: bytes
) -> int:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
    return int(answer.split()[1])
