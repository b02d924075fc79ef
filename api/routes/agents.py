"""`POST /mcp`: tools for agents. The protocol describes itself (`tools/list`), so OpenAPI has nothing to add."""

from functools import partial

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.auth import Reader
from api.routes.body import require_within
from api.routes.dependencies import Agents
from api.threads import beside

router = APIRouter()


@router.post("/mcp", include_in_schema=False)
async def mcp(request: Request, caller: Reader, agents: Agents) -> Response:
    """Answer a message of the Model Context Protocol (streamable HTTP)."""
    body = await request.body()
    await beside("parse", partial(require_within, body))
    return _Handed(await agents.application(), body)


class _Handed(Response):
    """The answer of another application to a request whose body is read."""

    def __init__(self, app: ASGIApp, body: bytes) -> None:
        super().__init__()
        self._app, self._read = app, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unread: list[Message] = [{"type": "http.request", "body": self._read, "more_body": False}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, receive_again, send)
