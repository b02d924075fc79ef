"""Exceptions become HTTP answers here, in one table; routes never build an error answer for a domain failure."""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from limits.errors import StorageError
from sqlalchemy.exc import DBAPIError, InvalidRequestError, TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Match, compile_path

from api.errors import (
    Conflict,
    DatabaseUnusable,
    FileNotRead,
    Forbidden,
    RetrainingNotFound,
    RunNotFound,
    TooManyFiles,
    TooManyRequests,
    TooManyStreams,
    Unauthorized,
    ValueConflict,
)
from api.routes.documented_paths import documented_paths
from api.storage.schema import misfit_of
from api.wire.problems import MEDIA_TYPE, Problem, invalid_inputs, title_of
from api.wire.readings import ReadProblem
from predictor.errors import DamagedForecaster, ForecasterNotFound
from training_runs import InvalidInput

_LOG = logging.getLogger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    """Answer every failure of the application with problem details."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route's problems."""
    return {s: {"model": Problem, "description": title_of(s)} for s in statuses}


def _answer(problem: Problem, headers: Any = None) -> Response:
    return Response(problem.json_bytes(), problem.status, headers, MEDIA_TYPE)


async def _invalid_input(_: Request, error: Any) -> Response:
    return _answer(Problem.of_input(error))


async def _file_not_read(_: Request, error: Any) -> Response:
    return _answer(ReadProblem.of_file(error.error))


async def _invalid_request(request: Request, error: Any) -> Response:
    # FastAPI parses a body only where the client declares it as JSON.
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


async def _conflict(_: Request, error: Any) -> Response:
    return _answer(Problem.of_status(409, str(error)))


async def _value_conflict(_: Request, error: Any) -> Response:
    return _answer(Problem.of_conflict(error.faults, error.stored))


async def _unauthorized(_: Request, error: Any) -> Response:
    return _answer(Problem.of_status(401, str(error)), {"WWW-Authenticate": "Bearer"})


async def _forbidden(_: Request, error: Any) -> Response:
    return _answer(Problem.of_status(403, str(error)))


async def _too_many_requests(_: Request, error: Any) -> Response:
    return _answer(Problem.of_status(429, str(error)), {"Retry-After": str(error.retry_after)})


async def _busy(_: Request, error: Any) -> Response:
    return _answer(Problem.of_status(503, str(error)), {"Retry-After": "5"})


async def _no_database(_: Request, error: Any) -> Response:
    misfit = misfit_of(error)
    _LOG.error("%s", misfit or f"the database does not answer: {getattr(error, 'orig', None) or error}")
    detail = misfit or "the database does not answer; try again"
    return _answer(Problem.of_status(503, detail), {"Retry-After": "1"})


async def _no_rate_limits(_: Request, error: Any) -> Response:
    _LOG.error("the storage of rate limits does not answer: %s", error)
    detail = "the storage of rate limits does not answer; try again"
    return _answer(Problem.of_status(503, detail), {"Retry-After": "1"})


async def _damaged(_: Request, error: Any) -> Response:
    _LOG.error("%s", error)
    detail = "a stored forecaster cannot be used; see the log of the service"
    return _answer(Problem.of_status(503, detail))


async def _http(request: Request, error: Any) -> Response:
    detail = error.detail
    if error.status_code == 404:
        meant = _without_slash(request)
        if meant is not None:
            return RedirectResponse(meant)
        detail = f"there is nothing at {request.url.path[:80]}; /docs lists the routes"
    elif error.status_code == 405:
        known = error.headers or {}
        headers = {**known, "Allow": ", ".join(await _allowed(request)) or known.get("Allow", "GET")}
        detail = f"{request.method} is not allowed here; expected {headers['Allow']}"
        return _answer(Problem.of_status(405, detail), headers)
    return _answer(Problem.of_status(error.status_code, detail), error.headers)


def _without_slash(request: Request) -> str | None:
    """Return the address without a slash at its end, where something is there.

    Only its path and query: who asks a proxy by HTTPS, and another host, would be sent on to this host without it, with the key.
    """
    path = request.url.path.rstrip("/")
    scope = {**request.scope, "path": path}
    if path == request.url.path or all(route.matches(scope)[0] is Match.NONE for route in request.app.routes):
        return None
    return f"{path}?{request.url.query}" if request.url.query else path


async def _allowed(request: Request) -> list[str]:
    """Return the methods of every route at a path; the router knows those of the first one."""
    paths = await documented_paths(request)
    found = [methods for path, methods in paths.items() if compile_path(path)[0].match(request.url.path)]
    allowed = {method.upper() for methods in found for method in methods}
    return sorted(allowed | ({"HEAD"} if "GET" in allowed else set()))


async def _unexpected(_: Request, __: Exception) -> Response:
    # The server logs the exception itself; its text and its paths stay out of the answer.
    detail = "the service failed to answer; see its log"
    return _answer(Problem.of_status(500, detail))


_HANDLERS: dict[type[Exception], Any] = {
    InvalidInput: _invalid_input,
    FileNotRead: _file_not_read,
    RequestValidationError: _invalid_request,
    ForecasterNotFound: _not_found,
    RunNotFound: _not_found,
    RetrainingNotFound: _not_found,
    Conflict: _conflict,
    ValueConflict: _value_conflict,
    Unauthorized: _unauthorized,
    Forbidden: _forbidden,
    TooManyRequests: _too_many_requests,
    TooManyStreams: _busy,
    TooManyFiles: _busy,
    DBAPIError: _no_database,
    InvalidRequestError: _no_database,
    DatabaseUnusable: _no_database,
    PoolTimeout: _no_database,
    StorageError: _no_rate_limits,
    DamagedForecaster: _damaged,
    HTTPException: _http,
    Exception: _unexpected,
}
