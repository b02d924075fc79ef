"""The service under everything at once, for as long as is wanted: `make soak`, or `make soak SOAK_MINUTES=1.5`.

Two workers on PostgreSQL are asked for appends, forecasts, batches and streams, and post webhooks. Meanwhile forecasters are promoted
and rolled back, a worker is killed, the server of the database is killed and started again, a forecaster is retrained, on a
small corpus, and the service's wall clock is set back by hours and forward again. Clients repeat what was not answered, as ours do. In the end every acknowledged point has to be there, no answer may
have been wrong, and the workers' memory may not have grown, in runs of ten minutes or more. `--report PAGE` writes it down.
"""

import argparse
import contextlib
import http.server
import itertools
import math
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from api.wire.examples import REQUEST
from predictor.store import ForecasterStore
from tests.postgresql import PostgresServer
from training_runs import archive
from training_runs.synthetic import synthetic_corpus

_SET_CLOCK = Path(__file__).parent / "set_clock"
_HOURS = (-3, 5, 0)  # by which the service's clock is wrong, one after another
_TRANSIENT = {429, 503}  # to be sent again
_BEGIN, _END = "<!-- soak -->", "<!-- end of soak -->"
_WARM_MINUTES = 10  # before which memory still grows to what it needs, and proves nothing


@dataclass
class Load:
    """What is asked by several threads, and what came of it."""

    base: str
    stop: threading.Event = field(default_factory=threading.Event)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    acknowledged: dict[str, set[int]] = field(default_factory=dict)

    def ask(self, client: httpx2.Client, name: str, method: str, path: str, body: Any = None) -> Any:
        """Ask until there is an answer that is none of a fault that passes."""
        while not self.stop.is_set():
            begun = time.perf_counter()
            try:
                answer = client.request(method, self.base + path, json=body)
            except httpx2.TransportError:
                self.answers[f"{name}: no answer"] += 1
                time.sleep(0.1)
                continue
            self.answers[f"{name}: {answer.status_code}"] += 1
            if answer.status_code not in _TRANSIENT:
                if answer.status_code >= 300:
                    self.wrong.append(f"{name}: {answer.status_code} {answer.text[:200]}")
                self.seconds.setdefault(name, []).append(time.perf_counter() - begun)
                return answer
            time.sleep(0.1)
        return None

    def append(self, client: httpx2.Client, run: str, step: int) -> None:
        history = {
            "step": [step],
            "train_acc": [min(1.0, step / 50)],
            "val_acc": [0.02],
            "train_loss": [2 / (1 + step)],
        }
        if self.ask(client, "append", "POST", f"/v1/runs/{run}/metrics", {"history": history}) is not None:
            self.acknowledged[run].add(step)

    def write(self, run: str, webhook: str) -> None:
        with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
            self.acknowledged[run] = set()
            self.ask(client, "register", "PUT", f"/v1/runs/{run}", {"webhook": {"url": webhook}})
            step = 0
            while not self.stop.is_set():
                step += 1
                self.append(client, run, step)
                time.sleep(0.05)

    def again(self, name: str, method: str, path: str, body: Any, pause: float) -> None:
        with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
            while not self.stop.is_set():
                self.ask(client, name, method, path, body)
                time.sleep(pause)

    def follow(self, path: str) -> None:
        """Read a stream, and open it again where it ends: its worker may have been killed."""
        while not self.stop.is_set():
            with (
                contextlib.suppress(httpx2.TransportError),
                httpx2.Client(trust_env=False, verify=False, timeout=60) as client,
                client.stream("GET", self.base + path) as stream,
            ):
                for line in stream.iter_lines():
                    if line.startswith("event"):
                        self.answers[f"stream {line}"] += 1
                    if self.stop.is_set():
                        return
            time.sleep(0.2)


class Clock:
    """The wall clock of the service, which is set while it runs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, hours: float) -> None:
        """Let it be wrong by some hours."""
        written = self._file.with_suffix(".new")
        written.write_text(str(3600 * hours))
        written.replace(self._file)


class _Receiver(http.server.BaseHTTPRequestHandler):
    """Takes webhooks."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def workers_of(supervisor: int) -> list[int]:
    """Return the processes that answer: those that a supervisor has spawned, without Python's own helper."""
    found = []
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def megabytes(pid: int) -> float:
    """Return the resident memory of a process; 0 for one that has ended."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


@dataclass
class Report:
    """What came of it."""

    minutes: float
    load: Load
    memory: list[tuple[float, list[float]]]
    stuck: int
    lost: int
    retraining: str

    @property
    def half(self) -> tuple[float, float]:
        """Megabytes of both workers in the first and the last third of the second half."""
        half = [sum(each) for share, each in self.memory if share >= 0.5 and len(each) == 2 and min(each) > 0]
        if not half:
            return math.nan, math.nan  # a worker was missing all the time, which is a fault
        third = max(1, len(half) // 3)
        return statistics.median(half[:third]), statistics.median(half[-third:])

    @property
    def is_kept(self) -> bool:
        first, last = self.half
        is_flat = last < 1.05 * first or (self.minutes < _WARM_MINUTES and not math.isnan(last))
        failed = self.load.wrong or self.lost or self.stuck or self.retraining == "failed"
        return bool(is_flat and not failed)

    def text(self) -> str:
        """Return it as a page has it."""
        repeated = Counter(
            {kind: n for kind, n in self.load.answers.items() if kind.split(": ")[-1] in ("503", "429", "no answer")}
        )
        events = sum(n for kind, n in self.load.answers.items() if kind.startswith("stream"))
        first, last = self.half
        points = sum(map(len, self.load.acknowledged.values()))
        return "\n".join(
            [
                f"{time.strftime('%Y-%m-%d')}, {self.minutes:g} minutes, two workers, PostgreSQL, {os.cpu_count()} cores with a load of {os.getloadavg()[2]:.0f}:",
                "",
                "| what | answers | p50 | p99 |",
                "|---|---|---|---|",
                *(_row(name, times) for name, times in sorted(self.load.seconds.items()) if len(times) > 1),
                "",
                f"{points:,} acknowledged points, {self.lost} lost; {len(self.load.wrong)} wrong answers; {self.stuck} clients stuck; "
                f"{repeated.total():,} requests were answered with 503, or not at all, and sent again; {events:,} events in five streams; "
                f"a retraining meanwhile: {self.retraining}; the service's clock was set: {', '.join(f'{h:+d} h' for h in _HOURS)}.",
                f"Memory of both workers in the second half: {first:.0f} to {last:.0f} MB ({100 * (last / first - 1):+.1f} %, 5 allowed).",
                f"{'Every' if self.is_kept else 'NOT every'} promise was kept.",
            ]
        )


def _row(name: str, times: list[float]) -> str:
    cuts = statistics.quantiles(times, n=100)
    return f"| {name} | {len(times):,} | {1000 * cuts[49]:.0f} ms | {1000 * cuts[98]:.0f} ms |"


def soak(minutes: float) -> Report:
    """Run it; return what came of it."""
    database = PostgresServer()
    with tempfile.TemporaryDirectory() as folder:
        try:
            return _soak(minutes, database, Path(folder))
        finally:
            database.stop()


def _soak(minutes: float, database: PostgresServer, folder: Path) -> Report:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = ForecasterStore(folder / "forecasters")
    shipped = store.load()
    store.save(replace(shipped, version="another"), {"corpus": {}})
    environment = {
        **os.environ,
        "GROKCAST_DATABASE_URL": database.create("soak"),
        "GROKCAST_FORECASTER_STORE": str(store.folder),
        "GROKCAST_WEBHOOK_PRIVATE_ADDRESSES": "true",
        "GROKCAST_CORPUS": str(folder / "corpus"),
        "PYTHONPATH": os.pathsep.join([str(_SET_CLOCK), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "CLOCK_FILE": str(folder / "clock"),
    }
    clock = Clock(folder / "clock")
    archive.append(folder / "corpus", synthetic_corpus())
    with (folder / "log").open("wb") as log:
        words = [sys.executable, "-m", "grokcast", "serve", "--port", str(port), "--workers", "2"]
        service = subprocess.Popen(words, env=environment, stderr=log)
    load = Load(f"http://127.0.0.1:{port}")
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    hook = f"http://127.0.0.1:{receiver.server_port}/"
    try:
        with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
            load.ask(client, "ready", "GET", "/readyz")
        jobs: list[Callable[[], None]] = [lambda k=k: load.write(f"run-{k}", hook) for k in range(4)]  # type: ignore[misc]
        jobs += [
            lambda: load.again("forecast", "POST", "/v1/forecasts", REQUEST, 0.05),
            lambda: load.again("batch", "POST", "/v1/forecasts/batch", {"items": [REQUEST] * 50}, 0.5),
            lambda: load.again("list", "GET", "/v1/runs", None, 0.5),
            *[lambda k=k: load.follow(f"/v1/runs/run-{k}/events") for k in range(4)],  # type: ignore[misc]
            lambda: load.follow("/v1/events"),
        ]
        threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        memory = _disturb(minutes, load, service.pid, database, shipped.version, clock)
        load.stop.set()
        for thread in threads:
            thread.join(90)
        return _judge(minutes, load, memory, threads)
    finally:
        load.stop.set()
        service.terminate()
        service.wait(60)
        receiver.shutdown()


def _disturb(
    minutes: float, load: Load, supervisor: int, database: PostgresServer, version: str, clock: Clock
) -> list[tuple[float, list[float]]]:
    """Promote and roll back all the time, kill a worker, then the database; retrain, and set the clock meanwhile; measure memory."""
    begun, seconds = time.monotonic(), 60 * minutes
    client = httpx2.Client(trust_env=False, verify=False, timeout=60)
    due: list[tuple[float, Callable[[], object]]] = [
        (0.25, lambda: os.kill(random.choice(workers_of(supervisor)), signal.SIGKILL)),
        (0.375, lambda: (database.kill(), database.start())),  # type: ignore[func-returns-value]
        (0.45, lambda: load.ask(client, "retrain", "POST", "/v1/retrainings", {"promote": False})),
        *((0.455 + 0.1 * turn, partial(clock.set, hours)) for turn, hours in enumerate(_HOURS)),
    ]
    promoting = threading.Thread(target=_promote, args=(load, version, min(5.0, seconds / 40)), daemon=True)
    promoting.start()
    memory = []
    while (share := (time.monotonic() - begun) / seconds) < 1:
        while due and share >= due[0][0]:
            due.pop(0)[1]()
        memory.append((share, [megabytes(pid) for pid in workers_of(supervisor)]))
        time.sleep(min(5.0, seconds / 40))
    load.stop.set()
    promoting.join(90)
    return memory


def _promote(load: Load, version: str, pause: float) -> None:
    with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
        for turn in itertools.count():
            if load.stop.wait(pause):
                return
            wanted = ("another", version)[turn % 2]
            load.ask(client, "promote", "PUT", "/v1/forecasters/active", {"version": wanted})


def _judge(
    minutes: float, load: Load, memory: list[tuple[float, list[float]]], threads: list[threading.Thread]
) -> Report:
    stuck = sum(thread.is_alive() for thread in threads)
    with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
        stored = {run: client.get(f"{load.base}/v1/runs/{run}").json()["history"]["step"] for run in load.acknowledged}
        jobs = client.get(f"{load.base}/v1/retrainings").json()["retrainings"]
    lost = sum(len(steps - set(stored[run])) for run, steps in load.acknowledged.items())
    return Report(minutes, load, memory, stuck, lost, jobs[0]["state"] if jobs else "none")


def _put(page: Path, text: str) -> None:
    """Write a report between the marks of a page."""
    before, rest = page.read_text().split(_BEGIN)
    _, after = rest.split(_END)
    page.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--report", type=Path, help="a page with the marks that it goes between")
    chosen = parser.parse_args()
    result = soak(chosen.minutes)
    print(result.text())
    for line in result.load.wrong[:10]:
        print(line)
    if chosen.report:
        _put(chosen.report, result.text())
    sys.exit(0 if result.is_kept else 1)
