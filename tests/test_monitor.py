"""The monitor against a real HTTP server on the loopback, well and ill."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grokcast
from grokcast import Monitor
from grokcast.monitor import MAX_POINTS

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


def forecast_of(request: dict[str, Any]) -> tuple[int, bytes]:
    """Answer as a service that is well: what it knows of the history is its last step."""
    answer = {"forecaster": "test", "observed_until_step": request["history"]["step"][-1]}
    return 200, json.dumps({**answer, "warnings": []}).encode()


class Service:
    """A server that remembers what it is sent and answers as it is told to."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answer: Answer = forecast_of
        self.released = threading.Event()  # ends answers that hang
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.paths.append(self.path)
                service.requests.append(request)
                status, body = service.answer(request)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the client gave up

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def hang(self, request: dict[str, Any]) -> tuple[int, bytes]:
        self.released.wait(5)
        return forecast_of(request)

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
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


def unused_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def log_run(monitor: Monitor, n_points: int = 12) -> None:
    for step in range(n_points):
        monitor.log(step, train_acc=0.5, val_acc=0.1)


def test_posts_the_whole_history_in_order_with_what_is_asked(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    context = {"learning_rate": np.float32(0.5), "modulus": np.int64(47), "optimizer": "adamw"}
    monitor = watch(service.url, context=context, horizon_step=2000, target_accuracy=0.9)
    for step in range(0, 100, 10):
        monitor.log(step, train_loss=1.0 / (step + 1), val_acc=0.25)
    assert monitor.flush(5)
    assert set(service.paths) == {"/v1/forecasts"}
    assert service.requests[-1] == {
        "history": {
            "step": list(range(0, 100, 10)),
            "train_loss": [1.0 / (step + 1) for step in range(0, 100, 10)],
            "val_acc": [0.25] * 10,
        },
        "context": {"learning_rate": 0.5, "modulus": 47, "optimizer": "adamw"},
        "horizon_step": 2000,
        "target_accuracy": 0.9,
    }
    assert monitor.forecast is not None
    assert monitor.forecast["observed_until_step"] == 90
    assert monitor.problem is None


def test_scalars_of_numpy_and_torch_are_numbers_and_the_rest_is_missing(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    torch = pytest.importorskip("torch")
    monitor = watch(service.url)
    monitor.log(
        np.int64(1), train_loss=torch.tensor(0.5, requires_grad=True), val_acc=np.array([0.25])
    )
    monitor.log(torch.tensor(2), train_loss=float("nan"), val_loss=float("-inf"), val_acc=1)
    monitor.log(3.0, train_loss="low", val_acc=None, val_loss=torch.ones(2))  # type: ignore[arg-type]
    monitor.log(4, train_loss="lower")
    assert monitor.flush(5)
    assert service.requests[-1] == {
        "history": {
            "step": [1, 2, 3, 4],
            "train_loss": [0.5, None, None, None],
            "val_acc": [0.25, 1.0, None, None],
            "val_loss": [None, None, None, None],
        },
        "context": {},
    }
    assert [r.args[0].split("=")[0] for r in caplog.records] == ["train_loss", "val_loss"]  # type: ignore[index,union-attr]


@pytest.mark.parametrize("step", [-1, 1.5, float("nan"), 1e300, "ten", None, [1, 2]])
def test_a_step_that_is_none_leaves_its_point_out(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    monitor = watch(service.url)
    monitor.log(1, val_acc=0.1)
    monitor.log(step, val_acc=0.2)
    monitor.log(step, val_acc=0.3)
    monitor.log(2, val_acc=0.4)
    assert monitor.flush(5)
    assert service.requests[-1]["history"] == {"step": [1, 2], "val_acc": [0.1, 0.4]}
    assert len(caplog.records) == 1


def test_a_rewind_drops_the_points_at_and_after_it(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    monitor = watch(service.url)
    for step in (10, 20, 30, 40):
        monitor.log(step, val_acc=step / 100)
    for step in (20, 25):
        monitor.log(step, val_acc=0.9)
    monitor.log(15, val_acc=0.8)
    assert monitor.flush(5)
    assert service.requests[-1]["history"] == {"step": [10, 15], "val_acc": [0.1, 0.8]}
    assert [r.getMessage() for r in caplog.records] == [
        "grokcast: step went back from 40 to 20: points from 20 on are dropped"
    ]


def test_the_same_step_again_adds_and_replaces(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    monitor = watch(service.url)
    monitor.log(10, train_acc=0.5)
    monitor.log(10, val_acc=0.1)
    monitor.log(10, val_acc=0.2)
    assert monitor.flush(5)
    assert service.requests[-1]["history"] == {"step": [10], "train_acc": [0.5], "val_acc": [0.2]}
    assert not caplog.records


def test_a_very_long_history_is_thinned_where_it_is_old(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(service.url, min_interval=60.0)
    n_points = 3 * MAX_POINTS
    for step in range(n_points):
        monitor.log(step, val_acc=step / n_points)
    assert monitor.flush(10)
    history = service.requests[-1]["history"]
    steps = np.array(history["step"])
    assert MAX_POINTS / 2 < len(steps) <= MAX_POINTS
    assert steps[0] == 0
    np.testing.assert_array_equal(
        steps[-MAX_POINTS // 2 :], np.arange(n_points)[-MAX_POINTS // 2 :]
    )
    assert (np.diff(steps) > 0).all()
    np.testing.assert_allclose(history["val_acc"], steps / n_points)


def test_a_hanging_service_holds_nothing_up_and_builds_no_queue(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    service.answer = service.hang
    monitor = watch(service.url)
    seconds = []
    for step in range(500):
        before = time.perf_counter()
        monitor.log(step, train_acc=0.5, val_acc=0.1)
        seconds.append(time.perf_counter() - before)
    # A log that waited would wait each time, or for long; a single late one is the operating system's.
    assert sorted(seconds)[-5] < 0.05
    assert max(seconds) < 0.5
    before = time.perf_counter()
    assert not monitor.flush(0.1)
    assert time.perf_counter() - before < 1
    assert monitor.forecast is None
    service.released.set()
    assert monitor.flush(5)
    assert monitor.forecast is not None
    assert monitor.forecast["observed_until_step"] == 499
    assert len(service.requests) <= 3  # the one that hung, and the newest


def test_a_service_that_never_answers_is_given_up(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    service.answer = service.hang
    monitor = watch(service.url, timeout=0.1)
    log_run(monitor)
    assert not monitor.flush(0.5)
    assert monitor.problem is not None
    assert "did not answer within 0.1 s" in monitor.problem
    assert len(caplog.records) == 1


def test_requests_keep_their_distance_unless_someone_waits(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(service.url, min_interval=60.0)
    for step in range(20):
        monitor.log(step, val_acc=0.1)
        time.sleep(0.005)
    assert len(service.requests) <= 1
    for step in range(20, 23):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
        assert monitor.forecast is not None
        assert monitor.forecast["observed_until_step"] == step


def test_a_service_that_comes_back_is_used(
    watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    port = unused_port()
    monitor = watch(f"http://127.0.0.1:{port}")
    log_run(monitor)
    assert not monitor.flush(0.3)
    assert monitor.problem is not None
    assert "not reachable" in monitor.problem
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    service = Service(port)
    try:
        monitor.log(50, val_acc=0.2)
        assert monitor.flush(5)
        assert monitor.problem is None
        assert service.requests[-1]["history"]["step"] == [*range(12), 50]
    finally:
        service.stop()


def test_a_service_that_comes_back_is_found_without_a_flush(watch: Callable[..., Monitor]) -> None:
    port = unused_port()
    monitor = watch(f"http://127.0.0.1:{port}")
    log_run(monitor)
    service = Service(port)
    try:
        deadline = time.monotonic() + 10
        while monitor.forecast is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert monitor.forecast is not None
    finally:
        service.stop()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, b"<html>oops</html>", "answered 500"),
        (503, b"", "answered 503"),
        (429, b'{"title": "Too many requests"}', "429 Too many requests"),
        (422, b'{"detail": "history.val_acc[3] is 97"}', "422 history.val_acc[3] is 97"),
        (404, b'{"detail": "Not Found"}', "404 Not Found"),
        (200, b"{{{", "not a forecast"),
        (200, b'["no", "forecast"]', "not a forecast"),
        (200, b'{"hello": "world"}', "not a forecast"),
        (200, b"\xff\xfe\x00", "not a forecast"),
    ],
)
def test_an_ill_service_is_told_of_once_and_used_when_it_is_well(
    service: Service,
    watch: Callable[..., Monitor],
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    words: str,
) -> None:
    service.answer = lambda request: (status, body)
    monitor = watch(service.url)
    log_run(monitor)
    assert not monitor.flush(0.25)
    monitor.log(20, val_acc=0.1)
    assert not monitor.flush(0.25)
    assert monitor.forecast is None
    assert monitor.problem is not None
    assert words in monitor.problem
    assert len(caplog.records) == 1
    assert words in caplog.text
    service.answer = forecast_of
    monitor.log(30, val_acc=0.1)
    assert monitor.flush(5)
    assert monitor.problem is None
    assert monitor.forecast is not None


def test_a_refusal_is_not_waited_for(service: Service, watch: Callable[..., Monitor]) -> None:
    service.answer = lambda request: (422, b"{}")
    monitor = watch(service.url)
    log_run(monitor)
    before = time.monotonic()
    assert not monitor.flush(30)
    assert time.monotonic() - before < 10


def test_a_history_that_is_still_too_short_is_no_news(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    refusal = {"field": "history.step", "detail": "history.step is 2 checkpoints; expected 5"}
    service.answer = lambda request: (422, json.dumps(refusal).encode())
    monitor = watch(service.url)
    log_run(monitor, n_points=2)
    assert not monitor.flush(5)
    assert monitor.problem is not None
    assert not caplog.records


def test_a_horizon_that_was_reached_is_left_out(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    monitor = watch(service.url, horizon_step=20)
    for step in (10, 20, 30):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
    assert [r.get("horizon_step") for r in service.requests[-3:]] == [20, None, None]
    assert len(caplog.records) == 1


def test_what_the_service_warns_of_is_logged_once(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    def warned(request: dict[str, Any]) -> tuple[int, bytes]:
        texts = [
            "unknown signal `loss`",
            f"horizon is {len(request['history']['step'])}x the last step",
        ]
        return 200, json.dumps({"forecaster": "test", "warnings": texts}).encode()

    service.answer = warned
    monitor = watch(service.url)
    for step in range(3):
        monitor.log(step, loss=1.0)
        assert monitor.flush(5)
    assert len(caplog.records) == 2
    assert "unknown signal `loss`" in caplog.text


def test_the_callback_gets_each_forecast_and_may_raise(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    def on_forecast(forecast: dict[str, Any]) -> None:
        seen.append(forecast["observed_until_step"])
        raise RuntimeError("not ready")

    monitor = watch(service.url, on_forecast=on_forecast)
    for step in (1, 2, 3):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
    assert seen == [1, 2, 3]
    assert monitor.problem is None
    assert len(caplog.records) == 1
    assert "not ready" in caplog.text


@pytest.mark.parametrize("url", ["localhost:8321", "http://[", "https://127.0.0.1:9", "", "\0", 5])
def test_an_address_without_a_service_harms_nothing(
    watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch, url: Any
) -> None:
    monkeypatch.setenv("GROKCAST_URL", f"http://127.0.0.1:{unused_port()}")
    monitor = watch(url)
    log_run(monitor)
    assert not monitor.flush(0.2)
    assert monitor.problem is not None


@pytest.mark.parametrize(
    "options",
    [{"context": 3}, {"context": {"learning_rate": object()}}, {"context": {"x": [float("nan")]}}],
)
def test_a_strange_context_harms_nothing(
    service: Service,
    watch: Callable[..., Monitor],
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
) -> None:
    monitor = watch(service.url, **options)
    monitor.log(1, val_acc=0.1)
    monitor.flush(5)
    assert len(caplog.records) == 1


def test_the_address_is_the_argument_else_the_environment_else_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROKCAST_URL", "http://here:1/")
    assert Monitor("http://there:2").url == "http://there:2"
    assert Monitor().url == "http://here:1"
    monkeypatch.delenv("GROKCAST_URL")
    assert Monitor().url == "http://127.0.0.1:8321"


def test_a_proxy_is_not_asked_for_this_machine(
    service: Service, watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    monitor = watch(service.url)
    log_run(monitor)
    assert monitor.flush(5)


def test_warnings_as_errors_and_a_handler_that_raises_harm_nothing(
    watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def emit(self: logging.Handler, record: logging.LogRecord) -> None:
        raise OSError("disk full")

    handler = logging.StreamHandler()
    monkeypatch.setattr(logging.StreamHandler, "emit", emit)
    logger = logging.getLogger("grokcast")
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            monitor = watch(f"http://127.0.0.1:{unused_port()}")
            monitor.log("ten", val_acc=object())  # type: ignore[arg-type]
            monitor.log(10, val_acc=object())
            assert not monitor.flush(0.1)
    finally:
        logger.removeHandler(handler)


def test_the_thread_ends_when_idle_and_starts_again(
    service: Service, watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grokcast.monitor._IDLE_SECONDS", 0.05)
    monitor = watch(service.url)
    for step in (1, 2):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
        deadline = time.monotonic() + 5
        while monitor._thread is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert monitor._thread is None
    assert service.requests[-1]["history"]["step"] == [1, 2]


def test_a_with_block_ends_with_the_last_history_answered(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with Monitor(service.url, min_interval=60.0) as monitor:
        log_run(monitor, n_points=50)
    assert service.requests[-1]["history"]["step"] == list(range(50))
    monitor.log(50, val_acc=0.1)
    assert not caplog.text.count("Traceback")
    assert "after close()" in caplog.text
    assert service.requests[-1]["history"]["step"] == list(range(50))


class StoredRuns(Service):
    """A service that keeps runs as its contract says: it refuses what contradicts what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, dict[int, dict[str, float]]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        service = self
        handler = self._server.RequestHandlerClass

        def handle(self: Any) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            service.asked.append((self.command, self.path, body))
            status, answer = service.respond(self.command, self.path, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        for method in ("do_PUT", "do_POST", "do_DELETE"):
            setattr(handler, method, handle)

    def respond(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        name, _, rest = path.removeprefix("/v1/runs/").partition("/")
        if rest == "outcome":
            return 200, {"status": body["status"]}
        if method == "PUT":
            points = self.runs.setdefault(name, {})
            return 201, {"run_id": name, "observed_until_step": max(points, default=None)}
        if name not in self.runs:
            return 404, {"title": "Not found"}
        points = self.runs[name]
        if method == "DELETE":
            step = int(rest.partition("from_step=")[2])
            self.runs[name] = {s: p for s, p in points.items() if s < step}
            return 200, {}
        history = body["history"]
        for k, step in enumerate(history["step"]):
            new = {n: v[k] for n, v in history.items() if n != "step" and v[k] is not None}
            if any(points.get(step, {}).get(n, v) != v for n, v in new.items()):
                return 409, {"title": "Conflict"}
            points[step] = {**points.get(step, {}), **new}
        forecast = {"forecaster": "test", "observed_until_step": max(points), "warnings": []}
        return 200, {"forecast": forecast, "problem": None}


@pytest.fixture
def stored() -> Iterator[StoredRuns]:
    service = StoredRuns()
    yield service
    service.stop()


def test_a_stored_run_is_registered_and_gets_only_what_is_new(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(stored.url, run_id="seed=1", context={"learning_rate": 0.1}, horizon_step=900)
    for step in range(5):
        monitor.log(step, val_acc=step / 10)
    assert monitor.flush(5)
    sent = len(stored.asked)
    monitor.log(5, val_acc=0.5)
    assert monitor.flush(5)
    assert stored.asked[0] == (
        "PUT", "/v1/runs/seed%3D1", {"context": {"learning_rate": 0.1}, "horizon_step": 900},
    )  # fmt: skip
    assert stored.asked[sent:] == [
        ("POST", "/v1/runs/seed%3D1/metrics", {"history": {"step": [5], "val_acc": [0.5]}})
    ]
    assert monitor.forecast is not None
    assert monitor.forecast["observed_until_step"] == 5
    assert sorted(stored.runs["seed%3D1"]) == [0, 1, 2, 3, 4, 5]
    monitor.finish("stopped_early")
    assert stored.asked[-1] == ("PUT", "/v1/runs/seed%3D1/outcome", {"status": "stopped_early"})


def test_rewinds_and_replaced_values_reach_the_stored_run(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(stored.url, run_id="a")
    for step in (10, 20, 30, 40):
        monitor.log(step, val_acc=step / 100)
    assert monitor.flush(5)
    monitor.log(20, val_acc=0.9)
    monitor.log(25, val_acc=0.8)
    assert monitor.flush(5)
    assert stored.runs["a"] == {10: {"val_acc": 0.1}, 20: {"val_acc": 0.9}, 25: {"val_acc": 0.8}}
    monitor.log(25, val_acc=0.7, train_acc=1.0)
    assert monitor.flush(5)
    assert stored.runs["a"][25] == {"val_acc": 0.7, "train_acc": 1.0}
    assert monitor.problem is None


def test_a_training_that_is_resumed_in_a_new_process_takes_its_run_over(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    for first, value in ((10, 0.1), (30, 0.3)):
        monitor = watch(stored.url, run_id="a")
        for step in range(first, first + 40, 10):
            monitor.log(step, val_acc=value)
        assert monitor.flush(5)
        monitor.close()
    values = {step: point["val_acc"] for step, point in stored.runs["a"].items()}
    assert values == {10: 0.1, 20: 0.1, 30: 0.3, 40: 0.3, 50: 0.3, 60: 0.3}


def test_a_run_that_the_service_has_forgotten_is_registered_again(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(stored.url, run_id="a")
    monitor.log(1, val_acc=0.1)
    assert monitor.flush(5)
    stored.runs.clear()
    monitor.log(2, val_acc=0.2)
    assert monitor.flush(5)
    assert sorted(stored.runs["a"]) == [1, 2]


_TRAINING = """
import sys
from grokcast import Monitor

monitor = Monitor(min_interval=60)
for step in range(30):
    monitor.log(step, train_acc=0.5, val_acc=0.1)
ours = {"api", "features", "predictor", "training_runs"}
print(sorted(ours & {name.split(".")[0] for name in sys.modules}))
"""


def run_training(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "train.py").write_text(_TRAINING)
    command = [sys.executable, "-W", "error", "train.py"]
    environment = {**os.environ, "GROKCAST_URL": url}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_works_beside_foreign_folders_and_flushes_at_exit(service: Service, tmp_path: Path) -> None:
    for name in ("api", "features", "predictor", "training_runs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('not ours')\n")
    done = run_training(service.url, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert service.requests[-1]["history"]["step"] == list(range(30))


def test_the_end_of_a_training_is_not_held_up_without_a_service(tmp_path: Path) -> None:
    before = time.monotonic()
    done = run_training(f"http://127.0.0.1:{unused_port()}", tmp_path)
    assert time.monotonic() - before < 20
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "not reachable" in done.stderr


def test_exports() -> None:
    public = {"AsyncClient", "Client", "Monitor", "ServiceError", "ServiceUnreachable"}
    assert set(grokcast.__all__) == public | {"__version__"}
    assert grokcast.__version__[0].isdigit()
