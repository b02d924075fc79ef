"""The option `--json`, and what it prints."""

import json
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")]


AsCsv = Annotated[
    bool, typer.Option("--csv", help="print a CSV table, a row for each run or setting, and nothing else")
]


def require_one_form(*, as_csv: bool, as_json: bool) -> None:
    """Refuse an answer in two forms at once.

    Raises
    ------
    typer.BadParameter : both are requested.
    """
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json are both given; expected one of them")


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=1, allow_nan=False))
