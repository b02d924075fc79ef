"""Text with a line a row: its header, what divides its columns, and lines that are no rows."""

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.metric_names import canonical_name
from training_runs.readers.cells import MISSING, unwrapped
from training_runs.readers.cut_numbers import ends_in_cut_number
from training_runs.readers.header_rows import joined_names
from training_runs.readers.printed_tables import as_one_table, with_named_index
from training_runs.readers.step_lists import counts
from training_runs.readers.thousands import have_grouped_thousands

_PREAMBLE = 50  # lines before the header, at most
_HEADER_ROWS = 3  # at most
_BLANKS = " "  # any run of them divides
_WIDE_BLANKS = "  "  # two or more divide, one is part of a name
_SEPARATORS = (",", ";", "\t", "|", _WIDE_BLANKS, _BLANKS)
_BARS = dict.fromkeys(map(ord, "\u2502\u2503\u2506\u2551"), "|")  # of tables that are drawn
# Between the header and the rows of a printed table: a line, or the types of its columns (R, Julia, polars).
_RULE = re.compile(
    r"^(?:[\s|:+=\-_\u2500-\u257f]*|[\s|]*(?:(?:<(?:dbl|int|num|chr|fct|lgl|time|date)>|(?:Int|Float|UInt)\d+\??|String\d*|[iuf]\d\d|str)[\s|]*)+)$"
)
_CLOCK = re.compile(r"^\d+:\d\d(?::\d\d)?$")
_SHAPE_OF_NUMBER = re.compile(r"^[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?(?:%|[kKM])?$")
_ASSIGNED = re.compile(r"[=:\uff1a][-+]?[\d.]")  # `train_loss=0.3`
_POINTED_CELL = re.compile(r"(?<![\d.])\d{1,3}\.\d{3}(?!\d)")
_DECIMAL_COMMA = re.compile(r"\d,\d")
# `Format: step | loss (train/val)`
_ANNOUNCED = re.compile(r"^\W*(?:format|columns|fields|header)\s*:\s*(?=step\b|epoch\b|iter)", re.IGNORECASE)
_SEPARATOR_LINE = re.compile(r"^\"?sep=(.)\"?$", re.IGNORECASE)  # Excel's, before the header


@dataclass(frozen=True)
class Header:
    """The line that names the columns: where it stands among the lines, what divides them, and the names."""

    line: int
    separator: str
    names: tuple[str, ...]


def read_delimited(text: str, path: str, names: Sequence[str] = ()) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table of a text that is divided by commas, semicolons, tabs, bars or blanks, and notes on it.

    Lines that begin with # are comments. A header that is repeated, as a logger that appends writes it at each restart, divides
    the text into parts that are joined. `names` are those of the columns, for a text without a header.

    Raises
    ------
    InvalidInput : no header and no `names`, or as many names as there are no columns.
    ValueError : what pandas says of lines that cannot be divided.
    """
    lines, notes = _lines_of_table(unwrapped(text.translate(_BARS)))
    lines, of_end = _without_cut_end(lines, text)
    notes += of_end
    lines, of_header = with_one_header(lines)
    notes += of_header
    header = header_of(lines)
    if header is None or names:
        return _without_header(lines, header, path, names, notes)
    before = [line for line in lines[: header.line] if line.strip() and not _SEPARATOR_LINE.match(line.strip())]
    if before:
        notes = (*notes, f"{len(before)} lines before the header are left out")
    lines, of_table = _of_one_table(lines[header.line :], header)
    notes += of_table
    lines, of_thousands = _without_points_in_steps(lines, header)
    notes += of_thousands
    parts = _parts(lines, header)
    if len(parts) > 1:
        notes = (*notes, f"the header is repeated {len(parts) - 1} times: what follows each is joined")
    tables = [_table(part, header.separator) for part in parts]
    table = pd.concat([table for table, _ in tables], ignore_index=True) if len(tables) > 1 else tables[0][0]
    notes += tuple(dict.fromkeys(note for _, of_part in tables for note in of_part))
    return table, notes


def header_of(lines: Sequence[str]) -> Header | None:
    """Return the first of the lines that names columns among which there is a step or an epoch, else the first of all.

    None where the first line is one of numbers: there is no header.
    """
    at = [k for k, line in enumerate(lines[: 4 * _PREAMBLE]) if line.strip()][:_PREAMBLE]
    for before, k in zip([None, *at], at, strict=False):
        header = _header(lines, k)
        if header:
            return header
        if _is_numbers(lines[k]):
            if (below := _header_below(lines, k)) is not None:
                return below
            return None if before is None else Header(before, *_best_division(lines, before))
    return Header(at[0], *_best_division(lines, at[0])) if at else None


def _header_below(lines: Sequence[str], first: int) -> Header | None:
    """Return the header of a table that follows a blank line and another table, such as one of settings."""
    after_gaps = (k for k in range(first + 1, min(len(lines), 4 * _PREAMBLE)) if not lines[k - 1].strip())
    return next((header for k in after_gaps if lines[k].strip() and (header := _header(lines, k))), None)


def with_one_header(lines: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return lines with one header for one of several rows above numbers, `train` above `loss` or units below the names, and a note."""
    first = next((k for k, line in enumerate(lines[: 2 * _PREAMBLE]) if line.strip() and _is_numbers(line)), 0)
    separator = _division_of_numbers(lines[first]) if first else _BLANKS
    n_cells = len(_split(lines[first], separator)) if first else 0
    rows: list[list[str]] = []
    above = [k for k in range(max(first - 2 * _HEADER_ROWS, 0), first) if not _is_rule(lines[k])]
    for k in reversed(above[-_HEADER_ROWS:]):
        line = lines[k]
        cells = _split(line, separator)
        if separator == _BLANKS or len(cells) != n_cells or any(_SHAPE_OF_NUMBER.match(cell) for cell in cells):
            break
        rows.insert(0, cells)
    names = joined_names(rows)
    if names is None:
        return lines, ()
    header = separator.join(names) + "\n"
    return [*lines[: above[-len(rows)]], header, *lines[first:]], (
        f"the {len(rows)} rows of the header are joined: {', '.join(names)[:100]}",
    )


def is_table(text: str) -> bool:
    """Return True if a text has a header with a step, or is numbers alone, in two columns or more."""
    lines, _ = _lines_of_table(text[:100_000].translate(_BARS))
    lines, _ = with_one_header(lines)
    header = header_of(lines)
    if header is None:
        return any(line.strip() for line in lines)
    has_steps = any(counts(name) for name in header.names) and not _is_of_a_log(header.names, header.separator)
    return has_steps and len(header.names) > 1 and not any(_SHAPE_OF_NUMBER.match(name) for name in header.names)


def _without_header(
    lines: list[str], header: Header | None, path: str, names: Sequence[str], notes: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose columns the caller names; a header that is there is replaced."""
    if not any(line.strip() for line in lines):
        raise ValueError("it is empty")
    if header and len(header.names) != len(names):  # a sentence above rows of numbers
        at = next((k for k, line in enumerate(lines) if line.strip() and _is_numbers(line)), None)
        if at is not None and len(_split(lines[at], _division_of_numbers(lines[at]))) == len(names):
            notes, header, lines = (*notes, f"{at} lines before the numbers are left out"), None, lines[at:]
    first = header.line if header else next(k for k, line in enumerate(lines) if line.strip())
    separator = header.separator if header else _division_of_numbers(lines[first])
    found = len(_split(lines[first], separator))
    if not names:
        raise InvalidInput(
            field=path,
            value=f"a first line of numbers: {lines[first].strip()[:60]}",
            expected="a header that names the columns",
            hint="a row a metric? begin the first line with step"
            if any(canonical_name(_split(line, separator)[0]) for line in lines[first + 1 :] if line.strip())
            else f"no header: give the {found} names with --columns, such as --columns step,train_acc,val_acc",
        )
    if found != len(names):
        raise InvalidInput(
            field="--columns",
            value=",".join(names),
            expected=f"a name for each of the {found} columns of {path}",
            hint=f"its first line is {lines[first].strip()[:60]}",
        )
    rows = lines[first + 1 :] if header else lines[first:]
    if header:
        notes = (*notes, f"the header {lines[first].strip()[:60]} is replaced by --columns")
    named = ("  " if separator == _BLANKS else separator).join(names)
    table, more = _table([f"{named}\n", *rows], separator)
    return table, (*notes, *more)


def _header(lines: Sequence[str], k: int) -> Header | None:
    """Return a line as the header that it is, if one of its names counts steps or epochs and none is a number."""
    for separator in _SEPARATORS:
        names = _split(lines[k], separator)
        at = next((column for column, name in enumerate(names) if counts(name)), None)
        if at is None or any(_SHAPE_OF_NUMBER.match(name) for name in names):
            continue
        if _is_of_a_log(names, separator):
            continue
        if (len(names) > 1 or separator == ",") and _rows_count_on(lines[k : k + 5], separator, at, len(names)):
            return Header(k, separator, tuple(names))
    return None


def _is_rule(line: str) -> bool:
    return bool(line.strip()) and _RULE.match(line) is not None


def _is_of_a_log(names: Sequence[str], separator: str) -> bool:
    """Return True for words between blanks of which one holds a value, `train_loss=0.3`, or has one behind it, `Epoch 3:`."""
    is_assigned = any(_ASSIGNED.search(name) or name.endswith((":", "=")) for name in names)
    return separator in (_BLANKS, _WIDE_BLANKS) and is_assigned


def _rows_count_on(lines: Sequence[str], separator: str, at: int, n_names: int) -> bool:
    """Return False if the first row below a header holds something else than a number where the header counts steps.

    Where blanks divide, any sentence would be a header: a row with as many cells must follow, or with one more for an index.
    """
    header, *others = lines
    row = next((line for line in others if line.strip() not in ("", header.strip()) and not _RULE.match(line)), None)
    if row is None:
        return separator not in (_BLANKS, _WIDE_BLANKS)
    cells = _split(row, separator)
    if separator in (_BLANKS, _WIDE_BLANKS) and len(cells) not in (n_names, n_names + 1):
        return False
    return not cells[at:] or any(_SHAPE_OF_NUMBER.match(c) or c.lower() in MISSING for c in cells[at : at + 2])


def _best_division(lines: Sequence[str], first: int) -> tuple[str, tuple[str, ...]]:
    """Return what divides a header without a step, by the line that follows it, and its names."""
    rest = next((line for line in lines[first + 1 :] if line.strip()), "")
    for separator in _SEPARATORS:
        names = _split(lines[first], separator)
        if len(names) > 1 and len(_split(rest, separator)) == len(names):
            return separator, tuple(names)
    return ",", tuple(_split(lines[first], ","))


def _is_numbers(line: str) -> bool:
    cells = _split(line, _division_of_numbers(line))
    is_known = all(_SHAPE_OF_NUMBER.match(c) or _CLOCK.match(c) or c.lower() in MISSING for c in cells)
    return len(cells) > 1 and is_known and any(map(_SHAPE_OF_NUMBER.match, cells))


def _division_of_numbers(line: str) -> str:
    return next((s for s in (";", "\t", "|", ",") if s in line.strip().strip("|")), _BLANKS)


def _split(line: str, separator: str) -> list[str]:
    """Return the cells of a line, as far as no quotes hold a separator."""
    if separator == _BLANKS:
        return line.replace("|", " ").split()
    if separator == _WIDE_BLANKS:
        return [cell for cell in re.split(r"\s{2,}", line.replace("|", " ").strip()) if cell]
    if separator == "|":
        line = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().strip('"').strip() for cell in line.rstrip("\r\n").split(separator)]


def _lines_of_table(text: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of a table as it was before it was printed, its header without what announces it, and notes."""
    lines, notes = as_one_table(with_named_index(_without_comments(text)))
    return [*(_ANNOUNCED.sub("", line) for line in lines[:_PREAMBLE]), *lines[_PREAMBLE:]], notes


def _without_comments(text: str) -> list[str]:
    """Return the lines that do not begin with #; elsewhere it is text, and so it is in a cell of several lines.

    A line `# step train_acc` above numbers is a header, as numpy.savetxt writes one, and gnuplot above each of several blocks.
    """
    kept: list[str] = []
    comment = ""  # the newest since the last row
    is_in_quotes = False
    for line in io.StringIO(text, newline=None):
        if line.startswith("#") and not is_in_quotes:
            comment = line.lstrip("#").lstrip()
            continue
        if comment and line.strip():
            kept += [comment] if _is_numbers(line) and _header([comment, line], 0) else []
            comment = ""
        kept.append(line)
        is_in_quotes ^= line.count('"') % 2 == 1
    return kept


def _without_cut_end(lines: list[str], text: str) -> tuple[list[str], tuple[str, ...]]:
    """Leave out a last line that was cut off: without its end, with fewer cells than any line before it, or less of a number."""
    if len(lines) < 3 or text.endswith(("\n", "\r")):
        return lines, ()
    *before, last = lines
    header = header_of(before)
    separator = header.separator if header else _division_of_numbers(last)
    others = [line for line in before[(header.line + 1 if header else 0) :] if line.strip()]
    is_open = last.count('"') % 2 == 1 and sum(line.count('"') for line in before) % 2 == 0
    cells = len(_split(last, separator))
    is_shorter = bool(others) and all(len(_split(line, separator)) > cells for line in others)
    if is_open or is_shorter or ends_in_cut_number(lines):
        return before, (f"the last line is cut off and left out: {last.strip()[:40]}",)
    return lines, ()


def _of_one_table(lines: list[str], header: Header) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of a table of bars without the text between and below them, and without a next table; and a note."""
    if header.separator != "|":
        return lines, ()
    kept: list[str] = []
    is_apart = False
    for line in lines:
        is_row = "|" in line
        if is_row and is_apart and len(_split(line, "|")) != len(header.names):
            break
        is_apart = not is_row
        kept += [line] if is_row else []
    left = sum(bool(line.strip()) and not _RULE.match(line) for line in lines) - sum(
        not _RULE.match(line) for line in kept
    )
    return kept, (f"{left} lines beside the table are left out",) if left else ()


def _without_points_in_steps(lines: list[str], header: Header) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of a table whose steps have no points between their thousands, and a note; others as they are."""
    at = next((k for k, name in enumerate(header.names) if canonical_name(name) == "step"), None)
    if at is None or header.separator == _BLANKS or not any(map(_POINTED_CELL.search, lines[:_PREAMBLE])):
        return lines, ()
    rows = [_split(line, header.separator) for line in lines]
    is_row = [len(row) > at and row[at][:1].isdigit() for row in rows]
    steps = [row[at] for row, is_one in zip(rows, is_row, strict=True) if is_one]
    rest = "\n".join(cell for row in rows for k, cell in enumerate(row) if k != at)
    if not have_grouped_thousands(steps, rest):
        return lines, ()
    plain = [
        re.sub(rf"(?<![\d.]){re.escape(row[at])}(?![\d.])", row[at].replace(".", ""), line, count=1) if is_one else line
        for line, row, is_one in zip(lines, rows, is_row, strict=True)
    ]
    return plain, ("points in steps are read as separators of thousands",)


def _parts(lines: list[str], header: Header) -> list[list[str]]:
    """Return the lines from each header to the next; without the rules of a printed table."""
    parts: list[list[str]] = [[]]
    first = lines[0].strip()
    for k, line in enumerate(lines):
        if k and not line.strip():
            continue
        if k and (line.strip() == first or _is_another_header(line, header)):
            parts.append([])
        elif k and header.separator in ("|", _WIDE_BLANKS, _BLANKS) and _is_rule(line):
            continue
        parts[-1].append(line)
    return [part for part in parts if len(part) > 1] or [parts[0]]


def _is_another_header(line: str, header: Header) -> bool:
    """Return True if a line names columns anew, as a logger does that measures more after a restart."""
    if line.lstrip()[:1].isdigit():
        return False
    names = _split(line, header.separator)
    is_of_steps = names[0] == header.names[0] or counts(names[0])
    return len(names) > 1 and is_of_steps and not any(_SHAPE_OF_NUMBER.match(n) for n in names)


def _table(lines: list[str], separator: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table of a header and its rows."""
    _refuse_commas_in_numbers(lines, separator)
    notes: tuple[str, ...] = ()
    if separator in ("|", _WIDE_BLANKS, _BLANKS):
        rows = [_split(line, separator) for line in lines]
        whole = _with_index(rows, lines[0])
        below = len(rows) - len(whole)
        notes = (f"{below} lines below the table are left out",) if below else ()
        lines = [_joined(row) for row in whole]
        separator = "\t"
    rows_text = "".join(lines)
    as_text = separator != "," and _DECIMAL_COMMA.search(rows_text) is not None
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # Without an index: a row with one value too many must not shift the others.
            table = pd.read_csv(
                io.StringIO(rows_text),
                sep=separator,
                index_col=False,
                skipinitialspace=True,
                dtype=str if as_text else None,
                low_memory=False,
            )
    except pd.errors.ParserError:
        raise _uneven(lines, separator) from None
    table.columns = [str(c).strip() for c in table.columns]
    if any(issubclass(w.category, pd.errors.ParserWarning) for w in caught):
        return table, (*notes, "rows have more values than there are columns: what is beyond is left out")
    return table, notes


def _joined(row: list[str]) -> str:
    return "\t".join(cell.replace('"', "") for cell in row) + "\n"


def _with_index(rows: list[list[str]], header: str) -> list[list[str]]:
    """Name the first column of a table as pandas prints it, whose rows begin with an index that the header does not name; without the words below it."""
    names, *others = rows
    last = max((k for k, row in enumerate(others) if _is_like(row, others[0])), default=-1)
    body = others[: last + 1]
    is_longer = bool(body) and all(_is_like(row, body[0]) and len(row) == len(names) + 1 for row in body)
    return [["index", *names], *body] if is_longer and (header.startswith(" ") or _are_counted(body, names)) else rows


def _is_like(row: list[str], other: list[str]) -> bool:
    """Return True for rows of as many cells that begin alike, with a number or with a word."""
    begin = [bool(each) and _SHAPE_OF_NUMBER.match(each[0]) is not None for each in (row, other)]
    return len(row) == len(other) and begin[0] == begin[1]


def _are_counted(rows: list[list[str]], names: list[str]) -> bool:
    """Return True for rows 0, 1, 2 ... of a table of steps, whose header lost the blank before its first name."""
    first, second = ([row[k] for row in rows] for k in (0, 1))
    is_index = first == [str(k) for k in range(len(rows))] and len(rows) > 1
    return is_index and counts(names[0]) and all(map(str.isdecimal, second)) and sorted(second, key=int) == second


def _refuse_commas_in_numbers(lines: list[str], separator: str) -> None:
    """Refuse decimal commas in a file that is divided by commas: `100,0,98` is two numbers or three.

    Raises
    ------
    InvalidInput : each row has about twice as many cells as the header has names, and all are digits alone.
    """
    if separator != "," or len(lines) < 2:
        return
    n_names = len(_split(lines[0], ","))
    rows = [_split(line, ",") for line in lines[1:200]]
    are_twice = n_names > 1 and all(len(row) in (2 * n_names - 1, 2 * n_names) for row in rows)
    if are_twice and all(re.fullmatch(r"-?\d+", cell) for row in rows for cell in row):
        raise InvalidInput(
            field="row 1",
            value=lines[1].strip()[:60],
            expected=f"{n_names} cells, as the header names",
            hint="decimal commas between commas? write decimal points, or divide the columns by semicolons",
        )


def _uneven(lines: list[str], separator: str) -> ValueError:
    """Return what is wrong with lines that cannot be divided into the columns that the header names."""
    n_names = len(_split(lines[0], separator))
    rows = enumerate(lines[1:], 1)
    row = next(((k, n) for k, line in rows if (n := len(_split(line, separator))) > n_names), None)
    if row is None:
        return ValueError("quotes that are not closed")
    return ValueError(f"row {row[0]} has {row[1]} cells, the header names {n_names}: {lines[row[0]].strip()[:60]}")
