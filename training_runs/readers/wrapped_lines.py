"""Lines that a terminal wrapped at its width: `val_acc 0.1` and `25` below it are one."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

_NARROWEST = 38  # characters; what is shorter is a line of its own
_LOOKED_AT = 200  # lines whose names are compared


def with_whole_lines(lines: Sequence[str], names_of: Callable[[str], set[str]]) -> tuple[list[str], tuple[str, ...]]:
    """Return lines with what a terminal wrapped joined again, and a note; others as they are.

    It wrapped them where several lines have the greatest length, what follows them begins unlike any other line, and joined
    lines name all that single ones name: more of it, or the same where words or numbers were cut.

    Parameters
    ----------
    names_of : the metrics that a line names.
    """
    width = max(map(len, lines), default=0)
    goes_on = [False, *(len(line) == width for line in lines[:-1])]
    if width < _NARROWEST or sum(goes_on) < 3:
        return [*lines], ()
    begins: tuple[set[str], set[str]] = (set(), set())
    for line, follows in zip(lines, goes_on, strict=True):
        begins[follows].add(_beginning(line))
    if begins[0] & begins[1]:
        return [*lines], ()
    is_cut = any(
        follows and a[-1:].strip() and b[:1].strip()
        for (a, b), follows in zip(pairwise(lines), goes_on[1:], strict=True)
    )
    single = set[str]().union(*map(names_of, lines[:_LOOKED_AT]))
    for glue in ("", " "):
        joined = _joined(lines, goes_on, glue)
        named = [names for line in joined[:_LOOKED_AT] if (names := names_of(line))]
        is_alike = bool(named) and all(names == named[0] for names in named[:-1])
        if is_alike and (named[0] > single or (is_cut and named[0] == single)):
            return joined, (f"lines are wrapped at {width} characters: they are joined",)
    return [*lines], ()


def _joined(lines: Sequence[str], goes_on: Sequence[bool], glue: str) -> list[str]:
    joined: list[str] = []
    for line, follows in zip(lines, goes_on, strict=True):
        if follows:
            joined[-1] += glue + line
        else:
            joined.append(line)
    return joined


def _beginning(line: str) -> str:
    """Return how a line begins: its first word, whatever its digits are."""
    return re.sub(r"\d+", "0", (line.split() or [""])[0])
