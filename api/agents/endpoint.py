"""`/mcp` of the service. What it needs is imported with its first request: that takes a second, which no start waits for."""

import asyncio
from functools import partial
from importlib.metadata import version

import httpx2
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp

from api.access.auth import Admission, Admitted
from api.agents.tools import Service
from api.threads import beside


def in_process(app: ASGIApp, admission: Admission) -> Service:
    """Return the service of this process, asked as a caller who is admitted."""
    known = structlog.contextvars.get_contextvars().get("request_id")
    return Service(
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=Admitted(app, admission)),
            base_url="http://localhost",
            headers={"X-Request-ID": known} if known else {},
            trust_env=False,
        )
    )


class AgentEndpoint:
    """Answers the requests of agents by the routes of a service; each request stands alone, so that any worker may have the next.

    Parameters
    ----------
    app : the service.
    body_limit : bytes in a request.
    """

    def __init__(self, app: ASGIApp, body_limit: int) -> None:
        self._app, self._body_limit = app, body_limit
        self._starting = asyncio.Lock()
        self._ending = asyncio.Event()
        self._answering: ASGIApp | None = None
        self._task: asyncio.Task[None] | None = None

    async def application(self) -> ASGIApp:
        """Return what answers requests, started if this is the first.

        Raises
        ------
        HTTPException : the extra `mcp` is not installed.
        """
        async with self._starting:
            if self._answering is None:
                self._answering = await self._started()
        return self._answering

    async def stop(self) -> None:
        """End what was started."""
        self._ending.set()
        if self._task is not None:
            await self._task

    async def _started(self) -> ASGIApp:
        try:
            await beside("compute", partial(__import__, "api.agents.server"))
        except ModuleNotFoundError as error:
            words = f"{error.name} is not installed where the service runs: pip install 'grokcast[mcp]'"
            raise HTTPException(501, words) from None
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from api.agents.server import server_of

        manager = StreamableHTTPSessionManager(
            server_of(self._service_for, version("grokcast")),
            stateless=True,
            json_response=True,
            max_request_body_size=self._body_limit,
        )
        started = asyncio.Event()

        async def run() -> None:
            # In a task of its own: whoever enters its group of tasks has to leave it, and a request ends before the service.
            async with manager.run():
                started.set()
                await self._ending.wait()

        self._task = asyncio.create_task(run())
        await started.wait()
        return manager.handle_request

    def _service_for(self, request: Request | None) -> Service:
        assert request is not None  # over HTTP there is one
        return in_process(self._app, request.state.admission)
