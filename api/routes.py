"""The routes. Handlers are plain functions: forecasting is work for a processor, so it runs beside the event loop."""

from typing import Any

from fastapi import APIRouter

from api.batch import forecast_items
from api.body import JsonRoute
from api.dependencies import ActiveForecaster, Forecasters
from api.error_handlers import problem_responses
from api.schemas import (
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
from training_runs.signals import SIGNALS

router = APIRouter(route_class=JsonRoute)
_BODY_PROBLEMS = problem_responses(400, 413, 415, 422, 500, 503)


@router.post("/v1/forecasts", tags=["forecasts"], responses=_BODY_PROBLEMS)
def forecast(request: ForecastRequest, forecaster: ActiveForecaster) -> ForecastAnswer:
    """Forecast whether and when a run will generalise, from the history so far."""
    question = request.to_question()
    return ForecastAnswer.from_forecast(forecaster.forecast(question))


@router.post(
    "/v1/forecasts/batch",
    tags=["forecasts"],
    responses=_BODY_PROBLEMS,
    response_model_exclude_unset=True,  # a problem has only the members that say something
)
def forecast_batch(request: BatchRequest, forecaster: ActiveForecaster) -> BatchAnswer:
    """Forecast up to 1,000 histories. Each item gets a forecast or a problem; one bad item spoils no other."""
    return BatchAnswer(items=forecast_items(forecaster, request.items))


@router.get("/v1/signals", tags=["vocabulary"])
def signals() -> SignalList:
    """List the signals that a history may hold."""
    return SignalList(signals=[SignalCard.model_validate(signal) for signal in SIGNALS.values()])


@router.get("/v1/forecasters", tags=["forecasters"], responses=problem_responses(500, 503))
def forecasters(store: Forecasters) -> ForecasterList:
    """List the cards of the stored forecasters, newest first."""
    return ForecasterList(forecasters=store.cards())


@router.get(
    "/v1/forecasters/{version}",
    tags=["forecasters"],
    responses=problem_responses(404, 422, 500, 503),
)
def forecaster_card(version: str, store: Forecasters) -> dict[str, Any]:
    """Show the card of one forecaster: its data, its features, its benchmark figures."""
    return store.card(version)


@router.get("/healthz", tags=["health"])
def live() -> Live:
    """Say that the process answers."""
    return Live()


@router.get("/readyz", tags=["health"], responses=problem_responses(503))
def ready(forecaster: ActiveForecaster) -> Ready:
    """Say that a forecaster is loaded, and which."""
    return Ready(forecaster=forecaster.version)
