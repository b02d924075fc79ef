"""JSON as people write and lose it: comments, commas before a bracket, names without quotation marks (JSON5), a cut end."""

import json
import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|//[^\n]*|#[^\n]*|/\*|[{}\[\]:,]"
    r"|(?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)(?![\w.]))"
    r"|(?P<word>[-+]?[^\W\d][\w$]*)|(?P<blank>\s+)"
)
_WORDS = {
    "true": "true",
    "false": "false",
    "null": "null",
    "undefined": "null",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "+Infinity": "Infinity",
    "-Infinity": "-Infinity",
}
_CLOSED_BY = {"{": "}", "[": "]"}


def relaxed_json(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return what a text of JSON holds that has what JSON has not, or no end, and notes; a record that was cut off is left out.

    Raises
    ------
    ValueError : it is something else, or no whole record of a list is in it.

    >>> relaxed_json("{lr: .5, /* steps */ 'step': [1, 2,],}")[0]
    {'lr': 0.5, 'step': [1, 2]}
    >>> relaxed_json('[{"step": 1}, {"step": 2}, {"st')
    ([{'step': 1}, {'step': 2}], ('the last record is cut off and left out',))
    """
    pieces: list[str] = []
    opened: list[str] = []
    whole: tuple[int, str] | None = None  # the pieces up to the last whole record of a list, and what closes them
    for token in _tokens(text):
        if token in _CLOSED_BY:
            opened.append(token)
        elif token in ("}", "]"):
            if not opened or _CLOSED_BY[opened.pop()] != token:
                raise ValueError("brackets that do not fit")
            if pieces[-1] == ",":
                pieces.pop()
        pieces.append(token)
        if token == "}" and opened and opened[-1] == "[":
            whole = len(pieces), "".join(_CLOSED_BY[bracket] for bracket in reversed(opened))
    if not opened:
        return json.loads("".join(pieces)), ("comments, commas and names that JSON has not are read as JSON5 has them",)
    if whole is None:
        raise ValueError("it ends before a whole record")
    kept, closing = whole
    return json.loads("".join(pieces[:kept]) + closing), ("the last record is cut off and left out",)


def _tokens(text: str) -> Iterator[str]:
    """Yield the parts of a text as JSON has them, without blanks and comments, up to a string that its end cuts off."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if "\n" in text[at:]:
                raise ValueError(f"{text[at : at + 20]!r} is no JSON")
            return
        at = found.end()
        token = found[0]
        if token == "/*":
            at = text.find("*/", at) + 2
            if at < 2:
                raise ValueError("a comment without an end")
        elif found["word"]:
            yield _WORDS.get(token) or json.dumps(token)
        elif found["number"]:
            yield _number(token)
        elif token.startswith("'"):
            yield json.dumps(token[1:-1].replace("\\'", "'"))
        elif not found["blank"] and not token.startswith(("//", "#")):
            yield token


def _number(token: str) -> str:
    plain = token.removeprefix("+")
    if "x" in plain.lower():
        return str(int(plain, 16))
    return plain if re.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", plain) else repr(float(plain))
