"""Cells of text that hold a number in another form: `98.5%`, `1,000`, `0,98`, `tensor(0.98, device='cuda:0')`."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from training_runs.metric_names import canonical_name, is_epoch

MISSING = (
    "",
    "-",
    "--",
    "---",
    "\u2013",
    "\u2014",
    "?",
    ".",
    "missing",
    "no log",
    "na",
    "n/a",
    "n.a.",
    "nan",
    "<na>",
    "#n/a",
    "#div/0!",  # what a spreadsheet writes where it could not compute
    "#value!",
    "#num!",
    "#ref!",
    "#name?",
    "none",
    "null",
    "nil",
)

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?nan|[-+]?inf"
# What arrays of one number look like when they are printed: torch, TensorFlow, JAX, NumPy, Decimal, lists, and Rust's options.
_WRAPPED = re.compile(
    rf"(?:\b(?:torch\.|tf\.|np\.|numpy\.|jnp\.)?(?:[Tt]ensor|Parameter|(?:Device)?[Aa]rray|Decimal|Some|[Ff]loat\d*|[Ii]nt\d*)\s*)"
    rf"\(\s*[\[(']*\s*(?P<number>{_NUMBER})\s*,?\s*[\])']*(?:,\s*[a-z_]+=[^()\n]*(?:\([^()\n]*\))?[^()\n]*)?\)"
    rf"|<tf\.Tensor:[^<>\n]*?numpy=(?P<of_tensorflow>{_NUMBER})>",
)
_IN_BRACKETS = re.compile(r"^[\[(]\s*(?P<number>[^\[\](),]+?)\s*,?\s*[\])]$")
_PLAIN = re.compile(r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$")
_SPACED = re.compile(r"^[-+]?\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019_]\d{3})+(?:[.,]\d+)?$")
_THOUSANDS = re.compile(r"^[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
_THOUSANDS_BY_POINT = re.compile(r"^[-+]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$")
_BY_COMMA = re.compile(r"^[-+]?\d*,\d+(?:[eE][-+]?\d+)?$")
_INFINITE = re.compile(r"^([-+]?)(?:inf|infinity|\u221e)$", re.IGNORECASE)
_SPREAD = re.compile(r"^(?P<mean>[^\u00b1]+?)\s*(?:\u00b1|\+/-|\+-)\s*[\d.,eE-]+\s*(?P<percent>%?)$")
# A spread, an interval, a mean or a best in brackets: `0.98 (0.01)`, `0.98 [0.97, 0.99]`, `97/113 (86%)`.
_BRACKETED = re.compile(
    r"^(?P<first>[^()\[\]]*\d[^()\[\]]*?)\s*(?:\([^()\[\]]*\d[^()\[\]]*\)|\[[^()\[\]]*\d[^()\[\]]*\])$"
)
_OF_ALL = re.compile(r"^(?P<part>\d+)\s*(?:/|\b(?:out\s+)?of\b)\s*(?P<all>[1-9]\d*)$")
_ABOUT = re.compile(r"^[~\u2248]\s*(?=[-+.\d])")
_MARKED = re.compile(r"(?<=[\d%])\s?[*\u2020\u2021\u00a7]{1,3}$")  # of a footnote: `0.012*`
_EMPHASISED = re.compile(r"^(\*{1,3}|_{1,3}|`)([^*_`]+)\1$")  # `**0.99**`
_FORMULA = re.compile(r'^="([^"]*)"$')  # a text as Excel keeps it: `="500"`
_PERCENT_WORD = re.compile(r"\s*(?:percent|pct\.?)$", re.IGNORECASE)
_SCALED = re.compile(r"^(?P<number>\d+(?:\.\d+)?)\s*(?P<scale>[kKM])$")
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6}
_IN_PERCENT = re.compile(r"%|percent|pct", re.IGNORECASE)
_LONGEST = 500  # characters of a cell: what is longer holds no number, and patterns would take its length squared


# `2.5 x 10^-1`, `2.5\u00b710\u207b\u00b9`, `2.5*10**-1`, Fortran's `2.5D-01`
_POWER = re.compile(
    r"(?<=\d)\s?[x\u00d7*\u00b7\u22c5]\s?10(?:(?:\^\{?|\*\*)(?P<power>[-+\u2212]?\d{1,3})\}?|(?P<raised>[\u207a\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+))"
)
_FORTRAN = re.compile(r"(?<=\d)D(?=[+-]\d\d)")
_JULIA = re.compile(r"(?<![\w.])(\d+\.\d*)f([-+]?\d{1,2})(?![\w.])")  # `2.5f-3`
_LIKE_JULIA = re.compile(r"\.\d*f[-+\d]")  # found, or not, in a fifteenth of the time
_POWER_ALONE = re.compile(r"(?<![\w.^)*])(10|2)(?:\^\{?|\*\*)(\d{1,2})\}?(?![\w.^]|\s?[-+*/])")  # `step 10^4`
_LOWERED = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u2212", "0123456789+--"
)


def unwrapped(text: str) -> str:
    """Return a text in which arrays of one number are that number, and powers of ten are `1e-3`.

    >>> unwrapped("step 1, tensor(0.98, device='cuda:0', grad_fn=<NllLossBackward0>), np.float64(3e-4), array([2.], dtype=float32)")
    'step 1, 0.98, 3e-4, 2.'
    >>> unwrapped("2.5 x 10^-1, 2.5\u00b710\u207b\u00b9, 2.5D-01, 2.5f-1, 32 x 100")
    '2.5e-1, 2.5e-1, 2.5e-01, 2.5e-1, 32 x 100'
    """
    text = _FORTRAN.sub(
        "e", _POWER.sub(lambda found: "e" + (found["power"] or found["raised"]).translate(_LOWERED), text)
    )
    if "^" in text or "**" in text:
        text = _POWER_ALONE.sub(lambda found: str(int(found[1]) ** int(found[2])), text)
    if _LIKE_JULIA.search(text):
        text = _JULIA.sub(r"\1e\2", text)
    if "(" not in text and "<tf." not in text:
        return text
    return _WRAPPED.sub(lambda found: found["number"] or found["of_tensorflow"], text)


def read_cells(table: pd.DataFrame, percent: bool = False) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose cells of text are numbers where they hold one, and notes on what was not plain.

    A column in which less than half of the cells can be read is one of words, and stays. Whether a comma divides thousands or
    decimals is decided for the whole table. Shares written with `%` are divided by 100, unless the column's name or the
    caller (`percent`) says that it is in percent: then that is done for the column.
    """
    texts = {c: table.iloc[:, c] for c in range(table.shape[1]) if _is_text(table.iloc[:, c])}
    if not texts:
        return table, ()
    cells = {c: _distinct(column) for c, column in texts.items()}
    has_points = any(_has_fractions(table.iloc[:, c]) for c in range(table.shape[1]) if c not in texts)
    comma = _meaning_of_comma((cell for each in cells.values() for cell in each), has_points)
    read = table.copy()
    notes: dict[str, None] = {}
    for position, distinct in cells.items():
        in_percent = percent or bool(_IN_PERCENT.search(str(table.columns[position])))
        counting = canonical_name(str(table.columns[position])) == "step" or is_epoch(str(table.columns[position]))
        numbers = {cell: _number(cell, comma, in_percent, counting) for cell in distinct}
        if sum(number is None for number in numbers.values()) > len(numbers) / 2:
            continue
        unusual = {cell: n for cell, n in numbers.items() if n is not None and not _is_plainly(cell, n)}
        values = texts[position].astype(object)
        is_unusual = np.array([isinstance(v, str) and v in unusual for v in values], dtype=bool)
        values[is_unusual] = [unusual[v] for v in values[is_unusual]]
        read.isetitem(position, values.infer_objects().array)
        notes |= dict.fromkeys(_notes(str(table.columns[position]), unusual, comma, in_percent))
    return read, tuple(notes)


def _is_plainly(cell: str, number: float) -> bool:
    return bool(_PLAIN.match(cell)) and float(cell) == number


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype))


def _distinct(column: pd.Series) -> list[str]:
    return list(dict.fromkeys(value for value in column if isinstance(value, str)))


def _has_fractions(column: pd.Series) -> bool:
    """Return True for numbers that were read by a decimal point."""
    return pd.api.types.is_float_dtype(column.dtype) and bool((column.dropna() % 1 != 0).any())


def _meaning_of_comma(cells: Iterable[str], has_points: bool) -> str:
    """Return `decimal` where cells of a table prove it and none has a decimal point, else `thousands`."""
    by_comma, by_point = False, has_points
    for cell in cells:
        text = cell.strip().rstrip("% ")
        if "," in text:
            is_decimal = _BY_COMMA.match(text) and not _THOUSANDS.match(text)
            by_comma |= bool(is_decimal or (_THOUSANDS_BY_POINT.match(text) and text.count(",") == 1))
            by_point |= bool(_THOUSANDS.match(text) and (text.count(",") > 1 or "." in text))
        else:
            by_point |= bool("." in text and _PLAIN.match(text) and not _THOUSANDS_BY_POINT.match(text))
    return "decimal" if by_comma and not by_point else "thousands"


def _number(cell: str, comma: str, in_percent: bool, counting: bool) -> float | None:
    """Return the number in a cell; NaN where it stands for a missing value, None where it holds neither."""
    if len(cell) > _LONGEST:
        return None
    text = unwrapped(_FORMULA.sub(r"\1", cell.strip()).strip("\"'\u00a0 "))
    if text.lower() in MISSING:
        return np.nan
    if bracketed := _IN_BRACKETS.match(text):
        text = bracketed["number"]
    if first := _BRACKETED.match(text):
        text = first["first"]
    text = _PERCENT_WORD.sub("%", _ABOUT.sub("", _MARKED.sub("", _EMPHASISED.sub(r"\2", text))))
    if infinite := _INFINITE.match(text):
        return float(f"{infinite[1]}inf")
    if (of_all := _OF_ALL.match(text)) and (counting or int(of_all["part"]) <= int(of_all["all"])):
        return float(of_all["part"]) if counting else float(of_all["part"]) / float(of_all["all"])
    if counting and (scaled := _SCALED.match(text)):
        return float(scaled["number"]) * _SCALES[scaled["scale"]]
    if spread := _SPREAD.match(text):
        text = spread["mean"] + spread["percent"]
    is_share = text.endswith("%")
    number = _plain(text.rstrip("%").strip().replace("\u2212", "-"), comma)
    if number is None:
        return None
    return number / 100 if is_share and not in_percent else number


def _plain(text: str, comma: str) -> float | None:
    if _SPACED.match(text):
        text = re.sub(r"[ \u00a0\u2009\u202f'\u2019_]", "", text)
    if comma == "decimal" and _THOUSANDS_BY_POINT.match(text):
        text = text.replace(".", "").replace(",", ".")
    elif comma == "decimal" and _BY_COMMA.match(text):
        text = text.replace(",", ".")
    elif comma == "thousands" and _THOUSANDS.match(text):
        text = text.replace(",", "")
    return float(text) if _PLAIN.match(text) else None


def _notes(column: str, unusual: dict[str, float], comma: str, in_percent: bool) -> list[str]:
    notes = []
    if any("," in cell and not cell.strip().endswith((")", "]", ">")) for cell in unusual):
        notes.append(f"commas are read as {'decimal points' if comma == 'decimal' else 'separators of thousands'}")
    if other := next((cell for cell in unusual if _OF_ALL.match(cell.strip()) or _SCALED.match(cell.strip())), None):
        notes.append(f"{column} has cells such as {other}, read as {unusual[other]:g}")
    if any(_SPREAD.match(cell.strip()) for cell in unusual):
        notes.append(f"{column}: what follows +- is left out")
    if bracketed := next((cell for cell in unusual if _BRACKETED.match(cell.strip())), None):
        notes.append(f"{column} has cells such as {bracketed}: what stands in brackets is left out")
    if marked := next((cell for cell in unusual if _MARKED.search(cell)), None):
        notes.append(f"{column} has cells such as {marked}: marks of footnotes are left out")
    if not in_percent and any("%" in _BRACKETED.sub(r"\g<first>", cell) for cell in unusual):
        notes.append(f"{column} has cells in percent: divided by 100")
    return notes


_OF_MANY = re.compile(r"\b(?:torch\.|np\.|numpy\.|jnp\.)?(?:tensor|array|Array)\(\s*(?P<list>\[[^()\[\]]*\])[^()]*\)")


def with_lists(text: str) -> str:
    """Return a text in which arrays are lists: `[0.5, 0.75]` of `tensor([0.5, 0.75], device='cpu')`."""
    return _OF_MANY.sub(r"\g<list>", text)
