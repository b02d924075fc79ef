"""`grokcast serve --workers 2` as users start it, on either database: the workers agree."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.wire.examples import REQUEST
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore
from tests.command_line import grokcast
from tests.timing import PATIENCE, until


class Served:
    """A running service."""

    def __init__(self, folder: Path, database_url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.store = ForecasterStore(folder / "forecasters")
        self.log = folder / "log"
        (folder / "grokcast-counts-left").mkdir()
        environment = {
            **os.environ,
            "GROKCAST_DATABASE_URL": database_url,
            "GROKCAST_FORECASTER_STORE": str(self.store.folder),
            "GROKCAST_LOG_FORMAT": "json",
            "TMPDIR": str(folder),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "grokcast", "serve", "--port", str(self.port), "--workers", "2"],
                env=environment,
                stderr=log,
                stdout=log,
                start_new_session=True,
            )
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        deadline = time.monotonic() + 240
        while len(self.workers()) < 2:
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx2.HTTPError):
                httpx2.get(f"{self.base}/readyz", trust_env=False, verify=False, timeout=5)
            time.sleep(0.05)

    def workers(self) -> list[int]:
        """The workers that have started, from the log."""
        text = self.log.read_text()
        pids = re.findall(r"Started server process \[(\d+)\]", text)
        ready = text.count("Application startup complete")
        return [int(pid) for pid in pids if Path(f"/proc/{pid}").exists()][: max(ready, 0)]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:  # a worker that is still importing does not hear of it
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[Served]:
    served = Served(tmp_path, database_url)
    yield served
    served.stop()


def test_workers_agree(served: Served, shipped: OnsetForecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = httpx2.Client(base_url=served.base, trust_env=False, verify=False, timeout=60)
    assert asked.get("/healthz", headers={"x-many": "x" * 2**17}).status_code == 431
    assert asked.put("/v1/runs/shared", json={}).status_code == 201
    events: list[tuple[str, Any]] = []
    listening = threading.Event()

    def listen() -> None:
        kind = ""
        with (
            contextlib.suppress(httpx2.TransportError),  # when its worker is killed
            httpx2.Client(trust_env=False, verify=False, timeout=60) as client,
            client.stream("GET", f"{served.base}/v1/runs/shared/events") as stream,
        ):
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    events.append((kind, json.loads(value)))
                    listening.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert listening.wait(PATIENCE)
    # Eight clients, each connection to either worker, append interleaved parts of one run.
    failures: list[str] = []

    def append(k: int) -> None:
        for step in range(k, 80, 8):
            body = {"history": {"step": [step], "train_loss": [1.0 + step], "val_acc": [0.01]}}
            # A new connection each time: the workers share them out.
            with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
                answer = client.post(f"{served.base}/v1/runs/shared/metrics", json=body)
                if answer.status_code != 200:
                    failures.append(answer.text)

    threads = [threading.Thread(target=append, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    run = asked.get("/v1/runs/shared").json()
    assert run["history"]["step"] == list(range(80))
    assert run["history"]["train_loss"] == [1.0 + step for step in range(80)]
    assert run["forecast"]["observed_until_step"] == 79
    # A promotion by one worker, or by the command line, is followed by both, and no request fails meanwhile.
    before = asked.get("/readyz").json()["forecaster"]
    served.store.save(replace(shipped, version="another"), {"corpus": {"runs": 1}})
    asked.put("/v1/forecasters/active", json={"version": "another"})
    follow(served, "another")
    monkeypatch.setenv("GROKCAST_FORECASTER_STORE", str(served.store.folder))
    assert grokcast("forecasters", "activate", before).returncode == 0
    follow(served, before)
    # The stream saw every kind of thing, whichever worker did it.
    until(lambda: [d["observed_until_step"] for kind, d in events if kind == "run"][-1:] == [79])
    until(lambda: {kind for kind, _ in events} >= {"run", "forecast"})
    ids = [data["id"] for kind, data in events if kind == "forecast"]
    assert ids == sorted(set(ids))
    # A worker is killed; the other answers, and another takes its place.
    asked.close()
    for pid in served.workers()[:1]:
        os.kill(pid, signal.SIGKILL)
    assert asked_again(served, "/v1/runs/shared")["points"] == 80
    figures = asked_again_text(served, "/metrics")
    assert 'route="/v1/runs/{run_id}/metrics",status="200"} 80.0' in figures
    (counts,) = served.log.parent.glob("grokcast-counts-*")  # what was left behind there is gone
    assert counts.name != "grokcast-counts-left"
    # Workers whose supervisor is killed end too: nobody would replace or stop them, and their port would stay taken.
    served.process.kill()
    until(lambda: not served.workers())
    for line in served.log.read_text().splitlines():
        assert "grokcast" in json.loads(line)["logger"] or json.loads(line)["event"]


def follow(served: Served, version: str) -> None:
    """Every worker answers with the promoted forecaster two seconds later at most, as is promised."""
    deadline = time.monotonic() + 2
    is_due = False
    while (seen := forecasters(served)) != {version}:
        assert not is_due, seen
        is_due = time.monotonic() >= deadline


def forecasters(served: Served) -> set[str]:
    """Return by which forecasters twenty requests are answered, none of which fails."""
    seen = set()
    for _ in range(20):
        # A new connection each time: the workers share them out.
        with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
            answer = client.post(f"{served.base}/v1/forecasts", json=REQUEST)
        assert answer.status_code == 200
        seen.add(answer.json()["forecaster"])
    return seen


def asked_again(served: Served, path: str) -> Any:
    return json.loads(asked_again_text(served, path))


def asked_again_text(served: Served, path: str) -> str:
    """Ask until a worker answers: a connection may be one of the worker that was killed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with httpx2.Client(trust_env=False, verify=False, timeout=60) as client:
                answer = client.get(served.base + path)
            assert answer.status_code == 200
            return answer.text
        except httpx2.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
