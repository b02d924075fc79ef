"""What the routes are handed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from fastapi.sse import ServerSentEvent
from starlette.exceptions import HTTPException

from api.access.auth import Reader
from api.agents.endpoint import AgentEndpoint
from api.routes.body import JsonRequest
from api.routes.documented_paths import documented_paths
from api.settings import Settings
from api.storage.forecasts import ForecastStore
from api.storage.retrainings import RetrainingStore
from api.storage.runs import Addition, RunStore
from api.wire.points import Appended
from api.wire.runs import RUN_ID
from api.workers.active_forecaster import ActiveForecaster as Active
from api.workers.database_check import DatabaseCheck
from api.workers.events import EventStreams
from api.workers.file_reader import FileReader
from api.workers.together import Together
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore
from training_runs import InvalidInput

_LARGEST = 2**53  # whole numbers that JSON carries exactly
_PAGE, _LARGEST_PAGE = 50, 500


async def require_single_values(request: Request) -> None:
    """Refuse a request that has two of a value: `?from_step=100&from_step=1` deleted from one of them on, without a word.

    Raises
    ------
    InvalidInput : which, and what they are.
    """
    given = request.query_params
    if len(given) < len(given.multi_items()):
        for name in await _single_values(request):
            values = given.getlist(name)
            if len(values) > 1:
                raise InvalidInput(field=name, value=" and ".join(values[:2]), expected="one value")


async def _single_values(request: Request) -> list[str]:
    """Return the parameters that a route documents, but for lists; what it does not know it ignores."""
    paths = await documented_paths(request)
    methods = paths.get(request.scope["route"].path, {})
    parameters = methods.get(request.method.lower(), {}).get("parameters", ())
    return [p["name"] for p in parameters if p["in"] == "query" and p["schema"].get("type") != "array"]


@dataclass(frozen=True)
class _Page:
    limit: int
    cursor: int | None


async def _page(
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE, description="number of items")] = _PAGE,
    cursor: Annotated[int | None, Query(ge=0, le=_LARGEST, description="`next_cursor` of the previous page")] = None,
) -> _Page:
    return _Page(limit, cursor)


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _active(request: Request) -> Active:
    active: Active = request.app.state.active
    return active


async def _forecaster(request: Request) -> OnsetForecaster:
    active: Active = request.app.state.active
    if active.current is None:
        raise HTTPException(503, "no forecaster is loaded; see the log of the service")
    return active.current


async def _forecasters(request: Request) -> ForecasterStore:
    store: ForecasterStore = request.app.state.forecasters
    return store


async def _check(request: Request) -> DatabaseCheck:
    check: DatabaseCheck = request.app.state.database_check
    return check


async def _runs(request: Request) -> RunStore:
    runs: RunStore = request.app.state.runs
    return runs


async def _timelines(request: Request) -> ForecastStore:
    timelines: ForecastStore = request.app.state.timelines
    return timelines


async def _appends(request: Request) -> Together[Addition, Appended]:
    appends: Together[Addition, Appended] = request.app.state.appends
    return appends


async def _retrainings(request: Request) -> RetrainingStore:
    retrainings: RetrainingStore = request.app.state.retrainings
    return retrainings


async def _turn(request: Request) -> Callable[[], Awaitable[None]]:
    assert isinstance(request, JsonRequest)
    return request.take_turn


async def _files(request: Request) -> FileReader:
    files: FileReader = request.app.state.files
    return files


async def _agents(request: Request) -> AgentEndpoint:
    agents: AgentEndpoint = request.app.state.agents
    return agents


RunId = Annotated[str, Path(pattern=RUN_ID, description="letters, digits and `._:+=@~-`; up to 128")]
FromStep = Annotated[int, Query(ge=0, le=_LARGEST, description="first step to delete")]
Number = Annotated[int, Path(ge=1, le=_LARGEST)]
Page = Annotated[_Page, Depends(_page)]
Configuration = Annotated[Settings, Depends(_settings)]
FollowedForecaster = Annotated[Active, Depends(_active)]
ActiveForecaster = Annotated[OnsetForecaster, Depends(_forecaster)]
Forecasters = Annotated[ForecasterStore, Depends(_forecasters)]
Check = Annotated[DatabaseCheck, Depends(_check)]
Runs = Annotated[RunStore, Depends(_runs)]
Turn = Annotated[Callable[[], Awaitable[None]], Depends(_turn)]
Timelines = Annotated[ForecastStore, Depends(_timelines)]
Appends = Annotated[Together[Addition, Appended], Depends(_appends)]
Files = Annotated[FileReader, Depends(_files)]
Retrainings = Annotated[RetrainingStore, Depends(_retrainings)]
Agents = Annotated[AgentEndpoint, Depends(_agents)]


def _events(
    request: Request,
    run_id: RunId,
    caller: Reader,
    runs: Runs,
    last_event_id: Annotated[int | None, Header(ge=0, le=_LARGEST)] = None,
) -> AsyncIterator[ServerSentEvent]:
    runs.get(caller, run_id)  # before the stream begins: a problem needs a status of its own
    streams: EventStreams = request.app.state.streams
    streams.check_room(caller)
    return streams.watch(caller, run_id, last_event_id)


Events = Annotated[AsyncIterator[ServerSentEvent], Depends(_events)]
