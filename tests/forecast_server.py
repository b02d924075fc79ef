"""A server on the loopback that stands in for the service: it answers monitors as a test tells it to."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from grokcast import Monitor

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


def forecast_of(request: dict[str, Any]) -> tuple[int, bytes]:
    """Answer as a service that is well: what it knows of the history is its last step."""
    answer = {"forecaster": "test", "observed_until_step": request["history"]["step"][-1]}
    return 200, json.dumps({**answer, "warnings": []}).encode()


class Service:
    """A server that remembers what it is sent and answers as it is told to; the times of histories, which no test foresees, apart."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.times: list[list[float]] = []
        self.paths: list[str] = []
        self.answer: Answer = forecast_of
        self.released = threading.Event()  # ends answers that hang
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.paths.append(self.path)
                service.times.append(request["history"].pop("time"))
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
            if "history" in (body or {}):
                service.times.append(body["history"].pop("time"))
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


def unused_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def log_run(monitor: Monitor, n_points: int = 12) -> None:
    for step in range(n_points):
        monitor.log(step, train_acc=0.5, val_acc=0.1)
