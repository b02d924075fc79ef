"""The routes of the service as values: what to send, and how often to try. Both clients send these."""

import email.utils
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from grokcast.given_context import fields_of

JsonObject = dict[str, Any]
History = Mapping[str, Sequence[float | None]]

# Not now, but perhaps soon: timed out, too many requests, or something between here and the service is unwell.
_PASSING = {408, 429, 502, 503, 504}
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 30.0  # seconds
MAX_ITEMS = 1_000  # of one batch
MAX_WITH_GAPS = 100  # of one batch
MAX_VALUES = 2_000_000  # of one batch: at most 25 bytes each in JSON, and the service takes 64 MiB


class ServiceError(RuntimeError):
    """The service refused: its status, and its problem as RFC 9457 has it (`detail`, `field`, `hint`, `errors` ...)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(status, problem)
        self.status, self.problem = status, dict(problem)

    @property
    def field(self) -> str | None:
        """The field at fault, where one is."""
        return self.problem.get("field")

    def __str__(self) -> str:
        reason = self.problem.get("detail") or self.problem.get("title") or "no reason given"
        return f"{self.status}: {reason}"


class ServiceUnreachable(ConnectionError):
    """The service did not answer, however often it was tried."""


@dataclass(frozen=True)
class Call:
    """One request. All of them may be sent twice: what is sent again changes nothing.

    Attributes
    ----------
    holds : a member that the answer has; empty: it has some; None: there may be no answer.
    """

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    holds: str | None = ""


def forecast(request: Mapping[str, Any]) -> Call:
    """Forecast one history; `request` is the body of the route."""
    return Call("POST", "/v1/forecasts", _question(request))


def batches(requests: Sequence[Mapping[str, Any]]) -> Iterator[Call]:
    """Forecast histories in batches that the service takes: by number, and by the size of their bodies."""
    part: list[Mapping[str, Any]] = []
    values = 0
    most = MAX_WITH_GAPS if any(request.get("include") for request in requests) else MAX_ITEMS
    for request in requests:
        size = sum(len(column) for column in request.get("history", {}).values())
        if part and (len(part) == most or values + size > MAX_VALUES):
            yield _batch(part)
            part, values = [], 0
        part.append(request)
        values += size
    if part:
        yield _batch(part)


def plan(request: Mapping[str, Any]) -> Call:
    """Plan runs of some settings; `request` is the body of the route."""
    contexts = {"contexts": [fields_of(each) for each in request["contexts"]]} if request.get("contexts") else {}
    return Call("POST", "/v1/plans", _question(request) | contexts)


def put_run(run_id: str, **settings: Any) -> Call:
    """Register a run, or replace what it was registered with; a setting that is None is not given."""
    given = ((name, value) for name, value in settings.items() if value is not None)
    known = {name: dict(value) if isinstance(value, Mapping) else value for name, value in given}
    return Call("PUT", _run(run_id), _question(known))


def run(run_id: str) -> Call:
    """Show a run, its points and its newest forecast."""
    return Call("GET", _run(run_id))


def runs(cursor: int | None, limit: int) -> Call:
    """Show a page of runs."""
    return Call("GET", "/v1/runs", params=_given(cursor=cursor, limit=limit), holds="runs")


def delete_run(run_id: str) -> Call:
    """Forget a run."""
    return Call("DELETE", _run(run_id), holds=None)


def append(run_id: str, history: History) -> Call:
    """Add points to a run."""
    return Call("POST", f"{_run(run_id)}/metrics", {"history": dict(history)})


def rewind(run_id: str, from_step: int) -> Call:
    """Take back the points at a step and after it."""
    return Call("DELETE", f"{_run(run_id)}/metrics", params={"from_step": from_step})


def forecasts(run_id: str, cursor: int | None, limit: int) -> Call:
    """Show a page of the forecasts of a run."""
    return Call("GET", f"{_run(run_id)}/forecasts", params=_given(cursor=cursor, limit=limit), holds="forecasts")


def outcome(run_id: str, status: str, blocked: bool) -> Call:
    """Report the outcome of a run."""
    return Call("PUT", f"{_run(run_id)}/outcome", {"status": status, "blocked": blocked})


def request_stop(run_id: str, reason: str | None) -> Call:
    """Request that a training stops, or with None take the request back."""
    if reason is None:
        return Call("DELETE", f"{_run(run_id)}/stop")
    return Call("PUT", f"{_run(run_id)}/stop", {"reason": reason})


def forecasters() -> Call:
    """Show the stored forecasters."""
    return Call("GET", "/v1/forecasters", holds="forecasters")


def signals() -> Call:
    """Show the vocabulary of signals."""
    return Call("GET", "/v1/signals", holds="signals")


def answer_of(response: httpx2.Response, holds: str | None = "") -> Any:
    """Return the JSON of a response; None where it is empty, and may be (`Call.holds`).

    Raises
    ------
    ServiceError : the service refused, or what answers is not Grokcast.
    """
    if response.status_code == 204 and holds is None:
        return None
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if not response.is_success:
        problem = answer if isinstance(answer, dict) else {"detail": response.reason_phrase}
        raise ServiceError(response.status_code, problem)
    if not isinstance(answer, dict) or (holds and not isinstance(answer.get(holds), list)):
        wanted = f"JSON with a list `{holds}`" if holds else "a JSON object"
        raise ServiceError(
            response.status_code, {"detail": f"the answer is not JSON as expected ({wanted}): is it Grokcast?"}
        )
    return answer


def unreachable(url: str, error: httpx2.RequestError) -> ServiceUnreachable:
    """Return the error of a service that did not answer."""
    return ServiceUnreachable(f"{url} does not answer: {str(error) or type(error).__name__}")


def may_pass(response: httpx2.Response) -> bool:
    """Return True if the same request may succeed later."""
    return response.status_code in _PASSING


def wait_before(attempt: int, response: httpx2.Response | None) -> float:
    """Return the seconds to wait before a further attempt: doubling, with chance, and as long as the service requests."""
    wait: float = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT) * random.uniform(0.5, 1.0)
    requested = _retry_after(response.headers.get("Retry-After")) if response is not None else 0.0
    return max(wait, min(requested, _LONGEST_WAIT))


def _retry_after(header: str | None) -> float:
    """Return the seconds that a Retry-After header requests: a number of them or a date."""
    if not header:
        return 0.0
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0


def _batch(requests: Sequence[Mapping[str, Any]]) -> Call:
    return Call("POST", "/v1/forecasts/batch", {"items": [_question(request) for request in requests]}, holds="items")


def _question(request: Mapping[str, Any]) -> JsonObject:
    """Return the body of a request, whose context may be what Python code has: settings, words."""
    given = dict(request)
    return given if given.get("context") is None else given | {"context": fields_of(given["context"])}


def _run(run_id: str) -> str:
    return f"/v1/runs/{quote(run_id, safe='')}"


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
