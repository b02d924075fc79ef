"""The client of the service, synchronous; `AsyncClient` has the same methods, each one route.

    with Client() as client:
        client.forecast({"history": {...}, "context": {...}})
        client.forecast_table(table)  # a DataFrame of many runs in, a DataFrame of forecasts out

The address is `GROKCAST_URL`, else http://127.0.0.1:8321; the key is `GROKCAST_API_KEY`. What may pass (408, 429, 502, 503,
504, no connection) is tried again, longer apart each time.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx2

from grokcast import frames, requests as calls
from grokcast.address import address_of, connection_to, headers_of
from grokcast.event_stream import EventReader
from grokcast.requests import Call, History, JsonObject

if TYPE_CHECKING:
    import pandas as pd


class Client:
    """A client of one service; a `with` block closes its connections.

    Parameters
    ----------
    url : the service; by default `GROKCAST_URL`, else the one that `grokcast serve` starts on this machine.
    api_key : by default `GROKCAST_API_KEY`, else none.
    timeout : seconds after which one attempt is given up.
    max_retries : further attempts after the first.

    Raises
    ------
    ServiceError : (by every method) the service refused; `problem` gives the reason.
    ServiceUnreachable : (by every method) it did not answer.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 4,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.url = address_of(url)
        self._max_retries = max_retries
        self._http = httpx2.Client(
            base_url=self.url,
            headers=headers_of(api_key),
            timeout=timeout,
            transport=transport,
            **connection_to(self.url),
        )

    def forecast(self, request: Mapping[str, Any]) -> JsonObject:
        """Return the forecast of one history; nothing is stored."""
        return self._object(calls.forecast(request))

    def forecast_many(self, requests: Sequence[Mapping[str, Any]]) -> list[JsonObject]:
        """Return `{"forecast": ...}` or `{"problem": ...}` for each request, in order."""
        return [item for call in calls.batches(requests) for item in self._object(call)["items"]]

    def forecast_table(
        self,
        table: "pd.DataFrame",
        *,
        contexts: Mapping[Any, Any] | None = None,
        horizon_step: int | None = None,
        target_accuracy: float | None = None,
        seconds_per_step: float | None = None,
        cost_per_hour: float | None = None,
        gaps: bool = False,
    ) -> "pd.DataFrame":
        """Return a row with the forecast of each run in a table (columns `run_id`, `step` and signals).

        With `gaps` the column `tell_next` says what to tell next of each, which takes about 0.1 s a run; with a column of
        times, or `seconds_per_step`, `onset_hours_p50`, `onset_at_p50` and `hours_saved_by_stopping` say when.
        """
        requests = frames.requests_of(
            table,
            contexts=contexts,
            horizon_step=horizon_step,
            target_accuracy=target_accuracy,
            seconds_per_step=seconds_per_step,
            cost_per_hour=cost_per_hour,
            include=["gaps"] if gaps else None,
        )
        return frames.table_of(list(requests), self.forecast_many(list(requests.values())))

    def plan(self, request: Mapping[str, Any]) -> JsonObject:
        """Return what runs of some settings would do, before they have begun, and which setting to take."""
        return self._object(calls.plan(request))

    def put_run(
        self,
        run_id: str,
        *,
        context: Any = None,
        horizon_step: int | None = None,
        target_accuracy: float | None = None,
        seconds_per_step: float | None = None,
        cost_per_hour: float | None = None,
        webhook: Mapping[str, Any] | None = None,
    ) -> JsonObject:
        """Register a run, or replace all that it was registered with; its points stay. `context` is fields, settings or words."""
        call = calls.put_run(
            run_id,
            context=context,
            horizon_step=horizon_step,
            target_accuracy=target_accuracy,
            seconds_per_step=seconds_per_step,
            cost_per_hour=cost_per_hour,
            webhook=webhook,
        )
        return self._object(call)

    def run(self, run_id: str) -> JsonObject:
        """Return a run with its points and its newest forecast."""
        return self._object(calls.run(run_id))

    def runs(self) -> Iterator[JsonObject]:
        """Yield every run, newest first, page by page."""
        cursor: int | None = None
        while True:
            page = self._object(calls.runs(cursor, 100))
            yield from page["runs"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def delete_run(self, run_id: str) -> None:
        """Forget a run, its points and its forecasts."""
        self._send(calls.delete_run(run_id))

    def append(self, run_id: str, history: History) -> JsonObject:
        """Add points to a run; the answer holds its newest `forecast`, or the `problem` that keeps it from one."""
        return self._object(calls.append(run_id, history))

    def rewind(self, run_id: str, from_step: int) -> JsonObject:
        """Take back the points at a step and after it: a training was resumed from a checkpoint."""
        return self._object(calls.rewind(run_id, from_step))

    def forecasts(self, run_id: str) -> Iterator[JsonObject]:
        """Yield the forecasts of a run in the order in which they were made."""
        cursor: int | None = None
        while True:
            page = self._object(calls.forecasts(run_id, cursor, 100))
            yield from page["forecasts"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def events(self, run_id: str) -> Iterator[JsonObject]:
        """Yield what happens to a run, `{"event", "data"}`, until it is deleted or the connection ends."""
        path = f"{calls.run(run_id).path}/events"
        with self._http.stream("GET", path, timeout=None) as response:
            if not response.is_success:
                response.read()
                calls.answer_of(response)
            reading = EventReader()
            for line in response.iter_lines():
                if (event := reading.read(line)) is not None:
                    yield event

    def put_outcome(self, run_id: str, status: str = "finished", *, blocked: bool = False) -> JsonObject:
        """Report that a run has ended (`finished`, `stopped_early` or `diverged`): it becomes training data."""
        return self._object(calls.outcome(run_id, status, blocked))

    def request_stop(self, run_id: str, reason: str = "requested by hand") -> JsonObject:
        """Request that a training stops: its monitor says so with its next points (`Monitor.should_stop`)."""
        return self._object(calls.request_stop(run_id, reason))

    def withdraw_stop(self, run_id: str) -> JsonObject:
        """Take the request of a stop back."""
        return self._object(calls.request_stop(run_id, None))

    def forecasters(self) -> list[JsonObject]:
        """Return the cards of the stored forecasters, newest first."""
        return list(self._object(calls.forecasters())["forecasters"])

    def signals(self) -> list[JsonObject]:
        """Return the vocabulary of signals."""
        return list(self._object(calls.signals())["signals"])

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _object(self, call: Call) -> JsonObject:
        return dict(self._send(call))

    def _send(self, call: Call) -> Any:
        for attempt in range(self._max_retries + 1):
            is_last = attempt == self._max_retries
            response = None
            try:
                response = self._http.request(call.method, call.path, json=call.json, params=dict(call.params))
            except httpx2.RequestError as error:  # an answer that cannot be unpacked, too
                if is_last:
                    raise calls.unreachable(self.url, error) from None
            if response is not None and (is_last or not calls.may_pass(response)):
                return calls.answer_of(response, call.holds)
            time.sleep(calls.wait_before(attempt, response))
        raise AssertionError("the last attempt returns or raises")
