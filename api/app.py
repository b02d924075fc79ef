"""The service, put together: `uvicorn api.app:create_app --factory`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.body import BodyLimit
from api.error_handlers import add_error_handlers
from api.problems import MEDIA_TYPE
from api.routes import router
from api.settings import Settings
from predictor.errors import DamagedForecaster, ForecasterNotFound
from predictor.store import ForecasterStore

_LOG = logging.getLogger(__name__)


def create_app(
    settings: Settings | None = None, forecasters: ForecasterStore | None = None
) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    settings : default: from the environment.
    forecasters : where forecasters come from; default: the store that the settings name.
    """
    settings = settings or Settings()
    app = _Service(title="Grokcast", version="1", summary=_SUMMARY, lifespan=_with_forecaster)
    app.state.forecasters = forecasters or ForecasterStore(settings.forecaster_store)
    app.add_middleware(
        BodyLimit,
        default=settings.forecast_body_limit,
        limits={"/v1/forecasts/batch": settings.batch_body_limit},
    )
    add_error_handlers(app)
    app.include_router(router)
    return app


_SUMMARY = "Early warning for grokking: will this run generalise, when, and is it worth waiting?"


@asynccontextmanager
async def _with_forecaster(app: FastAPI) -> AsyncIterator[None]:
    """Load the active forecaster; without one the service still lives, and says that it is not ready."""
    app.state.forecaster = None
    try:
        app.state.forecaster = app.state.forecasters.load()
    except (ForecasterNotFound, DamagedForecaster) as error:
        _LOG.error("not ready: %s", error)
    yield


class _Service(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, with problems under their own media type, which FastAPI has no setting for."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title, version=self.version, summary=self.summary, routes=self.routes
            )
            for path in document["paths"].values():
                for operation in path.values():
                    _name_problems(operation["responses"])
            self.openapi_schema = document
        return self.openapi_schema


def _name_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
