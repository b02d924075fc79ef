"""The client of the service for `asyncio`: the methods of `Client`, to be awaited."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx2

from grokcast import frames, requests as calls
from grokcast.address import address_of, connection_to, headers_of
from grokcast.event_stream import EventReader
from grokcast.requests import Call, History, JsonObject

if TYPE_CHECKING:
    import pandas as pd


class AsyncClient:
    """The same as `Client`, to be awaited; `async with` closes its connections."""

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 4,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = address_of(url)
        self._max_retries = max_retries
        self._http = httpx2.AsyncClient(
            base_url=self.url,
            headers=headers_of(api_key),
            timeout=timeout,
            transport=transport,
            **connection_to(self.url),
        )

    async def forecast(self, request: Mapping[str, Any]) -> JsonObject:
        """Return the forecast of one history; nothing is stored."""
        return await self._object(calls.forecast(request))

    async def forecast_many(self, requests: Sequence[Mapping[str, Any]]) -> list[JsonObject]:
        """Return `{"forecast": ...}` or `{"problem": ...}` for each request, in order."""
        answers = [await self._object(call) for call in calls.batches(requests)]
        return [item for answer in answers for item in answer["items"]]

    async def forecast_table(
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
        return frames.table_of(list(requests), await self.forecast_many(list(requests.values())))

    async def plan(self, request: Mapping[str, Any]) -> JsonObject:
        """Return what runs of some settings would do, before they have begun, and which setting to take."""
        return await self._object(calls.plan(request))

    async def put_run(
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
        """Register a run, or replace all that it was registered with; its points stay."""
        call = calls.put_run(
            run_id,
            context=context,
            horizon_step=horizon_step,
            target_accuracy=target_accuracy,
            seconds_per_step=seconds_per_step,
            cost_per_hour=cost_per_hour,
            webhook=webhook,
        )
        return await self._object(call)

    async def run(self, run_id: str) -> JsonObject:
        """Return a run with its points and its newest forecast."""
        return await self._object(calls.run(run_id))

    async def runs(self) -> AsyncIterator[JsonObject]:
        """Yield every run, newest first, page by page."""
        cursor: int | None = None
        while True:
            page = await self._object(calls.runs(cursor, 100))
            for run in page["runs"]:
                yield run
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def delete_run(self, run_id: str) -> None:
        """Forget a run, its points and its forecasts."""
        await self._send(calls.delete_run(run_id))

    async def append(self, run_id: str, history: History) -> JsonObject:
        """Add points to a run; the answer holds its newest `forecast`, or the `problem` that keeps it from one."""
        return await self._object(calls.append(run_id, history))

    async def rewind(self, run_id: str, from_step: int) -> JsonObject:
        """Take back the points at a step and after it: a training was resumed from a checkpoint."""
        return await self._object(calls.rewind(run_id, from_step))

    async def forecasts(self, run_id: str) -> AsyncIterator[JsonObject]:
        """Yield the forecasts of a run in the order in which they were made."""
        cursor: int | None = None
        while True:
            page = await self._object(calls.forecasts(run_id, cursor, 100))
            for forecast in page["forecasts"]:
                yield forecast
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def events(self, run_id: str) -> AsyncIterator[JsonObject]:
        """Yield what happens to a run, `{"event", "data"}`, until it is deleted or the connection ends."""
        path = f"{calls.run(run_id).path}/events"
        async with self._http.stream("GET", path, timeout=None) as response:
            if not response.is_success:
                await response.aread()
                calls.answer_of(response)
            reading = EventReader()
            async for line in response.aiter_lines():
                if (event := reading.read(line)) is not None:
                    yield event

    async def put_outcome(self, run_id: str, status: str = "finished", *, blocked: bool = False) -> JsonObject:
        """Report that a run has ended (`finished`, `stopped_early` or `diverged`): it becomes training data."""
        return await self._object(calls.outcome(run_id, status, blocked))

    async def request_stop(self, run_id: str, reason: str = "requested by hand") -> JsonObject:
        """Request that a training stops: its monitor says so with its next points (`Monitor.should_stop`)."""
        return await self._object(calls.request_stop(run_id, reason))

    async def withdraw_stop(self, run_id: str) -> JsonObject:
        """Take the request of a stop back."""
        return await self._object(calls.request_stop(run_id, None))

    async def forecasters(self) -> list[JsonObject]:
        """Return the cards of the stored forecasters, newest first."""
        return list((await self._object(calls.forecasters()))["forecasters"])

    async def signals(self) -> list[JsonObject]:
        """Return the vocabulary of signals."""
        return list((await self._object(calls.signals()))["signals"])

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _object(self, call: Call) -> JsonObject:
        return dict(await self._send(call))

    async def _send(self, call: Call) -> Any:
        for attempt in range(self._max_retries + 1):
            is_last = attempt == self._max_retries
            response = None
            try:
                response = await self._http.request(call.method, call.path, json=call.json, params=dict(call.params))
            except httpx2.RequestError as error:  # an answer that cannot be unpacked, too
                if is_last:
                    raise calls.unreachable(self.url, error) from None
            if response is not None and (is_last or not calls.may_pass(response)):
                return calls.answer_of(response, call.holds)
            await asyncio.sleep(calls.wait_before(attempt, response))
        raise AssertionError("the last attempt returns or raises")
