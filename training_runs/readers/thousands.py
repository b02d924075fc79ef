"""Steps with points between their thousands: `Schritt 1.000`, of a text whose decimals are nowhere written with points."""

import re
from collections.abc import Sequence

_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_UNGROUPED = re.compile(r"\d{1,3}")
_WORDS = r"(?:step|schritt|iter|update|paso|passo|\u0448\u0430\u0433)[^\W\d]{0,6}"
_STEP = re.compile(
    rf"(?:(?<!\w){_WORDS}\W{{0,3}}(?<![.\d-])(?P<behind>\d+(?:\.\d+)*)(?![\w.%]|\s?(?:ms|s|sec|it)\b))"
    rf"|(?:^\W{{0,4}}(?:(?:after|at|nach|bei)[ \t])?(?P<before>\d+(?:\.\d+)*)(?=[ \t]{_WORDS}\b(?![ \t=]{{0,2}}\d)))",
    re.IGNORECASE | re.MULTILINE,
)
_LOOKED_AT = 10_000  # characters
_DECIMAL = re.compile(r"\d\.\d|(?<![\w.])\.\d")


def have_grouped_thousands(steps: Sequence[str], rest: str) -> bool:
    """Return True for steps whose points divide thousands: they are whole, and `500` beside `1.000` has no decimals.

    Where all are such as `1.000`, they are thousands if nothing in the rest of the text has a decimal point.

    >>> have_grouped_thousands(["500", "1.000"], "0.5"), have_grouped_thousands(["1.000", "1.500"], "0.5")
    (True, True)
    >>> have_grouped_thousands(["1.000", "2.000"], "31 %"), have_grouped_thousands(["1.000", "2.000"], "0.31")
    (True, False)
    """
    grouped = [step for step in steps if "." in step]
    others = [step for step in steps if "." not in step]
    if not grouped or not all(map(_GROUPED.fullmatch, grouped)) or not all(map(_UNGROUPED.fullmatch, others)):
        return False
    is_certain = bool(others) or any(step.count(".") > 1 or not step.endswith(".000") for step in grouped)
    return is_certain or _DECIMAL.search(rest) is None


def without_points_in_steps(text: str) -> str:
    """Return a log in which steps have no points between their thousands.

    >>> without_points_in_steps("Schritt 1.000: train 31 %"), without_points_in_steps("step 1.000 loss 0.312")
    ('Schritt 1000: train 31 %', 'step 1.000 loss 0.312')
    >>> without_points_in_steps("loss 2.312 step 200"), without_points_in_steps("nach 1.000 Schritten: 31 %")
    ('loss 2.312 step 200', 'nach 1000 Schritten: 31 %')
    """
    if not any("." in step for step in _steps_of(text[-_LOOKED_AT:])):  # the last, and so the largest
        return text
    if not have_grouped_thousands(_steps_of(text), _STEP.sub(" ", text)):
        return text
    return _STEP.sub(lambda found: found[0].replace(".", ""), text)


def _steps_of(text: str) -> list[str]:
    return [found["behind"] or found["before"] for found in _STEP.finditer(text)]
