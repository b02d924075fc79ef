"""Where a monitor gets its forecasts: the service, the service with a stored run, or a process on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx2

from grokcast.address import connection_to, headers_of

Forecast = dict[str, Any]
Point = dict[str, float | None]
Points = Mapping[int, Point]  # by step, increasing

TOO_SHORT = "too short"


class NoForecast(Exception):
    """No forecast was made: the kind of reason, a message, and whether the same request may succeed later."""

    def __init__(self, kind: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.kind, self.message, self.retry = kind, message, retry


class ForecastBackend(Protocol):
    """Where the monitor's thread requests its forecasts.

    Attributes
    ----------
    loading : what the first answer is waiting for, in words, if it takes seconds.
    stop_requested : why somebody wants the training to stop, as of the last answer; None where nobody does.
    """

    stop_requested: str | None

    @property
    def loading(self) -> str | None:
        """Return it, or None."""
        ...

    def forecast(self, points: Points, question: Mapping[str, Any], rewound_to: int | None) -> Forecast:
        """Return the forecast of a history.

        Parameters
        ----------
        question : `context`, `horizon_step`, `target_accuracy`, `seconds_per_step`, `cost_per_hour`, where they are known.
        rewound_to : the earliest step that the training went back to since the last answer; None: it did not.

        Raises
        ------
        NoForecast : there is none, now or at all.
        """
        ...

    def finish(self, status: str) -> None:
        """Report the run's outcome, if the backend stores runs."""
        ...

    def close(self, *, for_good: bool = True) -> None:
        """Let go of connections; the next question, if it is not for good, makes new ones."""
        ...


class ServiceBackend:
    """Posts the whole history to `POST /v1/forecasts`; the service stores nothing."""

    loading: str | None = None
    stop_requested: str | None = None

    def __init__(self, url: str, api_key: str | None, timeout: float) -> None:
        self.url, self._timeout = url, timeout
        self._options = {"headers": headers_of(api_key), "timeout": timeout, **connection_to(url)}
        self._http: httpx2.Client | None = None

    def forecast(self, points: Points, question: Mapping[str, Any], rewound_to: int | None) -> Forecast:
        """Return the forecast of a history."""
        answer = self.send("POST", "/v1/forecasts", _body(points, question))
        if "forecaster" not in answer:
            message = f"{self.url} answered with something that is not a forecast; is it Grokcast?"
            raise NoForecast("garbage", message, retry=True)
        return answer

    def finish(self, status: str) -> None:
        """Do nothing: this backend stores no runs."""

    def close(self, *, for_good: bool = True) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def send(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """Return the JSON object that a request is answered with.

        Raises
        ------
        NoForecast : no answer, a refusal, or an answer that is no JSON object.
        """
        if self._http is None:
            self._http = httpx2.Client(**self._options)
        try:
            response = self._http.request(
                method, f"{self.url}{path}", content=body, headers={"Content-Type": "application/json"}
            )
        except httpx2.TimeoutException:
            message = f"{self.url} did not answer within {self._timeout:g} s; it is tried again later"
            raise NoForecast("timeout", message, retry=True) from None
        except httpx2.TransportError as error:
            message = f"{self.url} is not reachable ({error}); it is tried again later"
            raise NoForecast("unreachable", message, retry=True) from None
        try:
            answer = response.json()
        except ValueError:
            answer = None
        status = response.status_code
        if not response.is_success:
            problem = answer if isinstance(answer, dict) else {}
            reason = problem.get("detail") or problem.get("title") or response.reason_phrase
            # A refusal stands until there is something new to say; busy or broken may pass.
            refused = 400 <= status < 500 and status not in (408, 425, 429)
            message = f"{self.url} answered {status} {reason}"
            raise NoForecast(_kind(problem, f"status {status}"), message, retry=not refused)
        if not isinstance(answer, dict):
            message = f"{self.url} answered with something that is not a forecast; is it Grokcast?"
            raise NoForecast("garbage", message, retry=True)
        return answer


class StoredRunBackend:
    """Registers the run with the service and sends only new points, so that it can be watched there while it trains."""

    loading: str | None = None
    stop_requested: str | None = None

    def __init__(self, service: ServiceBackend, run_id: str) -> None:
        self._service, self._run_id = service, run_id
        self._path = f"/v1/runs/{quote(run_id, safe='')}"
        self._registered_with: Mapping[str, Any] | None = None
        self._stored: dict[int, Point] = {}  # what the service has acknowledged

    def forecast(self, points: Points, question: Mapping[str, Any], rewound_to: int | None) -> Forecast:
        """Send what is new and return the forecast that comes back."""
        if self._registered_with != question:
            self._register(points, question)
        changed = [s for s, old in self._stored.items() if _contradicts(old, points.get(s, {}))]
        back = min([*changed, *([] if rewound_to is None else [rewound_to])], default=None)
        if back is not None:
            self._rewind(back)
        new = {s: p for s, p in points.items() if self._stored.get(s) is not p}
        try:
            answer = self._service.send("POST", f"{self._path}/metrics", _body(new, {}))
        except NoForecast as error:
            if error.kind == "status 404":  # forgotten by the service meanwhile: begin again
                self._registered_with, self._stored = None, {}
                raise NoForecast("forgotten", error.message, retry=True) from None
            raise
        self._stored = dict(points)
        self.stop_requested = answer.get("stop_requested")
        if answer.get("forecast") is None:
            problem = answer.get("problem") or {}
            message = f"{self._service.url}: {problem.get('detail', 'no forecast')}; the points are stored"
            raise NoForecast(_kind(problem, "no forecast"), message)
        forecast: Forecast = answer["forecast"]
        of_names = answer.get("warnings") or []  # how this request's names were read; the forecast is of stored points
        return {**forecast, "warnings": [*(forecast.get("warnings") or []), *of_names]} if of_names else forecast

    def finish(self, status: str) -> None:
        """Report the run's outcome: from then on it is training data."""
        if self._registered_with is not None:
            body = json.dumps({"status": status}).encode()
            self._service.send("PUT", f"{self._path}/outcome", body)

    def close(self, *, for_good: bool = True) -> None:
        """Close the connections."""
        self._service.close(for_good=for_good)

    def _register(self, points: Points, question: Mapping[str, Any]) -> None:
        is_first = self._registered_with is None
        answer = self._service.send("PUT", self._path, json.dumps(question, allow_nan=False).encode())
        stored_until = answer.get("observed_until_step")
        begin = next(iter(points))
        if is_first and stored_until is not None and stored_until >= begin:
            # A training that was resumed from a checkpoint in a new process.
            self._rewind(begin)
        self._registered_with = question

    def _rewind(self, step: int) -> None:
        self._service.send("DELETE", f"{self._path}/metrics?from_step={step}")
        self._stored = {s: p for s, p in self._stored.items() if s < step}


class SubprocessBackend:
    """Runs the shipped forecaster in a subprocess; nothing leaves the machine."""

    stop_requested: str | None = None

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started it: a fork must not read its parent's answers
        self._has_answered = False  # which it does only when the forecaster is loaded

    @property
    def loading(self) -> str | None:
        """Return that the forecaster is still loading, until its process has answered once."""
        is_ready = self._has_answered and self._process is not None and self._owner == os.getpid()
        return None if is_ready else "still loading the forecaster, which takes a few seconds once: nothing to do"

    def forecast(self, points: Points, question: Mapping[str, Any], rewound_to: int | None) -> Forecast:
        """Return the forecast of a history."""
        answer = self._answer(_body(points, question) + b"\n")
        if "missing" in answer:
            message = f"the forecaster cannot be loaded here ({answer['missing']}); is there another api/ or predictor/ on PYTHONPATH?"
            raise NoForecast("offline", message)
        if "refused" in answer:
            kind = TOO_SHORT if answer.get("field") == "history.step" else "refused"
            raise NoForecast(kind, answer["refused"])
        forecast: Forecast = answer["forecast"]
        return forecast

    def finish(self, status: str) -> None:
        """Do nothing: this backend stores no runs."""

    def close(self, *, for_good: bool = True) -> None:
        """End the process, if no more questions come: to load the forecaster again takes seconds."""
        if for_good and self._process is not None and self._owner == os.getpid():
            _end(self._process)
            self._process = None

    def _answer(self, line: bytes) -> dict[str, Any]:
        if self._process is None or self._owner != os.getpid():
            self._process, self._owner, self._has_answered = _started(), os.getpid(), False
            weakref.finalize(self, _end, self._process)
        process = self._process
        try:
            process.stdin.write(line)  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            answer = process.stdout.readline()  # type: ignore[union-attr]
        except (OSError, ValueError):
            answer = b""
        if not answer.endswith(b"\n"):
            self.close()
            message = f"the forecaster's process has ended (status {process.returncode}); it is started again"
            raise NoForecast("offline", message, retry=True)
        self._has_answered = True
        found: dict[str, Any] = json.loads(answer)
        return found


def _started() -> "subprocess.Popen[bytes]":
    """Start the forecaster where the folders beside the user's script are not looked into (`-P`), but ours are."""
    ours = str(Path(__file__).parent.parent)
    code = f"import sys; sys.path.append({ours!r}); from grokcast.offline_worker import main; main()"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # the cores are the training's
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that holds nothing worth saving."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait(1)
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if pipe is not None:
                pipe.close()


def _kind(problem: Mapping[str, Any], otherwise: str) -> str:
    """Return the kind of a problem. A fault in the steps means too few of them, since a monitor sends no others: it passes."""
    return TOO_SHORT if problem.get("field") == "history.step" else otherwise


def _contradicts(old: Point, new: Point) -> bool:
    return any(name in new and new[name] != value for name, value in old.items())


def _columns(points: Points) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for point in points.values() for name in point)
    return {"step": list(points)} | {n: [p.get(n) for p in points.values()] for n in names}


def _body(points: Points, question: Mapping[str, Any]) -> bytes:
    # Column by column: encoding holds the interpreter's lock, 5 ms for 10,000 numbers.
    columns = _columns(points).items()
    history = ", ".join(f"{json.dumps(n)}: {json.dumps(column)}" for n, column in columns)
    rest = json.dumps(question, allow_nan=False).removeprefix("{")
    return f'{{"history": {{{history}}}{", " if question else ""}{rest}'.encode()
