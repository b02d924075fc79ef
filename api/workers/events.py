"""What happens to a run, as server-sent events.

Every stream looks into the database twice a second, so it sees what any worker did; it ends when its key is revoked.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from threading import Lock

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.access.keys import KeyStore
from api.caller import Caller
from api.errors import RunNotFound, TooManyStreams
from api.storage.forecasts import ForecastStore, StoredForecast
from api.storage.runs import RunStore, StoredRun
from api.wire.runs import RunSummary, TimelineForecast

_LOOK_SECONDS = 0.5
_AT_ONCE = 100  # forecasts read at a time
_WATCHED = 50  # runs that a stream of all runs is about


class EventStreams:
    """Streams of one worker, up to a limit: each holds a connection of a client."""

    def __init__(self, runs: RunStore, timelines: ForecastStore, keys: KeyStore, limit: int) -> None:
        self._runs, self._timelines, self._keys, self._limit = runs, timelines, keys, limit
        self._open: Counter[str | None] = Counter()  # by key
        self._lock = Lock()

    def check_room(self, caller: Caller) -> None:
        """Return if a caller may open another stream.

        Raises
        ------
        TooManyStreams : there are as many as there may be, or a key has half of those.
        """
        with self._lock:
            everyones, own = self._open.total(), self._open[caller.key_id]
        if everyones >= self._limit:
            raise TooManyStreams(self._limit)
        share = max(1, self._limit // 2)
        if caller.key_id is not None and own >= share:
            raise TooManyStreams(share, whose="your key")

    async def watch(self, caller: Caller, run_id: str, after: int | None) -> AsyncIterator[ServerSentEvent]:
        """Yield what happens to a run; first what it is now. End when it is deleted, or its caller's key revoked.

        Parameters
        ----------
        after : the last forecast that the client has; None: it wants only the newest.
        """
        with self._lock:
            self._open[caller.key_id] += 1
        try:
            seen: StoredRun | None = None
            while await run_in_threadpool(self._keys.admits, caller):
                look = await run_in_threadpool(self._look, caller, run_id, after)
                # Another run may have its name by now.
                if look is None or (seen is not None and seen.id != look.run.id):
                    yield ServerSentEvent(event="deleted", data={"run_id": run_id})
                    return
                if seen is None or _changed(seen, look.run):
                    yield ServerSentEvent(event="run", data=RunSummary.of(look.run))
                for made in look.forecasts:
                    data = TimelineForecast.of(made)
                    yield ServerSentEvent(event="forecast", id=str(made.id), data=data)
                    after = made.id
                seen, after = look.run, after or 0
                if len(look.forecasts) < _AT_ONCE:
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            with self._lock:
                self._open[caller.key_id] -= 1

    async def watch_all(self, caller: Caller) -> AsyncIterator[ServerSentEvent]:
        """Yield what happens to the newest runs that a caller sees, the oldest of them first; first what they are now.

        End when the caller's key is revoked.
        """
        with self._lock:
            self._open[caller.key_id] += 1
        try:
            seen: dict[int, StoredRun] = {}
            while await run_in_threadpool(self._keys.admits, caller):
                found = await run_in_threadpool(self._runs.page, caller, _WATCHED)
                now = {run.id: run for run in reversed(found)}
                for gone in _deleted(seen, now):
                    yield ServerSentEvent(event="deleted", data={"run_id": gone.run_id})
                for run in now.values():
                    if run.id not in seen or _changed(seen[run.id], run):
                        yield ServerSentEvent(event="run", data=RunSummary.of(run))
                seen = now
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            with self._lock:
                self._open[caller.key_id] -= 1

    def _look(self, caller: Caller, run_id: str, after: int | None) -> "_Look | None":
        try:
            run = self._runs.get(caller, run_id)
        except RunNotFound:
            return None
        if after is not None:
            return _Look(run, self._timelines.page(run, _AT_ONCE, after))
        newest = self._timelines.newest(run)
        return _Look(run, [newest] if newest else [])


@dataclass(frozen=True)
class _Look:
    run: StoredRun
    forecasts: list[StoredForecast]


def _changed(before: StoredRun, now: StoredRun) -> bool:
    return (before.revision, before.status, before.stop_requested) != (now.revision, now.status, now.stop_requested)


def _deleted(before: dict[int, StoredRun], now: dict[int, StoredRun]) -> list[StoredRun]:
    """Return the runs that are gone, and not only older than as many newer ones as are watched."""
    oldest = min(now) if len(now) == _WATCHED else 0
    return [run for number, run in before.items() if number not in now and number > oldest]
