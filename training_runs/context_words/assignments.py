"""Texts that assign fields and say nothing else: `lr=1e-3,betas=0.9,0.98`."""

import re

from training_runs.context import WORDS
from training_runs.context_words.fields import AMBIGUOUS, BETAS, EPOCHS, SIZES, UNUSED, field_named, plain_name

_NAME = re.compile(r"\s*[^\W\d][\w./+-]*(?:\s+[A-Za-z]\w*)*\s*")
_SETTINGS = re.compile(r"\s*(?:\w+\.)*(?:dict|\w*Namespace|\w*Dict|\w*Config)\(")
_FORMULA = re.compile(
    r"\s*(?:[\d.eE+-]+\s*[*/]\s*[A-Za-z_(]|[A-Za-z_]\w*\s*[*/]\s*[\d.]|[A-Za-z_]\w*(?:\.\w+)*\(|(?:args|cfg|config|self|hparams|opt|FLAGS)\.)"
)
_GOES_ON = re.compile(r"[=;\n]|\s--|^\s*[\d.eE+-]+%?\s+[A-Za-z]")  # `1e-3 wd 1` after `lr=`


def assignments_in(text: str) -> dict[str, str] | None:
    """Return the fields of a text in plain words, where a number without a name belongs to the value before it; None for other words.

    >>> assignments_in("lr=1e-3,betas=0.9,0.98"), assignments_in("AdamW, lr=1e-3")
    ({'lr': '1e-3', 'betas': '0.9,0.98'}, None)
    """
    if (row := _row_below_names(text)) is not None:
        return row
    parts: list[str] = []
    for part in _apart(text):
        if parts and re.fullmatch(r"\s*[\d.eE+-]+\s*", part):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    pairs = [part.partition("=") for part in parts if part.strip()]
    if not pairs or any(not equals or not _NAME.fullmatch(name) for name, equals, _ in pairs):
        return None
    if any(re.search(r"train\w*\s*/\s*(?:test|val)", name, re.IGNORECASE) for name, _, _ in pairs):
        return None  # `train/test = 3/7`
    if any(_SETTINGS.match(value) for _, _, value in pairs):
        return None  # `params = dict(lr=1e-3)`
    if len({name.strip() for name, _, _ in pairs}) < len(pairs):
        return None  # `p=97, p=113`: given twice
    if any(re.match(r"\s*[\d.eE+-]+%?\s+\(", value) for _, _, value in pairs):
        return None  # `wd=1 (the default is 0.01)`
    if any(" " in name.strip() and field_named(plain_name(name)) is None for name, _, _ in pairs):
        return None  # `addition, p=97`
    if any(
        re.match(r"\s*[A-Za-z][\w.]*\(", value) and field_named(plain_name(name)) is None for name, _, value in pairs
    ):
        return None  # `tx = optax.adamw(1e-3)`
    if any(value.lstrip().startswith("{") for _, _, value in pairs) or not any(
        map(_is_known, (n for n, _, _ in pairs))
    ):
        return None  # `args = {"lr": 0.1}`, `y = (a + b) % 97`
    if any(re.search(r"\)\s*[;\n]\s*\w", value) for _, _, value in pairs):
        return None  # a line of code after another
    if any(_FORMULA.match(value) and _is_number(name) for name, _, value in pairs):
        return None  # `d_ff=4*d_model`, `lr=args.lr`
    if any(_GOES_ON.search(re.sub(r"[(\[].*", "", value)) for _, _, value in pairs):
        return None
    return {name.strip(): value.strip() for name, _, value in pairs}


def _row_below_names(text: str) -> dict[str, str] | None:
    """Return the fields of a table of one row, as it is copied; None where a text is none."""
    lines = [re.split(r"\s*[,;|]\s*|\s+", line.strip(" |")) for line in text.strip().split("\n")]
    if len(lines) != 2 or len(lines[0]) != len(lines[1]) or len(lines[0]) < 2:
        return None
    return dict(zip(*lines, strict=True)) if all(map(_is_known, lines[0])) else None


def _is_number(name: str) -> bool:
    return field_named(plain_name(name)) not in {None, *WORDS}


def _is_known(name: str) -> bool:
    plain = plain_name(re.split(r"[./]", name)[-1].strip().lstrip("-+"))
    return field_named(plain) is not None or plain in {*BETAS, *EPOCHS, *SIZES, *AMBIGUOUS, *UNUSED}


def _apart(text: str) -> list[str]:
    """Return the parts of a text between commas, those within brackets aside."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
