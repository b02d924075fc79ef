"""What one line of a log says: values by the names before them, the totals of those that count, what is assigned."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from training_runs.context_words.documents import values_of
from training_runs.metric_names import canonical_name, metric_like, value_meaning
from training_runs.readers.log_lines import NUMBER, parts_by_split, plain_line, split_word
from training_runs.readers.split_orders import Several
from training_runs.readers.step_lists import counts

_BAR = re.compile(
    r"(?P<share>\d+%)\s*\|[^|]*\|\s*(?P<done>\d+(?:\.\d+)?[kM]?)/(?P<total>\d+(?:\.\d+)?[kM]?|\?)\s*(?:\[[^,\]]*(?:,[^,\]=]*?/(?:it|s|step)\b|,\s*\?[^,\]]*)?,?)?"
)
_COUNT = re.compile(r"\W*[\[(]?\s*(?P<done>\d+)\s*/\s*(?P<total>\d+)\s*[\])](?!\s*\[)")  # `[1000/20000] loss ...`
_ENDLESS_BAR = re.compile(
    r"^\s*(?P<done>\d+)it\s*\[[^,\]]*,[^,\]=]*,?"
)  # tqdm's without a total: `1000it [00:10, 99it/s, ...]`
# `train:(loss=2.3, acc=0.5)`, `val(loss 2.3)`: what is in the brackets is of the split before them.
_SPLIT_BRACKETS = re.compile(r"\b(?P<split>[A-Za-z]\w*)\s*[:=]?\s*[(\[{](?P<inside>[^()\[\]{}]*\d[^()\[\]{}]*)[)\]}]")
_KERAS_BAR = re.compile(r"(?<!poch )(?<!\d)\d+/\d+\s*(?:\[[=>.\s]*\]|[\u2500-\u259f]+)|[\u2500-\u259f]{3,}\s*\d+/\d+")
VALUE = re.compile(
    rf"(?<![\w.@])(?<!top-)(?<!number of )(?P<number>{NUMBER})(?:(?P<scale>[kKM])|(?P<percent>\s?%)?(?:\s*(?:/|\bof\b)\s*(?P<of>{NUMBER})%?)?)(?![\w]|\.\d)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:it/s|s/it|steps?/s|tok/s|ms|us|s|sec|secs|seconds|min|mins|minutes|h|GB|GiB|MB|MiB|k|M)\b(?!\s*[:=]|\s+\d)"
)
# Further values of one name: `0.9/0.1`, in brackets `(0.9, 0.1)` and `(0.9 | 0.1)`, `acc 0.9 0.1`, `2.3 -> 0.1`, `0.9 & 0.1` and `1,1 %`
_OVER = re.compile(rf"(?:\s?%?\s*/\s*(?:{NUMBER})\s?%?)+", re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"(?:\s?%?(?:\s*[,;|]\s*|\s+)(?:{NUMBER})\s?%?(?![\w.]))+", re.IGNORECASE)
_BEHIND = re.compile(
    rf"(?:\s?%?(?:,\s*|\s+)(?:{NUMBER})(?![\w./%]))+|(?:\s?%?\s*(?:\u2192|[-=]>|&)\s*(?:{NUMBER})\s?%?)+|,\d+\s?%",
    re.IGNORECASE,
)
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6}
_BORDERS = re.compile(r"[|,;\t\[\]{}()]|\s[-\u2013\u2014>]+\s|\s{3,}")
# `[Val] loss ...`, `Test set: loss ...`, `Train Epoch: 1 ... loss ...`: the first word says the split of what has none.
_LEAD = re.compile(
    r"\W*(?P<split>[A-Za-z]+)(?:[\s_-]+(?:set|data|results?|metrics))?\s*(?:[\]:)>|]|[\s_-]+(?:epoch|step|iter)\w*\b|\s{2,}(?=loss|acc))",
    re.IGNORECASE,
)
_QUALIFIERS = {
    "best",
    "max",
    "min",
    "highest",
    "lowest",
    "ema",
    "swa",
    "target",
    "previous",
    "last",
    "final",
    "total",
    "smoothed",
}
_DICTIONARY = re.compile(r"\{.*:.*\}")
_OF_VALIDATION = re.compile(r"\b(?:val|valid|eval|test)", re.IGNORECASE)  # what a progress bar counts through
# A number with a unit before a name: `1.2GB train_loss`.
_BEFORE_WORDS = re.compile(r"^.*(?<![\w.])\d\S*\s+(?=[A-Za-z])")


def pairs_of(line: str, section: str = "") -> tuple[dict[str, Any], dict[str, float], bool]:
    """Return the values of a line by their names, the totals of those that count (`3/100`), and whether a bar gave the step.

    `section` is the split of values that the line itself gives none.
    """
    if (dictionary := _DICTIONARY.search(line)) and (found := _of_dictionary(dictionary[0])):
        before = plain_line(line).partition("{")[0]
        place, _, _ = pairs_of(before)
        return {k: v for k, v in place.items() if counts(k)} | _of_their_split(found, before, section), {}, False
    text = _SPLIT_BRACKETS.sub(_of_split, plain_line(line))
    bar = _BAR.search(text) or _COUNT.match(text) or _ENDLESS_BAR.match(text)
    if bar:
        is_of_validation = _OF_VALIDATION.search(text[: bar.start()]) is not None
        text = text[: bar.start()] + " | " + text[bar.end() :]
    text = _KERAS_BAR.sub(" | ", text)
    values: dict[str, Any] = {}
    totals: dict[str, float] = {}
    parts = parts_by_split(text)
    keyed = [pair for split, part in parts for pair in _keyed(part, split or section)]
    times = Counter(key for key, *_ in keyed)
    if len(parts) == 1 and any(n > 1 and metric_like(k) and not canonical_name(k) for k, n in times.items()):
        keyed = [*_keyed(text, section, is_carried=True)]  # `train loss 1 | acc 0 | val loss 2 | acc 0`
    for key, number, of, several in keyed:
        if of is not None and counts(key):
            totals = {key: of} if canonical_name(key) == "step" else totals
        elif of is not None and _is_share(key, number, of):
            number = number / of
        elif of is not None and metric_like(key):
            number = several or number
        elif of is not None:
            continue
        value = several if several and of is None else number
        if values.setdefault(key, value) != value and _is_of_no_split(key):
            values[key] = Several(f"{values[key]}, {value}")
    is_bar = bar is not None and not is_of_validation and not any(counts(key) for key in values)
    if bar and is_bar:
        done = bar["done"]
        values = {"step": float(done.rstrip("kM")) * _SCALES.get(done[-1], 1.0)} | values
    return values, totals, is_bar


def _is_of_no_split(key: str) -> bool:
    like = metric_like(key)
    return like is not None and like[1] is None


def _of_split(found: re.Match[str]) -> str:
    has_names = re.search(r"[A-Za-z]{2}", found["inside"])
    return f" | {found['split']}: {found['inside']} | " if has_names and split_word(found["split"]) else found[0]


def _is_share(key: str, number: Any, of: float) -> bool:
    """Return True for correct answers of all: `Accuracy: 97/1400`, not `0.9/0.1`."""
    like = metric_like(key)
    is_count = isinstance(number, float) and number.is_integer() and of.is_integer() and of > 1
    return like is not None and like[0] == "accuracy" and is_count and 0 <= number <= of


def _keyed(
    text: str, section: str, *, is_carried: bool = False
) -> Iterator[tuple[str, Any, float | None, Several | None]]:
    """Yield name, value, total and, where it has several values, all of them, of the numbers in a text: a number's name is the words before it.

    A split holds for the values next to its own; for all up to the next split where it `is_carried`.
    """
    at, split, near, metric = 0, "", "", ""  # `train: loss 1, acc 0`, `train loss 1 acc 0`
    lead = _lead(text, section)  # `[Train] loss 1 | acc 0`
    for found in VALUE.finditer(text):
        between = text[at : found.start()]
        at = found.end()
        if unit := _UNIT.match(text, at):
            at = unit.end()
            continue
        segments, borders = _BORDERS.split(between), _BORDERS.findall(between)
        if any(border != "," for border in borders):
            split = ""
        segment = _words_before(segments, borders, is_in_brackets=text[found.start() - 1] in "[(")
        key, split = _key(segment, split, near if is_carried or not borders else "", lead)
        first, *_, last = key.split(" ") if " " in key else ("", "")
        if split_word(last):
            split = key.removesuffix(f" {last}")  # `loss train 2.3 val 2.4`
        if split_word(key) and metric and _is_in_brackets(text, found):
            key = f"{key} {metric}"  # `acc 0.9 (val 0.1)`
        metric = _metric_of(key) or metric
        near = split_word(first) or (near if is_carried or not (first or borders) else "")
        if key and not (found["scale"] and not counts(key)):
            value: Any = _float(found["number"]) * _SCALES.get(found["scale"], 1.0)
            if found["percent"]:
                key = re.sub(r"\berr(?:or)?\b(?! rate)", "error rate", key)  # `val error 98%`: no loss is in percent
                value = f"{found['number']}%"
            yield key, value, _float(found["of"]) if found["of"] else None, _several(key, text, found)


def _several(key: str, text: str, found: re.Match[str]) -> Several | None:
    """Return all values that stand where a metric has one; None where it has one."""
    if not metric_like(key):
        return None
    if found["of"]:
        over = _OVER.match(text, found.end("number"))
        return Several(found["number"] + over[0]) if over else None
    if text[found.start() - 1] in "[(":
        further = _IN_BRACKETS.match(text, found.end())
        return Several(found[0] + further[0]) if further else None
    behind = _BEHIND.match(text, found.end())
    if behind is None or _UNIT.match(text, behind.end()):
        return None
    word = re.match(r"\s+([^\W\d]+)", text[behind.end() : behind.end() + 40])
    is_named = word is not None and not metric_like(word[1]) and not split_word(word[1])  # `loss 2.5, 3 bad epochs`
    ends = word is not None or re.match(r"\s*%?\s*(?:$|[,;|()\[\]\t])", text[behind.end() :])
    return Several(found[0] + behind[0]) if ends and not is_named else None


def _of_their_split(found: dict[str, Any], before: str, section: str) -> dict[str, Any]:
    """Return values of a dictionary under names with the split that stands before it, `val: {'loss': 3}`, where it says none."""
    word = re.search(r"([A-Za-z]+)\W*$", before)
    split = (split_word(word[1]) if word else "") or _lead(before, section)
    named = {key: f"{split} {key}" for key in found if split and not canonical_name(key)}
    return {named[key] if key in named and canonical_name(named[key]) else key: value for key, value in found.items()}


@lru_cache(maxsize=4096)
def _metric_of(key: str) -> str:
    """Return a name without its split, `acc` of `train acc`, where it is of a metric; empty else."""
    return " ".join(word for word in re.split(r"[\s_/]+", key) if not split_word(word)) if metric_like(key) else ""


def _is_in_brackets(text: str, found: re.Match[str]) -> bool:
    before = text[max(found.start() - 40, 0) : found.start()]
    return (
        max(map(before.rfind, "([")) > max(map(before.rfind, ")]"))
        and re.match(r"%?\s*[)\],;]", text[found.end() : found.end() + 8]) is not None
    )


def _words_before(segments: Sequence[str], borders: Sequence[str], *, is_in_brackets: bool) -> str:
    """Return the words before a number: of `Epoch [3/100]`, `iteration    100` and `acc -> 0.9` those before the border."""
    k = len(segments) - 1
    while k and not segments[k].strip(" =:"):
        is_open = is_in_brackets and k == len(segments) - 1
        if borders[k - 1].strip(" \t\u2013\u2014>-") and not is_open:
            break
        k -= 1
    return segments[k]


def _lead(text: str, section: str) -> str:
    """Return the split that the first word of a line, or else the section, says of all its values; empty where others are named too."""
    found = _LEAD.match(text)
    split = (split_word(found["split"]) if found else "") or section
    if not split:
        return ""
    named = {signal for word in re.findall(r"[A-Za-z]+", text) if (signal := canonical_name(f"{word}_loss"))}
    return split if not named - {canonical_name(f"{split}_loss")} else ""


@lru_cache(maxsize=4096)  # lines of a log have the same words
def _key(segment: str, split: str, near: str, lead: str) -> tuple[str, str]:
    """Return the name in the words before a number, and the words that hold for those after it, as `train:` does.

    `near` and `lead` are splits that a value before it had, and that the line begins with.
    """
    pieces = [piece.strip(" \"'=-*#>.<") for piece in re.split(r"[:=]\s*|>", segment)]
    pieces = [piece for piece in pieces if piece]
    if not pieces:
        return "", split
    if len(pieces) > 1:
        split = pieces[-2]
    if not pieces[-1].isalpha():
        pieces[-1] = _BEFORE_WORDS.sub("", pieces[-1])
    joined = [" ".join(pieces[k:]) for k in range(len(pieces))]
    candidates = [*joined, *(f"{said} {pieces[-1]}" for said in (split, near, lead) if said)]
    if set(" ".join(candidates).lower().replace("_", " ").split()) & _QUALIFIERS:
        return joined[0], split
    known = (name for name in candidates if canonical_name(name) or value_meaning(name) or counts(name))
    return next(known, joined[-1]), split


def _of_dictionary(text: str) -> dict[str, Any]:
    """Return the values of a dictionary of Python or JSON, those of dictionaries in it by their path; nothing where it is none."""
    text = text[:10_000]
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text if parse is json.loads else re.sub(r"\b(?:nan|inf)\b", "None", text))
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
        return (
            {k: v for k, v in values_of(found) if isinstance(v, int | float | str)} if isinstance(found, dict) else {}
        )
    return {}


def assigned(line: str) -> Mapping[str, str]:
    """Return what a line assigns, `lr=1e-3`, `lr: 1e-3`, `{'lr': 1e-3}`, `--lr 1e-3` or `betas: (0.9, 0.98)`."""
    value = r"(\([^()]*\)|\[[^\[\]]*\]|[\w.+-]+)"
    return dict(re.findall(rf"([A-Za-z_][\w./]*)['\"]?\s*[=:]\s*['\"]?{value}", line)) | dict(
        re.findall(rf"(?<!\S)--([A-Za-z][\w.-]*)[ =]{value}", line)
    )


def _float(text: str) -> float:
    return float(text.replace(",", ""))
