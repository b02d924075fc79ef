"""Lists as programs print and compute them, as they would be assigned: R's `[1] 0.1 0.2`, MATLAB's columns, `np.arange(0, 400, 100)`."""

import re

import numpy as np

_NUMBER = r"(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|NA|NaN|-?Inf)"
_OF_R = re.compile(
    r"^(?:>[ \t]*|\$)?(?P<name>[A-Za-z][\w.]*)[ \t]*\n(?P<rows>(?:[ \t]*\[\d+\][ \t].*(?:\n|\Z))+)", re.MULTILINE
)
_OF_MATLAB = re.compile(
    rf"^(?:>>[ \t]*\w+[ \t]*\n+)?(?P<name>[A-Za-z]\w*)[ \t]*=[ \t]*\n(?:[ \t]*\n)?(?P<rows>(?:[ \t]+{_NUMBER}(?:[ \t]+{_NUMBER})*[ \t]*(?:\n|\Z))+)",
    re.MULTILINE,
)
_OF_STR = re.compile(  # R's `str`
    rf"^[ \t]*\$[ \t]*(?P<name>[\w.]+)[ \t]*:[ \t]*(?:num|int)[ \t]+(?:\[1:\d+\][ \t]+)?(?P<values>{_NUMBER}(?:[ \t]+{_NUMBER})*)[ \t]*$",
    re.MULTILINE,
)
_PROGRESSION = re.compile(
    r"(?:\b(?:list|sorted|np\.unique|np\.array)\()?(?:\b(?:np|numpy|jnp|torch)\.)?\b(?P<kind>range|arange|linspace|logspace|geomspace)"
    r"\((?P<arguments>[-+\d.eE_,\t ]*(?:\bnum ?= ?\d+)?)\)(?P<whole>\.astype\((?:np\.)?int\d*\)|\.int\(\)|\.long\(\))?(?:\.tolist\(\))?\)?"
)
_BY_COLONS = re.compile(
    r"^(?P<name>\w*(?:step|epoch|iter)\w*[ \t]*=[ \t]*)[\[(]?(?P<first>\d+):(?:(?P<by>\d+):)?(?P<last>\d+)[\])]?(?=[ \t]*;?[ \t]*$)",
    re.MULTILINE | re.IGNORECASE,
)
_BY_SEQ = re.compile(r"\b(?P<name>)seq\((?P<first>\d+),[ \t]*(?P<last>\d+),[ \t]*(?:by[ \t]*=[ \t]*)?(?P<by>\d+)\)")
_MOST = 100_000  # values of a progression


def as_assigned(text: str) -> str:
    r"""Return a text in which lists that were printed or are computed are assigned, value by value; the rest as it is.

    >>> as_assigned("> val_acc\n[1] 0.1 0.2\n[3] 0.9\n"), as_assigned("steps = range(0, 300, 100)")
    ('val_acc = [0.1, 0.2, 0.9]\n', 'steps = [0, 100, 200]')
    >>> as_assigned("step = 0:50:100;"), as_assigned("steps =\n\n   100   200\n\n")
    ('step = [0, 50, 100];', 'steps = [100, 200]\n\n')
    """
    for mark, pattern, plain in _PRINTED:
        if mark.search(text):  # which is quick: logs are long
            text = pattern.sub(plain, text)
    return with_progressions(text)


def with_progressions(text: str) -> str:
    """Return a text in which a call that makes equal steps, on a scale of numbers or of their logarithms, is the list that it makes.

    >>> with_progressions("{'step': np.logspace(1, 3, 3)}")
    "{'step': [10, 100, 1000]}"
    """
    is_called = any(call in text for call in ("range(", "space("))  # which is looked for first, since logs are long
    return _PROGRESSION.sub(_progression, text) if is_called else text


def _printed_by_str(found: re.Match[str]) -> str:
    return f"{found['name']} = {_list(found['values'].split())}"


def _list(words: list[str]) -> str:
    return f"[{', '.join(words)}]"


def _printed_by_r(found: re.Match[str]) -> str:
    words = re.sub(r"(?m)^[ \t]*\[\d+\]", " ", found["rows"]).split()
    is_numbers = all(re.fullmatch(_NUMBER, word) for word in words)
    return f"{found['name']} = {_list(words)}\n" if is_numbers else found[0]


def _printed_by_matlab(found: re.Match[str]) -> str:
    """Return a row or a column as a list; a matrix stays as it is."""
    rows = [row.split() for row in found["rows"].splitlines()]
    is_one = len(rows) == 1 or all(len(row) == 1 for row in rows)
    return f"{found['name']} = {_list([word for row in rows for word in row])}\n" if is_one else found[0]


def _counted(found: re.Match[str]) -> str:
    values = range(int(found["first"]), int(found["last"]) + 1, int(found["by"] or 1) or 1)
    return found["name"] + _list([*map(str, values)]) if len(values) <= _MOST else found[0]


def _progression(found: re.Match[str]) -> str:
    """Return the values that a call makes; the call where its arguments are not plain."""
    try:
        given = [float(word.rpartition("=")[2]) for word in found["arguments"].split(",") if word.strip()]
        if found["kind"] in ("range", "arange"):
            values = np.arange(*given) if 0 < len(given) <= 3 and _length(given) <= _MOST else np.array([])
        elif len(given) == 3 and 0 < given[2] <= _MOST:
            values = getattr(np, found["kind"])(given[0], given[1], int(given[2]))
        else:
            return found[0]
    except (ValueError, ZeroDivisionError, OverflowError):
        return found[0]
    values = np.where(np.isclose(values, np.round(values), rtol=1e-12), np.round(values), values)
    values = np.unique(np.trunc(values)) if found["whole"] and "unique" in found[0] else values
    values = np.trunc(values) if found["whole"] else values
    return _list([f"{value:.15g}" for value in values]) if len(values) else found[0]


def _length(given: list[float]) -> float:
    first, last, by = (0.0, given[0], 1.0) if len(given) == 1 else (*given, 1.0)[:3]
    return abs((last - first) / by)


# What a text must hold for a kind of list, the list, and what is written in its place.
_PRINTED = (
    (re.compile(r"\[1\]"), _OF_R, _printed_by_r),
    (re.compile(r"=[ \t]*\n"), _OF_MATLAB, _printed_by_matlab),
    (re.compile(r": (?:num|int) "), _OF_STR, _printed_by_str),
    (re.compile(r"=[ \t]*[\[(]?\d+:\d"), _BY_COLONS, _counted),
    (re.compile(r"seq\("), _BY_SEQ, _counted),
)
