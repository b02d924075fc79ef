"""A last line whose last number was cut off: `val acc 0.` below `val acc 0.330`."""

import re
from collections.abc import Sequence

_LAST_NUMBER = re.compile(r"(?<![\w.])\d+\.(?P<decimals>\d*)$")
_FEWEST = 3  # lines that show how many decimals a program writes, one of them with a zero at its end
_LOOKED_AT = 100  # lines before the last


def ends_in_cut_number(lines: Sequence[str]) -> bool:
    """Return True if the last of lines, which has no end, ends in a number with fewer decimals than all before it have.

    >>> ends_in_cut_number(["a 0.110", "a 0.330", "a 0.970", "a 0.9"]), ends_in_cut_number(["a 0.11", "a 0.3", "a 0.9"])
    (True, False)
    """
    *before, last = [line.strip() for line in lines[-_LOOKED_AT:]] or [""]
    cut = _LAST_NUMBER.search(last)
    decimals = [found["decimals"] for line in before if (found := _LAST_NUMBER.search(line))]
    others = [*map(len, decimals)]
    if cut is None or not others:
        return False
    is_fixed = len(others) >= _FEWEST and len(set(others)) == 1 and any(each[1:].endswith("0") for each in decimals)
    return len(cut["decimals"]) < (others[0] if is_fixed else min(1, *others))
