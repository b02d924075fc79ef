"""What the OpenAPI document says of the routes, for those who answer what no route does."""

from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool


async def documented_paths(request: Request) -> dict[str, Any]:
    """Return the documented routes by path and method; beside the event loop, since the first time takes half a second."""
    document = await run_in_threadpool(request.app.openapi)
    paths: dict[str, Any] = document["paths"]
    return paths
