"""The routes that store nothing, and those of forecasters.

What they compute runs beside the event loop, in threads that wait for no database, but for a forecast of one usual history: it
takes a few milliseconds, and to hand it to a thread and back would cost as much as a fifth of that.
"""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from api.access.auth import Admin, Reader, charge
from api.logs.metrics import CONTENT_TYPE, FORECASTS, exposition
from api.routes.batch import forecast_items
from api.routes.body import JsonRoute
from api.routes.dependencies import (
    ActiveForecaster,
    Check,
    FollowedForecaster,
    Forecasters,
    Retrainings,
)
from api.routes.error_handlers import problem_responses
from api.threads import beside
from api.wire.forecasts import (
    BatchAnswer,
    BatchRequest,
    ForecastAnswer,
    ForecasterList,
    ForecastRequest,
    Live,
    Ready,
    SignalCard,
    SignalList,
)
from api.wire.plans import PlanAnswer, PlanRequest
from api.wire.retrainings import ActivateAnswer, ActivateRequest
from predictor.forecaster import OnsetForecaster
from predictor.planning.question import PlanQuestion
from training_runs.signals import SIGNALS

router = APIRouter(route_class=JsonRoute)
_BODY_PROBLEMS = problem_responses(400, 401, 403, 413, 415, 422, 429, 500, 503)
_PROBLEMS = problem_responses(400, 401, 403, 422, 429, 500, 503)


@router.post(
    "/v1/forecasts",
    tags=["forecasts"],
    responses=_BODY_PROBLEMS,
    response_model=ForecastAnswer,
)
async def forecast(request: ForecastRequest, caller: Reader, forecaster: ActiveForecaster) -> Response:
    """Forecast whether and when a run will generalise, from the history so far."""
    if not request.is_long:
        return _forecast(request, forecaster)
    return await beside("compute", partial(_forecast, request, forecaster))


def _forecast(request: ForecastRequest, forecaster: OnsetForecaster) -> Response:
    answer = forecaster.forecast(request.to_question())
    FORECASTS.labels(phase=answer.phase or "unknown").inc()
    return _json(ForecastAnswer.from_forecast(answer).model_dump_json())


@router.post(
    "/v1/forecasts/batch",
    tags=["forecasts"],
    responses=_BODY_PROBLEMS,
    response_model=BatchAnswer,
)
async def forecast_batch(
    request: BatchRequest, caller: Reader, forecaster: ActiveForecaster, http_request: Request
) -> Response:
    """Forecast up to 1,000 histories. Each item gets a forecast or a problem; a bad item does not affect the others.

    Ten of them count as one request.
    """
    await charge(http_request, len(request.items))
    return await beside("compute", partial(_forecast_batch, request, forecaster))


def _forecast_batch(request: BatchRequest, forecaster: OnsetForecaster) -> Response:
    answer = BatchAnswer(items=forecast_items(forecaster, request.items))
    # A problem has only the members that say something.
    return _json(answer.model_dump_json(exclude_unset=True))


@router.post("/v1/plans", tags=["forecasts"], responses=_BODY_PROBLEMS, response_model=PlanAnswer)
async def plan(request: PlanRequest, caller: Reader, forecaster: ActiveForecaster, http_request: Request) -> Response:
    """Plan runs before they begin: whether and when each setting would generalise, and the cheapest that probably does.

    Ten settings count as one request.
    """
    question = request.to_question()
    await charge(http_request, question.size)
    return await beside("compute", partial(_plan, question, forecaster))


def _plan(question: PlanQuestion, forecaster: OnsetForecaster) -> Response:
    return _json(PlanAnswer.from_comparison(forecaster.compare(question)).model_dump_json())


def _json(content: str) -> Response:
    """Return an answer that was checked when it was made: FastAPI would check it again, in yet another thread."""
    return Response(content, media_type="application/json")


@router.get("/v1/signals", tags=["vocabulary"], responses=_PROBLEMS)
async def signals(caller: Reader) -> SignalList:
    """List the signals that a history may contain."""
    return SignalList(signals=[SignalCard.of(signal) for signal in SIGNALS.values()])


@router.get("/v1/forecasters", tags=["forecasters"], responses=_PROBLEMS)
def forecasters(caller: Reader, store: Forecasters) -> ForecasterList:
    """List the cards of the stored forecasters, newest first."""
    return ForecasterList(forecasters=store.cards())


@router.put(
    "/v1/forecasters/active",
    tags=["forecasters"],
    responses=_BODY_PROBLEMS | problem_responses(404),
)
def activate_forecaster(
    request: ActivateRequest, caller: Admin, store: Forecasters, active: FollowedForecaster
) -> ActivateAnswer:
    """Activate a forecaster, also to roll back. It takes effect in this worker at once, in every worker within two seconds."""
    before = active.current.version if active.current else None
    store.activate(request.version)
    active.follow()
    return ActivateAnswer(version=request.version, before=before)


@router.get(
    "/v1/forecasters/{version}",
    tags=["forecasters"],
    responses=_PROBLEMS | problem_responses(404),
)
def forecaster_card(version: str, caller: Reader, store: Forecasters) -> dict[str, Any]:
    """Return the card of a forecaster: training data, features, benchmark figures."""
    return store.card(version)


@router.get("/healthz", tags=["health"])
async def live() -> Live:
    """Report that the process answers."""
    # In the event loop: every thread may be waiting for the database.
    return Live()


@router.get("/readyz", tags=["health"], responses=problem_responses(503))
async def ready(forecaster: ActiveForecaster, database: Check) -> Ready:
    """Report that the database answers, and which forecaster is loaded."""
    await database.require()
    return Ready(forecaster=forecaster.version)


@router.get(
    "/metrics",
    tags=["health"],
    response_class=PlainTextResponse,
    responses=_PROBLEMS,
)
def metrics(caller: Reader, retrainings: Retrainings) -> Response:
    """Return the service's metrics for Prometheus."""
    return Response(exposition(retrainings), media_type=CONTENT_TYPE)
