"""Numbers, flags and pairs that people write as text."""

import ast
import re
from typing import Any

_MISSING = {"", "none", "null", "nan", "n/a", "na", "-", "?", "unknown", "undefined", "auto", "default"} | {
    "tbd",
    "unset",
    "not set",
    "unspecified",
    "not specified",
}
_YES, _NO = {"true", "yes", "on"}, {"false", "no", "off", "without", "disabled", "unused", "not used"}
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([,_ ']\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)
_SMALL = {word: float(k) for k, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)}
_FACTORS = {"k": 1e3, "m": 1e6, "b": 1e9}


def is_missing(value: Any) -> bool:
    """Return True for null, and for text that stands for it."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _MISSING)


def number_of(text: str) -> float | None:
    """Return the number that a text is for certain; None where it is none.

    >>> [number_of(t) for t in ("1e-3", "98%", "1,000", "0,001", "1/53", "10k", "2^15", "some")]
    [0.001, 0.98, 1000.0, 0.001, 0.018867924528301886, 10000.0, 32768.0, None]
    """
    word = text.strip()
    if word.lower() in _SMALL:
        return _SMALL[word.lower()]
    if word.endswith("%"):
        share = number_of(word[:-1])
        return None if share is None else share / 100
    if _THOUSANDS.fullmatch(word):
        word = re.sub(r"[,_ ']", "", word)
    elif _DECIMAL_COMMA.fullmatch(word):
        word = word.replace(",", ".")
    if len(word) > 1 and word[-1].lower() in _FACTORS:
        number = _float(word[:-1])
        return None if number is None else number * _FACTORS[word[-1].lower()]
    if (parts := re.fullmatch(r"(\d{1,9}(?:\.\d+)?(?:e-\d{1,2})?)\s*(/|\*\*|\^)\s*(-?\d{1,9})", word)) is not None:
        return _combined(float(parts[1]), parts[2], int(parts[3]))
    if (factors := re.fullmatch(r"(\d*\.?\d+(?:e-?\d{1,2})?)\s*\*\s*(\d*\.?\d+(?:e-?\d{1,2})?)", word)) is not None:
        return float(factors[1]) * float(factors[2])
    return _float(word)


def amount_of(text: str) -> float | None:
    """Return the number that a text is, or is but for a comment or what it counts; None where it is none.

    >>> [amount_of(t) for t in ("0.001 (cosine)", "1.0 # strong", "10 steps", "512 per step", "10 epochs", "1e-3 or 1e-4")]
    [0.001, 1.0, 10.0, 512.0, None, None]
    """
    if (number := number_of(text)) is not None:
        return number
    amount = re.fullmatch(
        r"\s*([^\s#(]*[^\s#(,;])\s*(?:#.*|[,;]\s[^\d]*|\([^()\d]*\)|\[[^\[\]\d]*\]|(?:steps|updates|iterations|samples|examples|pairs|images|units)?(?: ?per step)?)",
        text,
    )
    return None if amount is None else number_of(amount[1])


def first_share(text: str) -> float | None:
    """Return the first of two shares that are all, `80/20` or `0.3/0.7`; None of others.

    >>> first_share("80/20"), first_share("0.3/0.7"), first_share("1/3")
    (0.8, 0.3, None)
    """
    parts = re.fullmatch(r"\s*(\d{1,2}|0?\.\d+)\s*[/:-]\s*(\d{1,2}|0?\.\d+)\s*", text)
    if parts is None:
        return None
    first, second = float(parts[1]), float(parts[2])
    return next((first / whole for whole in (1, 100) if abs(first + second - whole) < 1e-9), None)


def _combined(left: float, sign: str, right: int) -> float | None:
    try:
        return left / right if sign == "/" else left**right
    except (ZeroDivisionError, OverflowError):
        return None


def _float(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def flag_of(value: Any) -> bool | None:
    """Return the flag that a value is for certain; None where it is none."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _YES else False if word in _NO else None


def pair_of(value: Any) -> tuple[float, float] | None:
    """Return the two numbers of a list, or of a text that writes one: `(0.9, 0.98)`, `0.9,0.98`; None where it is none."""
    numbers = _list_of(value)
    return (float(numbers[0]), float(numbers[1])) if numbers is not None and len(numbers) == 2 else None


def sizes_of(value: Any) -> list[int] | None:
    """Return the whole numbers of a list, or of a text that writes one: `[200, 200]`, `200-200`; None where it is none.

    >>> sizes_of("[200, 200]"), sizes_of("200-100"), sizes_of(200), sizes_of([0.5, 1])
    ([200, 200], [200, 100], None, None)
    """
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}(?:\s*[-x]\s*\d{1,9})+\s*", value):
        return [int(size) for size in re.findall(r"\d+", value)]
    numbers = _list_of(value)
    return [int(n) for n in numbers] if numbers and all(isinstance(n, int) and n > 0 for n in numbers) else None


def _list_of(value: Any) -> list[float] | None:
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value.strip()) if len(value) <= 60 else None
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    if not isinstance(value, (list, tuple)):
        return None
    numbers = [v for v in value if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return numbers if len(numbers) == len(value) else None
