"""Points of a history as people tell them: `at 1k steps train acc 0.4 val acc 0.01, at 5k ...`, `val acc 1% (step 600), 2% (step 80k)`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

from training_runs.metric_names import canonical_name, metric_like
from training_runs.readers.line_values import pairs_of
from training_runs.readers.log_lines import NUMBER, SPLIT, split_word
from training_runs.readers.step_lists import counts

_COUNT = r"(?>(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?(?:[eE]\+?\d+)?)(?:\s?(?:[kKM](?![A-Za-z])|(?:thousand|million)\b))?)"
_UNIT = r"(?:global[ _])?(?:(?:optimi[sz]er|gradient|train(?:ing)?) )?(?:steps?|iter(?:ation)?s?|epochs?|updates?)\b"
_METRIC = r"(?:loss|acc(?:uracy)?)"
_SET = r"(?:[ _](?:set|data|split))?"
_BOUND = r"(?:(?<![->=])[<>\u2264\u2265]=?|\b(?:under|below|above|over|(?:less|more)\s+than|at\s+(?:least|most))\b)"
_ABOUT = r"(?:(?:~|\u2248|about|around|roughly|approximately)\s*)?"
_TOKEN = re.compile(
    rf"""
    (?P<duration>
        \b(?:for|in|every|another|last|next|past|further|within|over|each|took|needs?|first)\s+(?:the\s+|the\s+last\s+)?{_ABOUT}{_COUNT}\s+{_UNIT}
        |(?<![\w.]){_COUNT}\s+{_UNIT}\s+(?:later|ago|more|left|remaining|earlier|apart|before|since|to\s+go)\b
    )
    |(?P<step>
        (?<![\w.]){_ABOUT}(?P<before>{_COUNT})\s*-?(?P<unit_behind>{_UNIT})(?!\s*/|\s+per\b)
        |\b(?P<unit>{_UNIT})\s*[:=\#.]?\s*{_ABOUT}(?P<behind>{_COUNT})(?:\s*/\s*{_COUNT})?(?![\w.%]*\d|\s*%)
        |(?<!\w)@\s*(?P<marked>{_COUNT})(?:\s*{_UNIT})?(?![\w.%])
        |\b(?:at|after|by)\s+{_ABOUT}(?P<bare>{_COUNT})(?![\w%]|\.\d|\s*(?:%|-?{_UNIT}|(?:s|sec\w*|min\w*|h|hours?|days?)\b))
        |^\W{{0,4}}(?P<first>\d+(?:\.\d+)?[kKM])(?=\s*[:|,)\u2013-])
    )
    |(?P<metric>
        (?<![\w/])(?:{SPLIT})(?:[ _/.-]|(?:{_SET})[ _])?{_METRIC}\b
        |(?<![\w/]){_METRIC}[ _/.-](?:(?:on|of|for)\s+)?(?:the\s+)?(?:{SPLIT}){_SET}\b
    )
    |(?P<value>(?:{_BOUND}\s*)?(?<![\w.])(?:{NUMBER})(?:\s?%)?(?![\w%]|\.\d))
    |(?P<glue>(?:-+|=+)>|[=:~\u2248"'*]|\b(?:is|was|are|were|of|at|still|only|just|about|around|reached|hits?|stayed|stays|stuck|flat|remains|remained|to|from|went|goes|rose|dropped|fell|then|now|already|i|had|has|have|climbed|risen|grown|improved|slowly|barely|finally|after|before|until|since|by|on|in|for|when)\b)
    |(?P<stop>[.;!?](?=\s|$))
    |(?P<soft>[,()\[\]|&/\u2013\u2014-]|\band\b)
    |(?P<word>[^\W\d_][\w-]*|\S)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COUNTED = [
    rf"(?:\b{unit}\W{{0,3}}\d|\d[km]?\s?{unit}\b(?!\s*/|\s+per\b))"
    for unit in ("steps?", "epochs?", "iter(?:ation)?s?", "updates?")
]
# A line is looked at where it counts twice in one unit, or in words that no program prints.
_TOLD = re.compile(
    "|".join(f"{counted}.*{counted}" for counted in _COUNTED)
    + rf"|^\W{{0,4}}\d+(?:\.\d+)?[km]\s*[:|,)\u2013-]|(?<!\w)@\s*\d|(?<!\d){_COUNT}\s*-?{_UNIT}(?!\s*/|\s+per\b)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^[^\w\n]{0,8}(?P<name>[^\W\d][\w /.-]{2,30}?)[^\w\n]{0,8}$")
_LONGEST_HEADING = 50  # characters
_POINT = re.compile(
    rf"^\W{{0,8}}(?:(?P<unit>{_UNIT})\W{{0,3}})?(?P<count>{_COUNT})(?:\s*[:,|=\t-]\s*|\s+|\s*-+>\s*)(?P<value>(?:{NUMBER})\s?%?)\s*[|,;]?\s*$",
    re.IGNORECASE,
)
# `train: 0.5` below `loss:`
_OF_SPLIT = re.compile(
    rf"^\W{{0,8}}(?P<split>{SPLIT}){_SET}\W{{1,8}}(?P<value>(?:{NUMBER})\s?%?)\W{{0,3}}$", re.IGNORECASE
)
# A metric and its whole curve in a line: `val acc: 0.01@500, 0.3@1000`, `val acc (500, 0.01) (1000, 0.3)`, `val acc: 500: 0.01, 1000: 0.3`
_SHARE = rf"(?P<value>(?:{NUMBER})\s?%?)"
_PAIRS = tuple(
    re.compile(pair)
    for pair in (
        rf"{_SHARE}\s*@\s*(?P<step>{_COUNT})",
        rf"[(\[]\s*(?P<step>{_COUNT})\s*[,;:]\s*{_SHARE}\s*[)\]]",
        rf"(?P<step>{_COUNT})\s*(?:[:=]|[-=]>|\u2192)\s*{_SHARE}",
    )
)
_OF_A_CURVE = re.compile(
    r"@\s?\d|[)\]]\s*,?\s*[(\[]|\d[km]?\s?(?:[:=\u2192]|[-=]>)\s?[-.\d].*\d[km]?\s?(?:[:=\u2192]|[-=]>)\s?[-.\d]",
    re.IGNORECASE,
)
_NAME_OF_A_CURVE = re.compile(
    r"^\W{0,8}(?P<name>[^\W\d][^\W\d \t]*(?:[ \t/.-]+[^\W\d]+){0,4})['\"]?\s*[:=]?\s*(?P<points>[(\[{]{0,2}[.\d].*)$"
)
_AS_SHAPE = str.maketrans(dict.fromkeys("023456789", "1"))
_LONGEST_SHAPE = 400  # characters
_LONGEST = 3000  # characters of what somebody tells
_QUALIFIERS = {"best", "max", "min", "highest", "lowest", "ema", "swa", "target", "previous", "last", "final", "total"}
_QUALIFIERS |= {"chance", "baseline", "smoothed", "mean"}
_FACTORS = {"k": 1e3, "m": 1e6, "thousand": 1e3, "million": 1e6}
_MOST_TOLD = 20  # lines of what somebody tells
_FEWEST = 10  # of steps behind `at` or `after`, without their unit
_KINDS = ("duration", "step", "metric", "value", "glue", "stop", "soft", "word")
_NAMES = ("metric", "split")

Point = tuple[float, str, str]  # step, metric and value as they are written


@dataclass(frozen=True)
class Token:
    """A part of a sentence: its kind, its words, and of a step its number and unit; the unit is empty where none is said."""

    kind: str
    text: str
    step: float = 0.0
    unit: str = ""


def a_step_a_line(lines: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return lines of which those that tell of several steps are a line for each step, and notes.

    A sentence is read where each value has one metric and one step for certain; of others with values of several steps, none is.

    >>> a_step_a_line(["at 1k steps train acc 0.4, val acc 1%, at 5k train acc 1.0"])[0]
    ['step 1000 | train acc 0.4 | val acc 1%', 'step 5000 | train acc 1.0']
    >>> a_step_a_line(["val acc: 0.01 (step 600), 0.012 (step 10k)"])[0]
    ['step 600 | val acc 0.01', 'step 10000 | val acc 0.012']
    """
    apart: list[str] = []
    notes: dict[str, None] = {}
    for line in lines:
        shape = line.translate(_AS_SHAPE) if len(line) <= _LONGEST else ""
        if shape and _may_be_a_curve(shape) and (curve := _curve(line)):
            apart += curve
            notes["a line with a whole curve is read as a checkpoint for each of its points"] = None
            continue
        if not shape or not _is_told(shape):
            apart.append(line)
            continue
        tokens = tokens_of(line)
        points = _points(tokens) or []
        checkpoints = _lines_of(points, tokens)
        if checkpoints:
            apart += checkpoints
            if len(checkpoints) > 1:
                notes["sentences with several steps are read as a checkpoint each"] = None
        elif points:
            notes[f"a line with two values at one step is left out: {line.strip()[:60]}"] = None
        elif _has_values_of_several_steps(tokens):
            notes[f"a line with several steps is left out: {line.strip()[:60]}"] = None
        else:
            apart.append(line)
    return apart, tuple(notes)


def _curve(line: str) -> list[str]:
    """Return a line for each point of a line that is a metric and its whole curve, steps rising; none of others.

    >>> _curve("val acc: 1%@500, 30%@1k")
    ['step 500 | val acc 1%', 'step 1k | val acc 30%']
    """
    named = _NAME_OF_A_CURVE.match(line)
    if named is None or canonical_name(named["name"]) in (None, "step"):
        return []
    for pair in _PAIRS:
        points = [*pair.finditer(named["points"])]
        steps = [_number(point["step"]) for point in points]
        is_whole = not re.search(r"[^\s,;|.\[\]{}()]", pair.sub("", named["points"]))
        if len(points) > 1 and is_whole and all(a < b for a, b in pairwise(steps)):
            return [f"step {point['step']} | {named['name']} {point['value']}" for point in points]
    return []


def with_their_heading(lines: Sequence[str]) -> list[str]:
    """Return lines of a step and a value below the name of a metric, `train acc:` above `step 100: 0.5`, with the name in each.

    So are those of a split and a value below a metric without one, `loss:` above `train: 0.5`.

    >>> with_their_heading(["Val accuracy", "step 100: 1%", "", "step 200: 2%"])[1::2]
    ['step 100 | Val accuracy 1%', 'step 200 | Val accuracy 2%']
    >>> with_their_heading(["  loss:", "    train: 0.5", "    val: 0.7"])[1:]
    ['train loss 0.5', 'val loss 0.7']
    """
    named: list[str] = []
    heading = ""
    of_splits = ""  # a metric of which a line says no split
    for line in lines:
        if len(line) < _LONGEST_HEADING and (found := _HEADING.match(line)) is not None:
            heading = found["name"] if canonical_name(found["name"]) else ""
            of_splits = found["name"] if (metric_like(found["name"]) or ("", ""))[1] is None else ""
        elif of_splits and (point := _OF_SPLIT.match(line)) is not None:
            line = f"{point['split']} {of_splits} {point['value']}"
        elif heading and (point := _POINT.match(line)) is not None:
            line = f"{point['unit'] or 'step'} {point['count']} | {heading} {point['value']}"
        elif line.strip():
            heading = of_splits = ""
        named.append(line)
    return named


@lru_cache(maxsize=1024)
def _may_be_a_curve(shape: str) -> bool:
    return _OF_A_CURVE.search(shape) is not None and _NAME_OF_A_CURVE.match(shape) is not None


@lru_cache(maxsize=1024)
def _is_told(shape: str) -> bool:
    """Return True for lines of a shape, whose digits are ones, that may tell points: lines of a log differ in nothing else.

    A line that names its one step is read without.
    """
    if not _TOLD.search(shape):
        return False
    tokens = tokens_of(shape)
    if sum(token.kind == "step" for token in tokens) < 2 and any(map(counts, pairs_of(shape)[0])):
        return False
    return bool(_points(tokens)) or _has_values_of_several_steps(tokens)


def tokens_of(line: str) -> list[Token]:
    """Return the steps, metrics, values and words of a line."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(line):
        kind = next(k for k in _KINDS if found[k] is not None)
        token = Token(kind, found[0])
        if kind == "step":
            token = _step(found)
        elif kind == "word" and split_word(found[0].lower()):
            token = Token("split", found[0])
        elif kind == "metric" and (not canonical_name(found[0]) or (tokens and tokens[-1].text.lower() in _QUALIFIERS)):
            token = Token("word", found[0])
        tokens.append(token)
    has_units = any(token.unit for token in tokens)
    return [
        t if t.kind != "step" or t.unit or has_units or not t.text[:1].isalpha() else Token("word", t.text)
        for t in tokens
    ]


def _step(found: re.Match[str]) -> Token:
    number = next(found[k] for k in ("before", "behind", "marked", "bare", "first") if found[k])
    unit = (found["unit"] or found["unit_behind"] or "").lower()
    step = _number(number)
    if found["bare"] and (step < _FEWEST or step % 1):
        return Token("value", found[0])
    return Token("step", found[0], step, "epoch" if "epoch" in unit else "step" if unit else "")


def _number(text: str) -> float:
    digits = re.match(r"[\d.,]+(?:[eE]\+?\d+)?", text)
    assert digits is not None
    return round(float(digits[0].replace(",", "")) * _FACTORS.get(text[digits.end() :].strip().lower(), 1.0), 6)


def _points(tokens: Sequence[Token]) -> list[Point] | None:
    """Return the points of a text; None where one of them is not certain."""
    is_of_one_unit = len({token.unit for token in tokens if token.unit}) < 2
    kinds = {token.kind for token in tokens}
    if "duration" in kinds or not is_of_one_unit or kinds >= set(_NAMES):  # `loss train: 0.1, val: 2.75`
        return None
    found: list[Point] = []
    last: float | None = None
    for sentence in _sentences(tokens):
        read = _read(sentence, last)
        if read is None:
            return None
        found += read[0]
        last = read[1]
    return found


def _lines_of(points: Sequence[Point], tokens: Sequence[Token]) -> list[str]:
    """Return a line for each step, in their order; none where a metric has two values at one."""
    unit = next((token.unit for token in tokens if token.unit), "step")
    found: dict[float, dict[str, str]] = {}
    for step, name, told in points:
        value = "nan" if re.match(_BOUND, told, re.IGNORECASE) else told
        if found.setdefault(step, {}).setdefault(name, value) != value:
            return []
    said = {step: [f"{name} {value}" for name, value in found[step].items()] for step in sorted(found)}
    return [" | ".join([f"{unit} {step:.15g}", *values]) for step, values in said.items()]


def _sentences(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    for is_stop, sentence in groupby(tokens, key=lambda token: token.kind == "stop"):
        if not is_stop:
            yield list(sentence)


def _read(sentence: Sequence[Token], last: float | None) -> tuple[list[Point], float | None] | None:
    """Return the points in a sentence and the step that holds for a next one without; None where one is not certain.

    Steps stand before their values, or behind them, in the whole sentence.
    """
    values = _named(sentence)
    if values is None:
        return None
    order = [(k, token.step) for k, token in enumerate(sentence) if token.kind == "step"]
    if not values:
        return [], None
    if not order:
        return ([(last, *values[k]) for k in values], last) if last is not None else None
    kinds = "".join(kind for _, kind in sorted([*((k, "s") for k, _ in order), *((k, "v") for k in values)]))
    if re.fullmatch(r"(?:sv+)+", kinds):
        steps = {k: max(s for s in order if s[0] < k)[1] for k in values}
        last = order[-1][1]
    elif re.fullmatch(r"(?:v+s)+", kinds):
        steps = {k: min(s for s in order if s[0] > k)[1] for k in values}
        last = None
    else:
        return None
    return [(steps[k], *values[k]) for k in values], last


def _named(sentence: Sequence[Token]) -> dict[int, tuple[str, str]] | None:
    """Return the values of metrics in a sentence with their names by their place; None where one may be of any."""
    named: dict[int, tuple[str, str]] = {}
    for k, before, behind in _values(sentence):
        own = sentence[before].text if before is not None and sentence[before].kind in _NAMES else None
        metrics = dict.fromkeys(t.text for t in sentence[:k] if t.kind in _NAMES)
        is_carried = own is None and len(metrics) == 1 and (behind is None or sentence[behind].kind not in _NAMES)
        if (before is not None and sentence[before].kind == "value") or not (own or is_carried):
            return None
        named[k] = (own or next(iter(metrics)), sentence[k].text)
    is_whole = {token.text for token in sentence if token.kind in _NAMES} == {name for name, _ in named.values()}
    return named if is_whole else None


def _values(sentence: Sequence[Token]) -> Iterator[tuple[int, int | None, int | None]]:
    """Yield the place of each value that is of no other word and has no unit, that of what stands before it, and that of what follows."""
    plain = [k for k, token in enumerate(sentence) if token.kind not in ("glue", "soft")]
    for before, k, behind in zip([None, *plain], plain, [*plain[1:], None], strict=False):
        kind = "" if before is None else sentence[before].kind
        has_unit = kind not in _NAMES and sentence[k + 1 : k + 2] and sentence[k + 1].kind == "word"  # `12.5 it/s`
        if sentence[k].kind == "value" and kind != "word" and not has_unit:
            yield k, before, behind


def _has_values_of_several_steps(tokens: Sequence[Token]) -> bool:
    """Return True where metrics have values on both sides of one of the first two steps: all would be taken to be of the first."""
    steps = [k for k, token in enumerate(tokens) if token.kind == "step"]
    if len(steps) < 2 or len({(tokens[k].unit or "step") for k in steps}) > 1:
        return False
    places = [
        k
        for k, before, _ in _values(tokens)
        if before is not None and tokens[before].kind in (*_NAMES, "step", "value")
    ]
    places += [k for k, token in enumerate(tokens) if token.kind == "metric" and k > steps[1]]
    return any(token.kind in _NAMES for token in tokens) and any(
        min(places, default=0) < step < max(places, default=0) for step in (steps[0], steps[1])
    )


def shape_of_points(lines: Sequence[str]) -> str:
    """Return the line that would be read of what lines tell of a step, with its values; empty where they tell of none in words.

    >>> shape_of_points(["still 0.9 % after 200k steps"]), shape_of_points(["1k steps: 98% train, 1% val"])
    ('step 200000 val_acc 0.9%', 'step 1000 train_acc 98% val_acc 1%')
    """
    told = [line for line in lines[:_MOST_TOLD] if line.strip()]
    if len(told) == _MOST_TOLD:
        return ""
    for line in told:
        tokens = tokens_of(line[:_LONGEST])
        step = next((token for token in tokens if token.kind == "step"), None)
        if step is None:
            continue
        values = [tokens[k].text.replace(" ", "") for k, _, _ in _values(tokens)]
        count = sum(token.kind == "step" for token in tokens)
        each = values[: len(values) // count] if count and len(values) % count == 0 else []
        names = {0: ("train_acc ...", "val_acc ..."), 1: ("val_acc {}",), 2: ("train_acc {}", "val_acc {}")}
        shown = " ".join(names.get(len(each), names[0])).format(*each)
        return f"{step.unit or 'step'} {step.step:.15g} {shown}"
    return ""
