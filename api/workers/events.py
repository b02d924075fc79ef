"""What happens to a run, as server-sent events.

A stream begins with a look of its own at the database, and from then on hears of the looks that `watching` takes for all
streams of the worker; it ends when its key is revoked.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.access.keys import KeyStore
from api.caller import Caller
from api.errors import Damaged, DamagedRun, RunNotFound, TooManyStreams
from api.storage.forecasts import ForecastStore, StoredForecast
from api.storage.runs import RunStore
from api.storage.stored_run import StoredRun
from api.wire.runs import RunSummary
from api.wire.timelines import TimelineForecast
from api.workers.watching import WATCHED, RunPage, Watcher, Watching

_AT_ONCE = 100  # forecasts read at a time


class EventStreams:
    """Streams of one worker, up to a limit: each holds a connection of a client.

    Parameters
    ----------
    limit : streams in all, half of them for one key.
    look_seconds : from one look for all of them to the next.
    """

    def __init__(
        self, runs: RunStore, timelines: ForecastStore, keys: KeyStore, limit: int, look_seconds: float = 0.5
    ) -> None:
        self._runs, self._timelines, self._limit = runs, timelines, limit
        self._watching = Watching(runs, timelines, keys, look_seconds)
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

    async def close(self) -> None:
        """End every stream."""
        await self._watching.close()

    async def watch(self, caller: Caller, run_id: str, after: int | None) -> AsyncIterator[ServerSentEvent]:
        """Yield what happens to a run; first what it is now. End when it is deleted, or its caller's key revoked.

        Parameters
        ----------
        after : the last forecast that the client has; None: it wants only the newest.
        """
        # A run that was damaged meanwhile ends its stream: whoever asks again is told.
        with suppress(DamagedRun), self._counted(caller), self._watching.of(caller, run_id) as watcher:
            seen: StoredRun | None = None
            look = await run_in_threadpool(self._look, caller, run_id, after)
            while True:
                # Another run may have its name by now.
                if look is None or (seen is not None and seen.id != look.run.id):
                    yield ServerSentEvent(event="deleted", data={"run_id": run_id})
                    return
                if seen is None or _changed(seen, look.run):
                    yield ServerSentEvent(event="run", data=RunSummary.of(look.run))
                for made in look.forecasts:
                    after = made.id
                    with suppress(Damaged):  # the list of forecasts says what is wrong with it
                        yield ServerSentEvent(event="forecast", id=str(made.id), data=TimelineForecast.of(made))
                seen, after = look.run, after or 0
                if len(look.forecasts) >= _AT_ONCE:
                    watcher.fall_behind()
                if not await watcher.hears():
                    return
                look = await self._next_look(watcher, run_id, after)

    async def watch_all(self, caller: Caller) -> AsyncIterator[ServerSentEvent]:
        """Yield what happens to the newest runs that a caller sees, the oldest of them first; first what they are now.

        End when the caller's key is revoked.
        """
        with self._counted(caller), self._watching.of(caller) as watcher:
            seen: dict[int, StoredRun | DamagedRun] = {}
            page: RunPage = await run_in_threadpool(self._runs.page, caller, WATCHED)
            while True:
                now = {run.id: run for run in reversed(page)}
                for gone in _deleted(seen, now):
                    yield ServerSentEvent(event="deleted", data={"run_id": gone.run_id})
                for run in now.values():
                    is_news = run.id not in seen or _changed(seen[run.id], run)
                    if is_news and isinstance(
                        run, StoredRun
                    ):  # the list of runs says what is wrong with one that is damaged
                        yield ServerSentEvent(event="run", data=RunSummary.of(run))
                seen = now
                if not await watcher.hears():
                    return
                page = watcher.page

    @contextmanager
    def _counted(self, caller: Caller) -> Iterator[None]:
        with self._lock:
            self._open[caller.key_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[caller.key_id] -= 1

    async def _next_look(self, watcher: Watcher, run_id: str, after: int) -> "_Look | None":
        """Return what a stream was told, or what it sees for itself if it may have missed something."""
        told = watcher.take()
        if watcher.is_behind:
            watcher.is_behind = False
            return await run_in_threadpool(self._look, watcher.caller, run_id, after)
        return None if watcher.run is None else _Look(watcher.run, [made for made in told if made.id > after])

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


def _changed(before: StoredRun | DamagedRun, now: StoredRun | DamagedRun) -> bool:
    return before.mark != now.mark


def _deleted(
    before: Mapping[int, StoredRun | DamagedRun], now: Mapping[int, StoredRun | DamagedRun]
) -> list[StoredRun | DamagedRun]:
    """Return the runs that are gone, and not only older than as many newer ones as are watched."""
    oldest = min(now) if len(now) == WATCHED else 0
    return [run for number, run in before.items() if number not in now and number > oldest]
