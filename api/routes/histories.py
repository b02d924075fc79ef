"""`POST /v1/histories/read`: the bytes of files become runs, as `grokcast forecast` reads them."""

from dataclasses import replace
from email.message import Message
from itertools import accumulate
from pathlib import PureWindowsPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.exceptions import HTTPException

from api.access.auth import Reader
from api.errors import FileNotRead
from api.routes.dependencies import Configuration, Files
from api.routes.error_handlers import problem_responses
from api.wire.problems import MEDIA_TYPE
from api.wire.readings import HistoriesRead, ReadProblem
from training_runs import InvalidInput
from training_runs.content_size import ContentBounds

router = APIRouter(tags=["histories"])

_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_PROBLEMS = problem_responses(400, 401, 403, 413, 415, 429, 500, 503) | {
    422: {"model": ReadProblem, "description": "Invalid input", "content": {MEDIA_TYPE: {}}}
}
_MOST_FILES = 500  # at once: MLflow's folders have one for each metric and parameter
_DEEPEST = 10  # folders
# More than the metrics of any run that is worth reading: 100,000 checkpoints of 10 signals.
_BOUNDS = ContentBounds(
    lists=20_000,
    objects=110_000,
    strings=1_000_000,
    values=1_000_000,
    lines=200_000,
    words=2_000_000,
    columns=5_000,
    line_bytes=1_000_000,
)
Text = Annotated[str | None, Field(max_length=500)]
Name = Annotated[str, Field(max_length=500)]
Size = Annotated[int, Field(ge=0, le=2**53)]


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
    settings: Configuration,
    options: Annotated[dict[str, Any], Depends(_options)],
    name: Annotated[
        list[Name],
        Query(
            max_length=_MOST_FILES,
            description="name of the file, whose ending says what it is; also by Content-Disposition. "
            "Of several files the name of each, in the order of the body, with the folders that they lie in",
        ),
    ] = [],  # noqa: B006
    size: Annotated[
        list[Size],
        Query(max_length=_MOST_FILES, description="bytes of each file, if the body is several, one after the other"),
    ] = [],  # noqa: B006
    run: Annotated[Text, Query(description="the run that `request` is to hold, if there are several")] = None,
    format: Annotated[str, Query(description="what `grokcast forecast --format` takes")] = "auto",
) -> HistoriesRead:
    """Read the bytes of a file as `grokcast forecast` does: its runs, and which column was read as which signal. Nothing is stored.

    The body is the file itself, whatever its content type; or several files one after the other, told apart by a `name` and a `size`
    for each. Charts of one run, accuracy in one file and loss in another, become one run. Names may be paths: the files of a folder that
    TensorBoard, MLflow or Lightning wrote are read as that folder. JSON, YAML or TOML with settings is context of the runs beside it.
    `request` is the run that is chosen, or the only one, as the body of `POST /v1/forecasts`.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPException(415, "the body is a form; expected the bytes of the file: curl --data-binary @FILE")
    content = await request.body()
    contents = _contents(content, name or [_disposed(request)], size)
    shown = ", ".join(contents)

    def read() -> HistoriesRead:
        # Readers import pandas: with the first file, and not at the start.
        from training_runs.readers import ReadOptions, read_contents, require_within, unarchived

        held = unarchived(contents, settings.file_body_limit)
        require_within(held, replace(_BOUNDS, unpacked_bytes=settings.file_body_limit))
        chosen = ReadOptions(**options, most_values=_BOUNDS.values // len(held))
        return HistoriesRead.of(shown, read_contents(held, format, chosen), run)

    try:
        return await files.read(caller.key_id, shown, len(content), read)
    except InvalidInput as error:
        raise FileNotRead(error) from None


def _disposed(request: Request) -> str:
    """Return the name of a file by the header Content-Disposition; empty where there is none."""
    header = Message()
    header["content-disposition"] = request.headers.get("content-disposition", "")
    return header.get_filename() or ""


def _contents(body: bytes, names: list[str], sizes: list[int]) -> dict[str, bytes]:
    """Return the bytes of each file in a body by its name, of several by its path; that names what is read, and no file is looked for.

    Raises
    ------
    InvalidInput : sizes that are not those of the files, or two files of one name.
    """
    plain = [_plain(name, _DEEPEST if len(names) > 1 else 1) for name in names]
    sizes = sizes or [len(body)]
    if len(sizes) != len(names) or sum(sizes) != len(body):
        raise InvalidInput(
            field="size",
            value=f"{len(sizes)} of {sum(sizes)} bytes in all",
            expected=f"the size of each file: {len(names)} of {len(body)} bytes in all",
            hint="give one name and one size for each file, in the order of the body",
        )
    if twice := next((name for k, name in enumerate(plain) if name in plain[:k]), None):
        raise InvalidInput(
            field="name",
            value=f"two files {twice}",
            expected="files of different names",
            hint="rename one, or send one at a time",
        )
    ends = list(accumulate(sizes))
    return {name: body[end - size : end] for name, size, end in zip(plain, sizes, ends, strict=True)}


def _plain(name: str, most: int) -> str:
    """Return the last parts of a path, below where they begin: none leads elsewhere."""
    path = PureWindowsPath(name.replace("\0", ""))
    parts = [part[-100:] for part in path.parts if part not in (path.anchor, "..")]
    return "/".join(parts[-most:]) or "history"
