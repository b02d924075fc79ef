"""`POST /v1/histories/read`: the bytes of a file become runs, as `grokcast forecast` reads them."""

from email.message import Message
from pathlib import PureWindowsPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.exceptions import HTTPException

from api.access.auth import Reader
from api.errors import FileNotRead
from api.routes.dependencies import Files
from api.routes.error_handlers import problem_responses
from api.wire.problems import MEDIA_TYPE
from api.wire.readings import HistoriesRead, ReadProblem
from training_runs import InvalidInput

router = APIRouter(tags=["histories"])

_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_PROBLEMS = problem_responses(400, 401, 403, 413, 415, 429, 500, 503) | {
    422: {"model": ReadProblem, "description": "Invalid input", "content": {MEDIA_TYPE: {}}}
}
Text = Annotated[str | None, Field(max_length=500)]


async def _options(
    map: Annotated[
        list[str], Query(max_length=200, description="COLUMN:SIGNAL (or `step`), for names that are not recognised")
    ] = [],  # noqa: B006  # FastAPI copies it
    steps_per_epoch: Annotated[
        float | None, Query(gt=0, le=2**53, description="optimiser steps per epoch, if the file counts epochs")
    ] = None,
    percent: Annotated[bool, Query(description="accuracies are in percent")] = False,
    run_column: Annotated[Text, Query(description="column whose values distinguish the runs of a table")] = None,
    columns: Annotated[
        Text, Query(description="names of the columns of a table without a header, separated by commas")
    ] = None,
    sort: Annotated[bool, Query(description="rows are in no order: sort them by step")] = False,
) -> dict[str, Any]:
    pairs = [text.rpartition(":") for text in map]
    for text, (column, _, _) in zip(map, pairs, strict=True):
        if not column:
            raise InvalidInput(field="map", value=text, expected="COLUMN:SIGNAL")
    names = {column: signal for column, _, signal in pairs}
    header = tuple(column.strip() for column in columns.split(",")) if columns else ()
    return {
        "names": names,
        "steps_per_epoch": steps_per_epoch,
        "percent": percent,
        "columns": header,
        "run_column": run_column,
        "sort": sort,
    }


@router.post(
    "/v1/histories/read",
    responses=_PROBLEMS,
    openapi_extra={"requestBody": {"required": True, "content": _BYTES}},
)
async def read_histories(
    request: Request,
    caller: Reader,
    files: Files,
    options: Annotated[dict[str, Any], Depends(_options)],
    name: Annotated[
        Text, Query(description="name of the file, whose ending says what it is; also by Content-Disposition")
    ] = None,
    run: Annotated[Text, Query(description="the run that `request` is to hold, if the file has several")] = None,
    format: Annotated[str, Query(description="what `grokcast forecast --format` takes")] = "auto",
) -> HistoriesRead:
    """Read the bytes of a file as `grokcast forecast` does: its runs, and which column was read as which signal. Nothing is stored.

    The body is the file itself, whatever its content type. `request` is the run that is chosen, or the only one, as the body of
    `POST /v1/forecasts`. Folders (TensorBoard, MLflow, Lightning) are read by `grokcast forecast FOLDER`.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPException(415, "the body is a form; expected the bytes of the file: curl --data-binary @FILE")
    content = await request.body()
    file = _file_name(name, request.headers.get("content-disposition"))

    def read() -> HistoriesRead:
        # Readers import pandas: with the first file, and not at the start.
        from training_runs.readers import ReadOptions, read_content

        return HistoriesRead.of(file, read_content(content, file, format, ReadOptions(**options)), run)

    try:
        return await files.read(file, len(content), read)
    except InvalidInput as error:
        raise FileNotRead(error) from None


def _file_name(name: str | None, disposition: str | None) -> str:
    """Return the last part of a file's name, as it was sent; it names what is read, and no file is looked for."""
    if name is None and disposition:
        header = Message()
        header["content-disposition"] = disposition
        name = header.get_filename()
    return PureWindowsPath(name or "").name[-120:] or "history"
