"""What commands share: an option, and how they read and print."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")]


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=1, allow_nan=False))


def assignments(texts: list[str], flag: str = "--set", expected: str = "FIELD=VALUE") -> dict[str, str]:
    """Read NAME=VALUE options."""
    from training_runs.errors import InvalidInput

    pairs = [text.rpartition("=") for text in texts]
    for text, (_, equals, _) in zip(texts, pairs, strict=True):
        if not equals:
            raise InvalidInput(field=flag, value=text, expected=expected)
    return {name: value for name, _, value in pairs}


def read_runs(folder: Path | None) -> list[Any]:
    """Read a folder of runs; the shipped corpus by default."""
    from training_runs import archive
    from training_runs.errors import InvalidInput

    runs = archive.read(folder or archive.CORPUS)
    if not runs:
        raise InvalidInput(
            field="folder of runs",
            value=str(folder),
            expected="at least one run",
            hint="`grokcast generate` and `grokcast runs export` write such folders",
        )
    return runs


def store_folder() -> Path | None:
    """Return where the settings say that forecasters are stored."""
    from api.settings import Settings

    return Settings().forecaster_store
