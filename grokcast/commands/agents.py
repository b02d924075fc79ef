"""`grokcast mcp`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.agents.tools import Service

_TIMEOUT_SECONDS = 60.0


def mcp(
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="GROKCAST_URL",
            help="service to ask, with the key in GROKCAST_API_KEY [default: none; this process answers, "
            "from the data of this machine's service]",
        ),
    ] = None,
) -> None:
    """Serve tools to agents (Model Context Protocol).

    On standard input and output.

    Example: claude mcp add grokcast -- grokcast mcp
    """
    import anyio

    from training_runs.extras import require

    require("mcp", extra="mcp")
    anyio.run(_serve, url)


async def _serve(url: str | None) -> None:
    from mcp.server.stdio import stdio_server

    from api.agents.server import server_of
    from grokcast import __version__

    async with asked(url) as service, stdio_server() as (incoming, outgoing):
        server = server_of(lambda _: service, __version__)
        await server.run(incoming, outgoing, server.create_initialization_options())


@asynccontextmanager
async def asked(url: str | None) -> "AsyncIterator[Service]":
    """Hand out the service at an address; without one a service in this process, which nobody else reaches."""
    if url is not None:
        import httpx2

        from api.agents.tools import Service
        from grokcast.address import address_of, connection_to, headers_of

        address = address_of(url)
        options = connection_to(address)
        async with httpx2.AsyncClient(
            base_url=address, headers=headers_of(None), timeout=_TIMEOUT_SECONDS, **options
        ) as http:
            yield Service(http)
        return
    from api.access.auth import Admission
    from api.agents.endpoint import in_process
    from api.app import create_app
    from api.caller import LOCAL

    app = create_app(sends_and_learns=False)
    async with app.router.lifespan_context(app):
        yield in_process(app, Admission(LOCAL))
