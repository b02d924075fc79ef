"""Names that stand twice in one object of JSON: every parser takes one of the values without a word, and not all the same."""

import json
import re
from typing import Any

# A brace, or a text and whether it is a name. They begin with a set, for which much is looked through quickly.
_BRACE_OR_TEXT = re.compile(rb'["{}](?:(?<=")([^"\\]*(?:\\.[^"\\]*)*)"\s*(:?))?')
_NUMBERS = (int, float, type(None))


def repeated_name(text: bytes, found: Any) -> str | None:
    """Return a name that stands twice in an object of a text; None where each stands once.

    Parameters
    ----------
    text : JSON.
    found : what a parser read from it. Its members and texts account for the colons of the text, unless a name stands twice or a
        list is mixed: only then the text is looked through.
    """
    if b"\\u003" not in text and text.count(b":") == _colons(found):  # else a colon may be written as an escape
        return None
    names: list[set[str]] = []  # of the objects around
    for token in _BRACE_OR_TEXT.finditer(text):
        if token[0] == b"{":
            names.append(set())
        elif token[0] == b"}":
            names.pop()
        elif token[2]:
            name = json.loads(b'"%s"' % token[1])
            if name in names[-1]:
                return str(name)
            names[-1].add(name)
    return None


def _colons(value: Any) -> int:
    """Return how many colons a value has as JSON: one a member, and those in texts; none in a list that begins with a number."""
    if isinstance(value, str):
        return value.count(":")
    if isinstance(value, dict):
        in_names = sum(map(_colons, value))
        return len(value) + in_names + sum(_colons(each) for each in value.values() if not isinstance(each, _NUMBERS))
    if isinstance(value, list) and value and not isinstance(value[0], _NUMBERS):
        return sum(map(_colons, value))
    return 0
