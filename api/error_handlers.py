"""Exceptions become HTTP answers here, in one table; routes never build an error answer for a domain failure."""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.problems import MEDIA_TYPE, Problem, invalid_inputs, title_of
from predictor.errors import DamagedForecaster, ForecasterNotFound
from training_runs import InvalidInput

_LOG = logging.getLogger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    """Answer every failure of the application with problem details."""
    app.add_exception_handler(InvalidInput, _invalid_input)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(ForecasterNotFound, _not_found)
    app.add_exception_handler(DamagedForecaster, _damaged)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's documentation says of its problems."""
    return {s: {"model": Problem, "description": title_of(s)} for s in statuses}


def _answer(problem: Problem, headers: Any = None) -> Response:
    return Response(problem.json_bytes(), problem.status, headers, MEDIA_TYPE)


async def _invalid_input(_: Request, error: Any) -> Response:
    return _answer(Problem.of_input(error))


async def _invalid_request(request: Request, error: Any) -> Response:
    # FastAPI parses a body only where the client says that it is JSON.
    if isinstance(error.body, bytes):
        found = request.headers.get("content-type", "missing")
        detail = f"Content-Type is {found[:80]}; expected application/json"
        return _answer(Problem.of_status(415, detail))
    errors = error.errors()
    if errors[0]["type"] == "json_invalid":
        detail = f"the body is not valid JSON: {errors[0]['ctx']['error']}"
        return _answer(Problem.of_status(400, detail))
    return _answer(Problem.of_input(*invalid_inputs(errors)))


async def _not_found(_: Request, error: Any) -> Response:
    return _answer(Problem.of_status(404, str(error)))


async def _damaged(_: Request, error: Any) -> Response:
    _LOG.error("%s", error)
    detail = "a stored forecaster cannot be used; the log of the service says why"
    return _answer(Problem.of_status(503, detail))


async def _http(request: Request, error: Any) -> Response:
    detail = error.detail
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path[:80]}; /docs lists the routes"
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        detail = f"{request.method} is not allowed here; expected {allowed}"
    return _answer(Problem.of_status(error.status_code, detail), error.headers)


async def _unexpected(_: Request, __: Exception) -> Response:
    # The server logs the exception itself; its text and its paths stay out of the answer.
    detail = "the service failed to answer; its log says why"
    return _answer(Problem.of_status(500, detail))
