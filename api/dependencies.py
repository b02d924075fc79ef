"""What the routes are handed."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore


async def _active_forecaster(request: Request) -> OnsetForecaster:
    forecaster: OnsetForecaster | None = request.app.state.forecaster
    if forecaster is None:
        raise HTTPException(503, "no forecaster is loaded; the log of the service says why")
    return forecaster


async def _forecasters(request: Request) -> ForecasterStore:
    store: ForecasterStore = request.app.state.forecasters
    return store


ActiveForecaster = Annotated[OnsetForecaster, Depends(_active_forecaster)]
Forecasters = Annotated[ForecasterStore, Depends(_forecasters)]
