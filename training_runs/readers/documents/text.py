"""What a text of JSON, JSON lines or Python's own notation holds."""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from training_runs.readers.cells import unwrapped, with_lists
from training_runs.readers.documents.other_notations import in_another_notation
from training_runs.readers.documents.printed_lists import with_progressions
from training_runs.readers.documents.relaxed_json import relaxed_json

_LITERAL_BYTES = 2_000_000  # of Python's own notation, at most: it is parsed slowly
_NOT_A_NUMBER = re.compile(r"(?<![\w'\"])(-?)(nan|inf|Infinity|NaN)(?![\w'\"])")


def document_of(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return what a text of JSON, JSON lines or Python's own notation holds, and notes.

    Raises
    ------
    ValueError : it is none of these, with the first line that is not.
    """
    try:
        return json.loads(text), ()
    except ValueError as error:
        if (document := in_another_notation(text)) is not None:
            return document, ()
        numbered = enumerate(text.split("\n"), 1)
        lines = [(k, line) for k, line in numbered if line.strip() and not line.lstrip().startswith(("//", "#"))]
        if len(lines) < 2 or not lines[0][1].lstrip().startswith(("{", "[")):
            return _of_one_document(text, error)
        first = error
    try:
        _line(lines[0][1])
    except ValueError:  # a document of several lines
        return _of_one_document(text, first)
    return _of_lines(lines, text)


def _of_one_document(text: str, error: ValueError) -> tuple[Any, tuple[str, ...]]:
    """Return objects one behind the other, what Python prints, or JSON with what it has not, whichever a text is."""
    if joined := _joined(text):
        return joined, ()
    try:
        return _literal(text, error), ()
    except ValueError:
        if len(text) > _LITERAL_BYTES:
            raise
    try:
        return relaxed_json(text)
    except (ValueError, RecursionError):
        raise error from None


def _joined(text: str) -> list[Any]:
    """Return the objects that are written one behind the other, `{...}{...}`, each over as many lines as it has; none where there is no second."""
    decoder, at, read = json.JSONDecoder(), 0, []
    while (start := text.find("{", at)) >= 0 and not text[at:start].strip(", \t\r\n"):
        try:
            value, at = decoder.raw_decode(text, start)
        except ValueError:
            break
        read.append(value)
    return read if len(read) > 1 and not text[at:].strip() else []


def _of_lines(lines: Sequence[tuple[int, str]], text: str) -> tuple[list[Any], tuple[str, ...]]:
    """Return the values of JSON lines; a last one without its end is left out where it was cut off."""
    read = []
    for k, line in lines:
        try:
            read.append(_line(line))
        except ValueError:
            if k == lines[-1][0] and not text.endswith("\n"):
                return read, (f"the last line is cut off and left out: {line.strip()[:40]}",)
            raise ValueError(f"line {k} is no JSON: {line.strip()[:60]}") from None
    return read, ()


def _line(line: str) -> Any:
    line = line.rstrip().removesuffix(",")
    try:
        return json.loads(line)
    except ValueError as error:
        return _literal(line, error)


def _literal(text: str, error: ValueError) -> Any:
    """Return what Python prints: `{'step': 1, 'loss': tensor(0.3)}`."""
    start = text.lstrip()[:1]
    if start not in ("{", "[") or len(text) > _LITERAL_BYTES:
        raise error
    plain = _NOT_A_NUMBER.sub(
        lambda m: f"{m[1]}1e999" if m[2].startswith(("i", "I")) else "None",
        with_progressions(with_lists(unwrapped(text))),
    )
    try:
        return ast.literal_eval(plain.strip())
    except (ValueError, SyntaxError, MemoryError, TypeError):
        raise error from None
