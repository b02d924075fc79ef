"""Fields of a config given as text: what `--set FIELD=VALUE` means."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from training_runs.config import RunConfig
from training_runs.errors import InvalidInput

_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number", int | None: "a whole number or none"}


def override(config: RunConfig, assignments: Mapping[str, str]) -> RunConfig:
    """Return a config with some fields replaced.

    Raises
    ------
    InvalidInput : a field that does not exist, or a value that it does not take.
    """
    fields = {f.name: f for f in dataclasses.fields(RunConfig)}
    changes = {}
    for name, text in assignments.items():
        if name not in fields:
            raise InvalidInput(field=f"--set {name}", value=text, expected=f"one of the fields {', '.join(fields)}")
        changes[name] = _parsed(name, fields[name].type, text)
    return dataclasses.replace(config, **changes)


def _parsed(name: str, kind: Any, text: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        for optional in (int, float):
            if kind == optional | None:
                return None if text.lower() == "none" else optional(text)
        return kind(text)
    except (ValueError, KeyError):
        expected = _EXPECTED.get(kind, "a number or none")
        raise InvalidInput(field=f"--set {name}", value=text, expected=expected) from None
