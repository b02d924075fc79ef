"""`/docs`: Swagger UI from files of this installation, so that it works without a network."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

_PAGE = Path(__file__).parent.parent / "docs_page"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def page() -> FileResponse:
    """Show every route and field, and let them be tried."""
    return FileResponse(_PAGE / "index.html")


@router.get("/docs/start.js")
async def script() -> FileResponse:
    """Return the script that starts the page."""
    return FileResponse(_PAGE / "start.js")


def add_docs(app: FastAPI) -> None:
    """Serve the page, and Swagger UI as the package `fastapi-offline` brings it."""
    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")]))
