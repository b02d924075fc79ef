"""Problems with a request, as RFC 9457 problem details."""

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.wire.examples import PROBLEM
from training_runs import InvalidInput
from training_runs.trajectory import NOT_BEGUN

MEDIA_TYPE = "application/problem+json"
_SHOWN_LENGTH = 80
_PLACES = ("body", "path", "query", "header")  # where a field is, in FastAPI's words

# Ours and not those of `http.HTTPStatus`, which change between Python versions: clients rely on them.
_TITLES = {
    400: "Malformed body",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    431: "Headers too large",
    500: "Internal error",
    503: "Not ready",
}

# What pydantic found -> what is expected; `{}` are filled from the error's own limits.
_EXPECTED = {
    "missing": "a value: this field is required",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number up to 2^53",
    "string_type": "a word",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "literal_error": "one of {expected}",
    "list_type": "a list",
    "model_type": "a JSON object",
    "model_attributes_type": "a JSON object",
    "greater_than": "a number > {gt}",
    "less_than": "a number < {lt}",
    "greater_than_equal": "a number >= {ge}",
    "less_than_equal": "a number <= {le}",
    "extra_forbidden": "no field of this name",
    "too_long": "at most {max_length}",
    "too_short": "at least {min_length}",
}


_OBJECTS = ("model_type", "model_attributes_type")


class Fault(BaseModel):
    """One value that cannot be used."""

    field: str = Field(description="path of the field, e.g. `history.val_acc[3]`")
    value: Any = Field(description="the value that was sent; long ones are cut")
    expected: str = Field(description="what would be accepted")
    hint: str = Field("", description="the likely cause or the next move; absent where unknown")
    stored: Any = Field(None, description="in a conflict: the value that is already stored")


class Problem(BaseModel):
    """Problem details (RFC 9457). A problem with a value repeats its first fault at the top level."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROBLEM]})

    type: str = Field(description="stable identifier of the kind of problem")
    title: str
    status: int = Field(description="HTTP status")
    detail: str = Field(description="this problem in one sentence")
    field: str = Field("", description="first fault: its field")
    value: Any = Field(None, description="first fault: the value that was sent")
    expected: str = Field("", description="first fault: what would be accepted")
    hint: str = Field("", description="first fault: the likely cause or the next move")
    stored: Any = Field(None, description="first fault: the value that is already stored")
    errors: list[Fault] = Field([], description="all faults that were found")

    @classmethod
    def of_status(cls, status: int, detail: str) -> "Problem":
        """Return a problem that is not about one value."""
        title = title_of(status)
        name = f"urn:grokcast:problem:{title.lower().replace(' ', '-')}"
        return cls(type=name, title=title, status=status, detail=detail)

    @classmethod
    def of_input(cls, *errors: InvalidInput) -> "Problem":
        """Return the problem with some values, the first one at the top."""
        return cls._of_faults(422, [_fault(error) for error in errors])

    @classmethod
    def of_conflict(cls, errors: Sequence[InvalidInput], stored: Sequence[float]) -> "Problem":
        """Return the problem with values that differ from those stored, each beside the other."""
        pairs = zip(errors, stored, strict=True)
        faults = [Fault(**_fault(e).model_dump(exclude_unset=True), stored=s) for e, s in pairs]
        return cls._of_faults(409, faults)

    @classmethod
    def _of_faults(cls, status: int, faults: list[Fault]) -> "Problem":
        first = faults[0].model_dump(exclude_unset=True)
        problem = cls.of_status(status, _sentence(faults[0]))
        return problem.model_copy(update={**first, "errors": faults})

    def json_bytes(self) -> bytes:
        """Return the JSON document: only the members that say something."""
        return self.model_dump_json(exclude_unset=True).encode()


def title_of(status: int) -> str:
    """Return the short name of the kind of problem that a status stands for."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def invalid_inputs(errors: Sequence[Mapping[str, Any]]) -> list[InvalidInput]:
    """Return the errors that pydantic found (`ValidationError.errors()`) as errors of the domain."""
    return [_invalid_input(error) for error in errors]


def _invalid_input(error: Mapping[str, Any]) -> InvalidInput:
    kind, limits = error["type"], error.get("ctx", {})
    value = None if kind == "missing" else error["input"]
    path = [part for part in error["loc"] if part not in _PLACES]
    return InvalidInput(
        field=_path(path),
        value=value,
        expected=_EXPECTED.get(kind, error["msg"]).format(**limits),
        hint=_hint(kind, path, error["input"], limits),
    )


def _path(parts: Sequence[str | int]) -> str:
    """Return `history.val_acc[3]` for ("history", "val_acc", 3); "body" for the document itself."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")[:_SHOWN_LENGTH] or "body"


def _hint(kind: str, path: Sequence[str | int], value: Any, limits: Mapping[str, Any]) -> str:
    if kind == "missing" and path == ["history"]:
        has_lists = isinstance(value, dict) and any(
            isinstance(each, list | dict) for name, each in value.items() if name != "context"
        )
        return 'put the lists under history: {"history": {"step": [...], "val_acc": [...]}}' if has_lists else NOT_BEGUN
    if kind in _OBJECTS and path == ["history"]:
        return 'a list a column, {"step": [...], "val_acc": [...]}; files and records: POST /v1/histories/read'
    if kind in _OBJECTS and path == ["context"]:
        return 'fields, {"lr": 1e-3}, or words, "1L transformer, AdamW lr 1e-3 wd 1"'
    if kind == "less_than_equal" and limits["le"] == 1 and value <= 100:
        return "this looks like percent: divide it by 100"
    if kind == "finite_number" and path[0] == "history" and path[1] != "step":
        return "NaN and Infinity are not JSON: write null for a missing value"
    if kind == "finite_number":
        return "NaN and Infinity are not JSON"
    if kind == "extra_forbidden":
        return "/docs shows the fields that there are"
    if kind == "too_long" and path[0] == "history":
        return "thin the history, keeping more checkpoints early than late"
    return ""


def _fault(error: InvalidInput) -> Fault:
    named = {"field": error.field, "value": _shown(error.value), "expected": error.expected}
    return Fault(**named, hint=error.hint) if error.hint else Fault(**named)


def _sentence(fault: Fault) -> str:
    value = json.dumps(fault.value, ensure_ascii=False)
    hint = f" ({fault.hint})" if fault.hint else ""
    return f"{fault.field} is {value}; expected {fault.expected}{hint}"


def _shown(value: object) -> str | int | float | bool | None:
    """Return a value as JSON can hold it, cut to a readable length."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and abs(value) >= 2**63:
        return f"a whole number of {len(str(abs(value)))} digits"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, list):
        return f"{len(value)} values"
    if isinstance(value, dict):
        return "a JSON object"
    text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"
