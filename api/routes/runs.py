"""The routes of stored runs."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.access.auth import Reader, Writer
from api.caller import Caller
from api.routes.body import JsonRoute
from api.routes.dependencies import (
    Appends,
    Configuration,
    Events,
    FromStep,
    Page,
    RunId,
    Runs,
    Timelines,
    Turn,
)
from api.routes.error_handlers import problem_responses
from api.storage.runs import Addition, RunStore
from api.storage.stored_run import RunStatus
from api.threads import beside
from api.wire.outcomes import OutcomeAnswer, OutcomeRequest
from api.wire.points import AppendAnswer, AppendRequest, RewindAnswer
from api.wire.runs import RunAnswer, RunPage, RunRegistered, RunRequest, RunSummary, StopRequest
from api.wire.timelines import Timeline

router = APIRouter(prefix="/v1/runs", tags=["runs"], route_class=JsonRoute)
_PROBLEMS = problem_responses(400, 401, 403, 404, 422, 429, 500, 503)
_BODY_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)
_LONG = 10_000  # checkpoints, of which some megabytes become dozens on their way
_CREATED: dict[int | str, dict[str, Any]] = {201: {"model": RunRegistered, "description": "The run is new"}}


@router.get("", responses=_PROBLEMS)
def list_runs(caller: Reader, runs: Runs, timelines: Timelines, page: Page, status: RunStatus | None = None) -> RunPage:
    """List runs with their newest forecasts, newest first, in pages: those of the key, or all for an admin."""
    found = runs.page(caller, page.limit + 1, page.cursor, status)
    return RunPage.of(found, timelines.newest_of(found), page.limit)


@router.put("/{run_id}", responses=_BODY_PROBLEMS | _CREATED)
def put_run(
    run_id: RunId,
    request: RunRequest,
    caller: Writer,
    runs: Runs,
    settings: Configuration,
    response: Response,
) -> RunRegistered:
    """Register a run, or replace the settings of one; its points stay."""
    given = request.to_settings(private_addresses=settings.webhook_private_addresses)
    run, is_new = runs.put(caller, run_id, given)
    response.status_code = 201 if is_new else 200
    return RunRegistered.of(run, request.warnings())


@router.get("/{run_id}", responses=_PROBLEMS, response_model=RunAnswer)
async def get_run(
    run_id: RunId,
    caller: Reader,
    runs: Runs,
    timelines: Timelines,
    turn: Turn,
    history: Annotated[bool, Query(description="whether to include the points")] = True,
) -> Response:
    """Return a run, its points and its newest forecast."""

    def answer() -> Response:
        run, points = runs.history(caller, run_id) if history else (runs.get(caller, run_id), None)
        content = RunAnswer.of(run, points, timelines.newest(run)).model_dump_json()
        return Response(content, media_type="application/json")

    if history and await _is_long(runs, caller, run_id):
        await turn()
    return await run_in_threadpool(answer)


async def _is_long(runs: RunStore, caller: Caller, run_id: str) -> bool:
    """Return whether all points of a run are much memory."""
    run = await run_in_threadpool(runs.get, caller, run_id)
    return run.point_count > _LONG


@router.delete("/{run_id}", status_code=204, responses=_PROBLEMS)
def delete_run(run_id: RunId, caller: Writer, runs: Runs) -> None:
    """Delete a run, its points and its forecasts."""
    runs.delete(caller, run_id)


@router.post("/{run_id}/metrics", responses=_BODY_PROBLEMS, response_model_exclude_unset=True)
async def append_metrics(run_id: RunId, request: AppendRequest, caller: Writer, appends: Appends) -> AppendAnswer:
    """Add points to a run, and forecast it.

    Repeating a request changes nothing, so one without an answer can be sent again. Acknowledged points are stored, whether
    the answer holds a forecast or the problem that prevents one.
    """
    points, warnings = await beside("compute", request.read) if request.history.is_long else request.read()
    return AppendAnswer.of(await appends.do(Addition(caller, run_id, points)), warnings)


@router.delete("/{run_id}/metrics", responses=_PROBLEMS)
def rewind_metrics(run_id: RunId, from_step: FromStep, caller: Writer, runs: Runs) -> RewindAnswer:
    """Delete the points from a step on, since a training was resumed from a checkpoint. The run is `running` again."""
    return RewindAnswer.of(*runs.rewind(caller, run_id, from_step))


@router.get("/{run_id}/forecasts", responses=_PROBLEMS)
def list_forecasts(run_id: RunId, caller: Reader, runs: Runs, timelines: Timelines, page: Page) -> Timeline:
    """List the forecasts of a run, oldest first, in pages."""
    run = runs.get(caller, run_id)
    return Timeline.of(timelines.page(run, page.limit + 1, page.cursor or 0), page.limit)


@router.get(
    "/{run_id}/events",
    response_class=EventSourceResponse,
    responses=_PROBLEMS,
)
async def run_events(events: Events) -> AsyncIterator[ServerSentEvent]:
    """Follow a run: `run` when its points or its status change, `forecast` for each forecast, `deleted` when it is deleted.

    A `forecast` has an id; with `Last-Event-ID` the stream continues after that one.
    """
    async for event in events:
        yield event


@router.put("/{run_id}/stop", responses=_BODY_PROBLEMS)
def request_stop(run_id: RunId, request: StopRequest, caller: Writer, runs: Runs) -> RunSummary:
    """Request that a training stops. Its monitor reads that with its next points, and its loop stops if it asks the monitor."""
    return RunSummary.of(runs.request_stop(caller, run_id, request.reason))


@router.delete("/{run_id}/stop", responses=_PROBLEMS)
def withdraw_stop(run_id: RunId, caller: Writer, runs: Runs) -> RunSummary:
    """Take the request of a stop back."""
    return RunSummary.of(runs.request_stop(caller, run_id, None))


@router.put("/{run_id}/outcome", responses=_BODY_PROBLEMS)
async def put_outcome(run_id: RunId, request: OutcomeRequest, caller: Writer, runs: Runs, turn: Turn) -> OutcomeAnswer:
    """Report how a run has ended. From then on it is training data."""

    def answer() -> OutcomeAnswer:
        runs.finish(caller, run_id, request.status, request.blocked)
        return OutcomeAnswer.of(*runs.history(caller, run_id))

    if await _is_long(runs, caller, run_id):
        await turn()
    return await run_in_threadpool(answer)
