"""The service, put together: `uvicorn api.app:create_app --factory`."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api.access.auth import RateLimits
from api.access.keys import KeyStore
from api.access.last_answers import LastAnswers
from api.agents.endpoint import AgentEndpoint
from api.caller import Caller
from api.logs.request_log import RequestLog
from api.room import Room, Turns
from api.routes.agents import router as agent_router
from api.routes.body import BATCH_PATH, BodyLimit
from api.routes.dependencies import require_single_values
from api.routes.docs import add_docs
from api.routes.error_handlers import add_error_handlers
from api.routes.events import router as event_router
from api.routes.forecasts import router
from api.routes.head import HeadAsGet
from api.routes.histories import router as history_router
from api.routes.page import add_page
from api.routes.retrainings import router as retraining_router
from api.routes.runs import router as run_router
from api.settings import Settings
from api.storage.database import Database
from api.storage.forecasts import ForecastStore
from api.storage.quotas import Quotas
from api.storage.retrainings import RetrainingStore
from api.storage.runs import Addition, RunStore
from api.wire.points import Appended
from api.wire.problems import MEDIA_TYPE
from api.workers.active_forecaster import ActiveForecaster
from api.workers.background import Periodic
from api.workers.collector import settle
from api.workers.database_check import DatabaseCheck
from api.workers.events import EventStreams
from api.workers.file_reader import FileReader
from api.workers.live_forecasts import LiveForecasts
from api.workers.migration import Migration
from api.workers.retrainer import Retrainer
from api.workers.supervisor import end_with_it
from api.workers.together import Together
from api.workers.webhooks import Webhooks
from predictor.arenas import bound_arenas, give_back
from predictor.store import ForecasterStore

_LOG = logging.getLogger(__name__)

_SUMMARY = "Early warning for grokking: will this run generalise, when, and is it worth waiting?"
_BODIES = 4  # of the largest that may be, that a worker holds at once; smaller ones are as many more
_LARGE_AT_ONCE = 4  # large requests that are parsed and answered at once, each up to some 250 MB
_APPENDS = 32  # stored and forecast together, at most
_LONG = 1_000  # checkpoints that count as an append more
_GIVE_BACK_SECONDS = 30.0  # between two times that freed memory is given back, which takes a worker 5 to 15 ms
_FOLLOW_SECONDS = 0.5  # within which a worker follows a promotion, and sees a job or a message


def create_app(
    settings: Settings | None = None, forecasters: ForecasterStore | None = None, *, sends_and_learns: bool = True
) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    settings : default: from the environment.
    forecasters : where forecasters come from; default: the store that the settings name.
    sends_and_learns : whether it sends webhooks and runs retrainings: not where it answers one program, beside a service perhaps.
    """
    settings = settings or Settings()
    app = _Service(
        title="Grokcast",
        version="1",
        summary=_SUMMARY,
        lifespan=_run,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the answer to what is not found does so, by the path alone
        dependencies=[Depends(require_single_values)],
    )
    app.state.settings = settings
    app.state.sends_and_learns = sends_and_learns
    app.state.forecasters = forecasters or ForecasterStore(settings.forecaster_store)
    app.add_middleware(
        BodyLimit,
        default=settings.forecast_body_limit,
        limits={
            BATCH_PATH: settings.batch_body_limit,
            "/v1/histories/read": settings.file_body_limit,
        },
        room=Room(_BODIES * max(settings.batch_body_limit, settings.file_body_limit, settings.forecast_body_limit)),
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After", "Location"],
        )
    add_error_handlers(app)
    for part in (router, history_router, run_router, event_router, retraining_router, agent_router):
        app.include_router(part)
    add_docs(app)
    add_page(app)
    return app


@asynccontextmanager
async def _run(app: FastAPI) -> AsyncIterator[None]:
    """Open the database and load the forecaster; without one the service still lives, and reports that it is not ready."""
    settings: Settings = app.state.settings
    bound_arenas()
    end_with_it()
    database = Database(settings.database_url)
    migration = Migration(database)
    await run_in_threadpool(migration.begin)
    state = app.state
    webhooks = Webhooks(database, private_addresses=settings.webhook_private_addresses)
    state.database = database
    state.database_check = DatabaseCheck(database)
    state.keys = KeyStore(database)
    state.last_callers, state.last_in_use = LastAnswers[Caller | None](), LastAnswers[bool]()
    state.rate_limits = RateLimits(settings.rate_limit, settings.rate_limit_storage)
    quotas = Quotas(settings.key_run_limit, settings.key_point_limit)
    state.turns = Turns(_LARGE_AT_ONCE)
    state.runs = RunStore(database, settings.run_point_limit, quotas)
    state.timelines = ForecastStore(database)
    state.streams = EventStreams(state.runs, state.timelines, state.keys, settings.event_stream_limit)
    state.retrainings = RetrainingStore(database)
    state.files = FileReader(settings.file_seconds)
    active = state.active = ActiveForecaster(state.forecasters)
    live = LiveForecasts(state.runs, state.timelines, webhooks)
    state.appends = Together[Addition, Appended](
        "append", lambda additions: live.append_all(additions, active.current), most=_APPENDS, weight=_weight
    )
    state.agents = AgentEndpoint(app, settings.forecast_body_limit)
    await run_in_threadpool(state.active.follow)
    settle()
    retrainer = Retrainer(state.retrainings, settings)
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        stack.push_async_callback(state.streams.close)
        stack.callback(retrainer.stop)
        stack.callback(state.files.close)
        stack.push_async_callback(state.agents.stop)
        sending = (("retrainings", retrainer.look), ("webhooks", webhooks.send_due)) if state.sends_and_learns else ()
        for name, work, seconds in (
            ("database", migration.go_on, _FOLLOW_SECONDS),
            ("forecaster", state.active.follow, _FOLLOW_SECONDS),
            ("freed memory", give_back, _GIVE_BACK_SECONDS),
            *((*each, _FOLLOW_SECONDS) for each in sending),
        ):
            thread = Periodic(name, work, seconds)
            thread.start()
            stack.push_async_callback(run_in_threadpool, thread.stop)
        yield


def _weight(addition: Addition) -> int:
    return 1 + len(addition.history) // _LONG


class _Service(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """Return the application with the log around all of it: answers to unexpected failures are among them."""
        return HeadAsGet(RequestLog(super().build_middleware_stack()))

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, with problems under their own media type, which FastAPI has no setting for."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, summary=self.summary, routes=self.routes)
            for path in document["paths"].values():
                for operation in path.values():
                    _name_problems(operation["responses"])
            self.openapi_schema = document
        return self.openapi_schema


def _name_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
