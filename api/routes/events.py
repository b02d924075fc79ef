"""What happens to all runs that a caller sees, in one stream: a browser opens few connections to one host."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.access.auth import Reader
from api.routes.error_handlers import problem_responses
from api.workers.events import EventStreams

router = APIRouter(tags=["runs"])


def _events(request: Request, caller: Reader) -> AsyncIterator[ServerSentEvent]:
    streams: EventStreams = request.app.state.streams
    streams.check_room(caller)  # before the stream begins: a problem needs a status of its own
    return streams.watch_all(caller)


@router.get(
    "/v1/events",
    response_class=EventSourceResponse,
    responses=problem_responses(401, 403, 429, 500, 503),
)
async def events(
    events: Annotated[AsyncIterator[ServerSentEvent], Depends(_events)],
) -> AsyncIterator[ServerSentEvent]:
    """Follow the newest runs: `run` for each at once and when its points or its status change, `deleted` when it is deleted."""
    async for event in events:
        yield event
