"""Tables as pandas prints them: folded where they are wide, rows left out where they are long."""

import re
from collections.abc import Sequence
from itertools import groupby

_LEFT_OUT = re.compile(r"^\s*(?:\.{2,}|\u2026)(?:\s+(?:\.{2,}|\u2026))*\s*$")
_SIZE = re.compile(r"^\[\d+ rows x \d+ columns\]\s*$|^>>>")  # or a prompt
_HEADERS = 50  # lines in which a header is looked for
_FOLD = "\\"  # at the end of a header that goes on below


_NAME_OF_INDEX = re.compile(r"^(?P<name>[^\W\d]\w*)\s*$")


def with_named_index(lines: Sequence[str]) -> list[str]:
    """Return lines in which the name of an index, which pandas prints below the names of the columns, is the first of them.

    >>> with_named_index(["      val_acc", "step         ", "100   0.5"])
    ['step      val_acc', '100   0.5']
    """
    for k, (names, name, row) in enumerate(zip(lines, lines[1:], lines[2:], strict=False)):
        found = _NAME_OF_INDEX.match(name)
        if found and names.startswith("  ") and len(row.split()) == len(names.split()) + 1:
            return [*lines[:k], found["name"] + names, *lines[k + 2 :]]
        if k == _HEADERS:
            break
    return [*lines]


def as_one_table(lines: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of a printed table unfolded, without the row of dots that stands for others, and notes.

    >>> as_one_table(["   step  \\\\", "0   100   ", "1   200   ", "", "   val_acc  ", "0   0.5  ", "1   0.6  "])[0]
    ['   step     val_acc', '0   100  0.5', '1   200  0.6']
    """
    kept = [line for line in lines if not _LEFT_OUT.match(line) and not _SIZE.match(line)]
    notes = () if not any(map(_LEFT_OUT.match, lines)) else ("rows that were not printed, `...`, are missing",)
    first = next((k for k, line in enumerate(kept) if line.rstrip().endswith(_FOLD)), None)
    if first is None:
        return kept, notes
    blocks = [[*block] for is_blank, block in groupby(kept[first:], key=lambda line: not line.strip()) if not is_blank]
    last = next((k for k, block in enumerate(blocks) if not block[0].rstrip().endswith(_FOLD)), 0)
    parts = blocks[: last + 1]
    if len(parts) < 2 or len({len(part) for part in parts}) > 1:
        return kept, notes
    header = "  ".join(part[0].rstrip().removesuffix(_FOLD).rstrip() for part in parts)
    rows = [
        "  ".join([row[0].rstrip(), *(re.sub(r"^\s*\S+\s+", "", cells).rstrip() for cells in row[1:])])
        for row in zip(*(part[1:] for part in parts), strict=True)
    ]
    ends = "\n" if lines[0].endswith("\n") else ""
    return [*kept[:first], *(line + ends for line in [header, *rows])], (
        *notes,
        f"a table of {len(parts)} parts is unfolded",
    )
