"""What the event streams of a worker are about, looked at twice a second for all of them at once.

A look costs a few queries, however many streams there are: which runs have changed, which forecasts are new, whose key is
still valid. Only what is new is read whole, once, and handed to every stream that it concerns.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.access.keys import KeyStore
from api.caller import Caller
from api.errors import DamagedRun
from api.storage.forecasts import ForecastStore, StoredForecast
from api.storage.runs import RunStore
from api.storage.stored_run import RunMark, StoredRun

WATCHED = 50  # runs that a stream of all runs is about

_LOG = logging.getLogger(__name__)
_KEPT = 100  # forecasts for a client that does not read; after more its stream looks for itself
# A forecast may be numbered before another and be seen after it: PostgreSQL numbers it before it is committed.
_LATE_SECONDS = 20.0
_LATE_AT_FIRST = 1_000  # numbers, before the first look

RunPage = Sequence[StoredRun | DamagedRun]  # the newest runs, the newest first


@dataclass(eq=False)
class Watcher:
    """What a stream has not taken yet.

    Attributes
    ----------
    caller : whose stream it is.
    run_id : the run that it is about; None: the newest that the caller sees.
    run : that run as it is now; None where it is gone.
    forecasts : of that run, the new ones.
    page : the newest runs.
    is_behind : whether the stream has to look for itself, since it may have missed something.
    """

    caller: Caller
    run_id: str | None
    run: StoredRun | None = None
    forecasts: list[StoredForecast] = field(default_factory=list)
    page: RunPage = ()
    is_behind: bool = False
    is_told: bool = False  # of what came since it was opened, by the look before
    is_admitted: bool = True
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self) -> bool:
        """Wait for something new; return False when the caller is not admitted any more."""
        await self._woken.wait()
        self._woken.clear()
        return self.is_admitted

    def wake(self) -> None:
        """Let the stream go on."""
        self._woken.set()

    def tell(self, run: StoredRun | None, forecasts: Sequence[StoredForecast]) -> None:
        """Hand over what is new of the run."""
        self.run = run
        self.forecasts += forecasts
        if len(self.forecasts) > _KEPT:
            self.fall_behind()
        self.wake()

    def fall_behind(self) -> None:
        """Let the stream look for itself."""
        self.forecasts, self.is_behind = [], True
        self.wake()

    def take(self) -> list[StoredForecast]:
        """Return the new forecasts, and keep none."""
        taken, self.forecasts = self.forecasts, []
        return taken


@dataclass(frozen=True)
class _Look:
    """What one look has found: of the runs that are watched, what is new since the look before."""

    admitted: Collection[str | None]
    marks: Mapping[str, RunMark]
    runs: Mapping[str, StoredRun | None]
    forecasts: Mapping[int, list[StoredForecast]]
    pages: Mapping[str | None, RunPage]


class Watching:
    """Looks for all streams of a worker, as long as there are any."""

    def __init__(self, runs: RunStore, timelines: ForecastStore, keys: KeyStore, look_seconds: float) -> None:
        self._runs, self._timelines, self._keys, self._look_seconds = runs, timelines, keys, look_seconds
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None
        self._marks: Mapping[str, RunMark] = {}
        self._pages: Mapping[str | None, RunPage] = {}
        self._told: set[int] = set()  # forecasts
        self._ends: deque[tuple[float, int]] = deque()  # when a look was, and the last forecast at that time

    @contextmanager
    def of(self, caller: Caller, run_id: str | None = None) -> Iterator[Watcher]:
        """Hand out what a stream takes its news from. What it begins with it looks for itself."""
        watcher = Watcher(caller, run_id)
        self._watchers.add(watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def close(self) -> None:
        """End every stream, and the look that is under way: the database is closed next."""
        for watcher in self._watchers:
            watcher.is_admitted = False
            watcher.wake()
        self._watchers.clear()
        if self._task is not None:
            await self._task

    async def _follow(self) -> None:
        last_logged = ""
        self._marks, self._told = {}, set()
        self._ends.clear()  # what came while nobody watched is nobody's news
        while self._watchers:
            watchers = frozenset(self._watchers)
            try:
                self._tell(watchers, await asyncio.to_thread(self._look, watchers))
                last_logged = ""
            except Exception as error:  # the database may come back; what this look had read is told to nobody
                for watcher in watchers:
                    watcher.is_told = False
                if repr(error) != last_logged:
                    _LOG.exception("event streams wait for the database")
                last_logged = repr(error)
            await asyncio.sleep(self._look_seconds)

    def _look(self, watchers: Collection[Watcher]) -> _Look:
        names = {w.run_id for w in watchers if w.run_id is not None}
        admitted = self._keys.admitted({w.caller.key_id for w in watchers})
        new = self._new_forecasts()  # before the runs, which are then no older
        marks = self._runs.marks(names)
        number_of = {mark.id: name for name, mark in marks.items()}
        forecasts: dict[int, list[StoredForecast]] = defaultdict(list)
        for made in self._timelines.numbered([n for n, run in new.items() if run in number_of]):
            forecasts[new[made.id]].append(made)
        changed = {name for name in names & self._marks.keys() if marks.get(name) != self._marks[name]}
        whole = self._runs.named(changed | {number_of[run] for run in forecasts})
        callers = {_seen_by(w.caller): w.caller for w in watchers if w.run_id is None}
        pages = {whose: self._runs.page(caller, WATCHED) for whose, caller in callers.items()}
        gone = changed - marks.keys()  # one that is damaged is there, and told to nobody
        return _Look(admitted, marks, {**dict.fromkeys(gone), **whole}, forecasts, pages)

    def _new_forecasts(self) -> dict[int, int]:
        """Return which forecasts are new and the runs that they are of, both by number."""
        now = time.monotonic()
        is_first = not self._ends
        if is_first:
            self._ends.append((now, self._timelines.last_number() - _LATE_AT_FIRST))
        while len(self._ends) > 1 and self._ends[1][0] < now - _LATE_SECONDS:
            self._ends.popleft()
        found = self._timelines.numbers_after(self._ends[0][1])
        new = {} if is_first else {number: run for number, run in found.items() if number not in self._told}
        self._told = set(found)
        if new:
            self._ends.append((now, max(found)))
        return new

    def _tell(self, watchers: Collection[Watcher], look: _Look) -> None:
        pages = {whose for whose, page in look.pages.items() if _marks(page) != _marks(self._pages.get(whose, ()))}
        self._marks, self._pages = look.marks, look.pages
        for watcher in watchers:
            if watcher.caller.key_id not in look.admitted:
                watcher.is_admitted = False
                watcher.wake()
            elif watcher.run_id is None:
                watcher.page = look.pages[_seen_by(watcher.caller)]
                if not watcher.is_told or _seen_by(watcher.caller) in pages:
                    watcher.wake()
            elif not watcher.is_told:
                watcher.fall_behind()  # for what came between its own look and this one
            elif watcher.run_id in look.runs:
                run = look.runs[watcher.run_id]
                watcher.tell(run, look.forecasts.get(run.id, ()) if run else ())
            watcher.is_told = True


def _seen_by(caller: Caller) -> str | None:
    """Return the same for callers who see the same runs; all admins see all."""
    return "" if caller.scope == "admin" else caller.key_id


def _marks(page: RunPage) -> list[RunMark | int]:
    return [run.mark for run in page]
