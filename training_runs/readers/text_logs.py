"""Logs as programs print them: `step=100 train_loss=3.2`, `Epoch 3/100: loss 0.3`, `step 100 | val acc 0.5`, progress bars."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.context_words.documents import values_of
from training_runs.errors import InvalidInput
from training_runs.readers.bracketed_shares import NOTE, named_in_line
from training_runs.readers.cells import unwrapped
from training_runs.readers.log_lines import CLOCK, LEVEL, NUMBER, numbered_by_step, plain_line, section_of, split_word
from training_runs.readers.metric_names import canonical_name, is_epoch, metric_like
from training_runs.readers.recording import RawRun, ReadOptions
from training_runs.readers.step_lists import counts

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BAR = re.compile(
    r"(?P<share>\d+%)\s*\|[^|]*\|\s*(?P<done>\d+(?:\.\d+)?[kM]?)/(?P<total>\d+(?:\.\d+)?[kM]?|\?)\s*(?:\[[^,\]]*(?:,[^,\]=]*?/(?:it|s|step)\b|,\s*\?[^,\]]*)?,?)?"
)
_COUNT = re.compile(r"\W*\[?\s*(?P<done>\d+)\s*/\s*(?P<total>\d+)\s*\](?!\s*\[)")  # `[1000/20000] loss ...`
_ENDLESS_BAR = re.compile(
    r"^\s*(?P<done>\d+)it\s*\[[^,\]]*,[^,\]=]*,?"
)  # tqdm's without a total: `1000it [00:10, 99it/s, ...]`
# `train:(loss=2.3, acc=0.5)`, `val(loss 2.3)`: what is in the brackets is of the split before them.
_SPLIT_BRACKETS = re.compile(r"\b(?P<split>[A-Za-z]\w*)\s*[:=]?\s*[(\[{](?P<inside>[^()\[\]{}]*\d[^()\[\]{}]*)[)\]}]")
_KERAS_BAR = re.compile(r"\d+/\d+\s*(?:\[[=>.\s]*\]|[\u2500-\u259f]+)")
_VALUE = re.compile(
    rf"(?<![\w.@])(?<!top-)(?P<number>{NUMBER})(?:(?P<scale>[kKM])|(?P<percent>\s?%)?(?:\s*(?:/|\bof\b)\s*(?P<of>{NUMBER})%?)?)(?![\w]|\.\d)",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\s?(?:it/s|s/it|steps?/s|tok/s|ms|us|s|sec|secs|seconds|min|mins|minutes|h|GB|GiB|MB|MiB|k|M)\b")
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6}
_BORDERS = re.compile(r"[|,;\t\[\]{}()]|\s[-\u2013\u2014>]+\s|\s{3,}")
# `[Val] loss ...`, `Test set: loss ...`, `Train Epoch: 1 ... loss ...`: the first word says the split of what has none.
_LEAD = re.compile(
    r"\W*(?P<split>[A-Za-z]+)(?:[\s_-]+(?:set|data|results?|metrics))?\s*(?:[\]:)>|]|[\s_-]+(?:epoch|step|iter)\w*\b)",
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
_NUMBER_ALONE = re.compile(rf"(?<![\w.])(?:{NUMBER})(?![\w]|\.\d)", re.IGNORECASE)
_STEP_WITHIN = "step of the epoch"
_OF_VALIDATION = re.compile(r"\b(?:val|valid|eval|test)", re.IGNORECASE)  # what a progress bar counts through


def read_text_log(text: str, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the run that a program printed: a row for each line with a step or an epoch and a value.

    A line that only names an epoch or step holds for the lines after it. Parameters printed before the first row are its context.

    Raises
    ------
    InvalidInput : no such lines, values that belong to several metrics under one name, or a pattern that does not fit.
    """
    lines = _lines(text)
    if options.pattern:
        return {name: _by_pattern(lines, path, options.pattern)}
    lines, of_commas = _with_decimal_points(lines)
    rows, parameters, notes = _measurements(lines)
    notes = (*of_commas, *notes, *(() if text.endswith(("\n", "\r")) else _without_cut_end(rows, lines)))
    names = {key: canonical_name(key) for row in rows for key in row if not counts(key)}
    if not any(signal or metric_like(key) for key, signal in names.items()):
        raise _unreadable(lines, path)
    table = pd.DataFrame(rows)
    read = f"{len(rows)} of {sum(bool(line.strip()) for line in lines)} lines are read as measurements"
    reading = read_hyperparameters(parameters, path)
    return {name: RawRun(table, reading.fields(), (read, *notes, *reading.notes))}


def has_measurements(text: str) -> bool:
    """Return True if lines of a text name a step or an epoch and values."""
    return bool(_measurements(_lines(text[:100_000]))[0])


def _lines(text: str) -> list[str]:
    """Return the lines of a text, without colours and with signs of the usual width: `：` is `:`."""
    return [_COLOURS.sub("", line) for line in re.split(r"[\r\n]+", unwrapped(text.translate(_FULL_WIDTH)))]


def _with_decimal_points(lines: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return lines with points for decimal commas where `0,98` is written and `0.98` is not, and a note."""
    text = "\n".join(lines)
    if not re.search(r"(?<![\w.,])0,\d+(?![\w,])", text) or re.search(r"(?<![\w.,])0\.\d", text):
        return lines, ()
    text = re.sub(r"(?<![\d.,])(\d{1,3})\.(\d{3})(?![\d.,])", r"\1\2", text)
    return re.sub(r"(?<=\d),(?=\d)", ".", text).split("\n"), ("commas are read as decimal points",)


def _by_pattern(lines: Sequence[str], path: str, pattern: str) -> RawRun:
    """Return the groups of a regular expression as columns, a row for each line that it is found in."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InvalidInput(field="--pattern", value=pattern, expected="a regular expression", hint=str(error)) from None
    if not compiled.groupindex:
        raise InvalidInput(
            field="--pattern",
            value=pattern,
            expected="named groups, one a column",
            hint=r"such as 'epoch (?P<step>\d+) .* acc (?P<train_acc>\S+)/(?P<val_acc>\S+)'",
        )
    at = [k for k, line in enumerate(lines) if compiled.search(line)]
    rows = [found.groupdict() for k in at if (found := compiled.search(lines[k]))]
    if not rows:
        raise InvalidInput(
            field="--pattern",
            value=pattern,
            expected=f"a pattern that is found in lines of {path}",
            hint=f"its first line is {next((line for line in lines if line.strip()), '')[:80]!r}",
        )
    parameters = {name: value for line in lines[: at[0]] for name, value in assigned(line).items()}
    reading = read_hyperparameters(parameters, path)
    return RawRun(pd.DataFrame(rows), reading.fields(), (f"{len(rows)} lines are read by --pattern", *reading.notes))


def _measurements(lines: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]:
    """Return the measurements, parameters that were printed before them, and notes."""
    rows, parameters, notes = _rows(lines)
    if rows or not (numbered := numbered_by_step(lines)):
        return rows, parameters, notes
    rows, parameters, notes = _rows(numbered)
    return rows, parameters, (*notes, "the number at the beginning of a line is read as step")


def _rows(lines: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]:
    rows: list[dict[str, Any]] = []
    bracketed: list[int] = []  # rows in which a percentage in brackets is taken as an accuracy
    parameters: dict[str, Any] = {}
    heading: dict[str, Any] = {}  # the newest step, and the newest on a line of its own
    alone: dict[str, Any] = {}
    within: float | None = None  # the steps in an epoch, where the newest step counts within one
    section = ""  # the split that a line of its own says of those after it
    notes: dict[str, None] = {}
    for plain in lines:
        line = named_in_line(plain)
        values, totals, is_bar = _pairs(line)
        place = {key: value for key, value in values.items() if counts(key)}
        if section and (not place or place.items() <= heading.items()):
            values, totals, is_bar = _pairs(line, section)
        metrics = {key: value for key, value in values.items() if key not in place}
        if is_bar:
            notes["a count such as 1000/20000 is read as step"] = None
        if place:
            section = section if metrics and place.items() <= heading.items() else ""
            heading, within = _joined(place, totals, heading, within, alone)
        if place and not metrics:
            alone = heading
            continue
        section = section_of(plain) or section
        if not heading:
            parameters |= {} if rows else assigned(line)
            continue
        if not metrics:
            continue
        if not place and heading is not alone and not any(canonical_name(key) for key in metrics):
            continue
        row = heading | metrics
        bracketed += [len(rows)] if line != plain else []
        rows.append(row | ({_STEP_WITHIN: within} if within else {}))
    _leave_out_progress([rows[k] for k in bracketed], notes)
    return _with_global_steps(rows, notes), parameters, tuple(notes)


def _joined(
    place: dict[str, Any],
    totals: Mapping[str, float],
    last: Mapping[str, Any],
    within: float | None,
    alone: Mapping[str, Any],
) -> tuple[dict[str, Any], float | None]:
    """Return a place and the steps in its epoch: a step is of the epoch that stands alone above it, an epoch at its last step."""
    steps = {key for key in place if canonical_name(key) == "step"}
    if not steps and place.items() <= last.items():
        return {**last}, within
    total = next(iter(totals.values()), None)
    if steps == set(place):
        place = {key: value for key, value in alone.items() if canonical_name(key) != "step"} | place
    return place, total


def _without_cut_end(rows: list[dict[str, Any]], lines: Sequence[str]) -> tuple[str, ...]:
    """Take out the last row where its line was cut off: it has no end, and less of what a row before it has."""
    if len(rows) < 3 or not rows[-1].items() >= {**_pairs(lines[-1])[0]}.items():
        return ()
    *before, last = [set(row) for row in rows]
    if last in before or not any(last < row for row in before):
        return ()
    rows.pop()
    return (f"the last line is cut off and left out: {lines[-1].strip()[:40]}",)


def _leave_out_progress(rows: list[dict[str, Any]], notes: dict[str, None]) -> None:
    """Take percentages in brackets out of rows where they are steps done of all, `step 500 loss 0.3 (5%)`."""
    for name in {key for row in rows for key in row if (like := metric_like(key)) and like[0] == "accuracy"}:
        if any(_rises_with(counter, name, rows) for counter in {key for row in rows for key in row if counts(key)}):
            notes["a percentage in brackets that rises as the steps do is progress, and is left out"] = None
            for row in rows:
                row.pop(name, None)
        else:
            notes[NOTE] = None


def _rises_with(counter: str, name: str, rows: list[dict[str, Any]]) -> bool:
    """Return True if percentages are the same share of a count in every row, to a point; those of a few percent show nothing."""
    pairs = [(row[counter], float(str(row[name]).rstrip("% "))) for row in rows if counter in row and name in row]
    last, percent = max(pairs, default=(0, 0))
    return last > 0 and percent >= 5 and all(abs(share - percent * count / last) <= 1 for count, share in pairs)


def _with_global_steps(rows: list[dict[str, Any]], notes: dict[str, None]) -> list[dict[str, Any]]:
    """Count steps that begin anew in each epoch (`Epoch [2/10], Step [100/600]`) from the first."""
    totals = [row.pop(_STEP_WITHIN, None) for row in rows]
    steps = [next((key for key in row if canonical_name(key) == "step"), None) for row in rows]
    if any(steps) and not all(steps):
        notes[f"{steps.count(None)} lines that name an epoch and no step are left out"] = None
    places = [
        (row, step, next((key for key in row if is_epoch(key)), None), within)
        for row, step, within in zip(rows, steps, totals, strict=True)
        if step
    ]
    if not places:
        return rows
    counted = [(row[epoch], row[step]) for row, step, epoch, _ in places if epoch]
    if not _rise_over_epochs(counted):
        is_from_0 = bool(counted) and counted[0][0] == 0
        for row, step, epoch, within in places:
            if epoch and within and within > 1 and row[step] <= within:
                row[step] += (row[epoch] if is_from_0 else max(row[epoch] - 1, 0)) * within
                notes[f"{step} counts within an epoch of {within:g}: counted on from epoch to epoch"] = None
    return [row for row, *_ in places]


def _rise_over_epochs(counted: Sequence[tuple[float, float]]) -> bool:
    """Return True if the steps of each epoch are beyond those of the epochs before it: they are counted from the first already."""
    each: dict[float, list[float]] = {}
    for epoch, step in counted:
        each.setdefault(epoch, []).append(step)
    ordered = [each[epoch] for epoch in sorted(each)]
    return len(ordered) > 1 and all(max(before) < min(after) for before, after in pairwise(ordered))


def _pairs(line: str, section: str = "") -> tuple[dict[str, Any], dict[str, float], bool]:
    """Return the values of a line by their names, the totals of those that count (`3/100`), and whether a bar gave the step.

    `section` is the split of values that the line itself gives none.
    """
    if (dictionary := _DICTIONARY.search(line)) and (found := _of_dictionary(dictionary[0])):
        before, _, _ = _pairs(line[: dictionary.start()])
        return {k: v for k, v in before.items() if counts(k)} | found, {}, False
    text = _SPLIT_BRACKETS.sub(_of_split, plain_line(line))
    bar = _BAR.search(text) or _COUNT.match(text) or _ENDLESS_BAR.match(text)
    if bar:
        is_of_validation = _OF_VALIDATION.search(text[: bar.start()]) is not None
        text = text[: bar.start()] + " | " + text[bar.end() :]
    text = _KERAS_BAR.sub(" | ", text)
    values: dict[str, Any] = {}
    totals: dict[str, float] = {}
    keyed = [*_keyed(text, section)]
    times = Counter(key for key, *_ in keyed)
    if any(n > 1 and metric_like(key) and not canonical_name(key) for key, n in times.items()):
        keyed = [*_keyed(text, section, is_carried=True)]  # `train loss 1 | acc 0 | val loss 2 | acc 0`
    for key, number, of in keyed:
        if of is not None and counts(key):
            totals = {key: of} if canonical_name(key) == "step" else totals
        elif of is not None:
            if not _is_share(key, number, of):
                continue
            number = number / of
        values.setdefault(key, number)
    is_bar = bar is not None and not is_of_validation and not any(counts(key) for key in values)
    if bar and is_bar:
        done = bar["done"]
        values = {"step": float(done.rstrip("kM")) * _SCALES.get(done[-1], 1.0)} | values
    return values, totals, is_bar


def _of_split(found: re.Match[str]) -> str:
    return f" | {found['split']}: {found['inside']} | " if split_word(found["split"]) else found[0]


def _is_share(key: str, number: Any, of: float) -> bool:
    """Return True for correct answers of all: `Accuracy: 97/1400`, not `0.9/0.1`."""
    like = metric_like(key)
    is_count = isinstance(number, float) and number.is_integer() and of.is_integer() and of > 1
    return like is not None and like[0] == "accuracy" and is_count and 0 <= number <= of


def _keyed(text: str, section: str, *, is_carried: bool = False) -> Iterator[tuple[str, Any, float | None]]:
    """Yield name, value and total of the numbers in a text: a number's name is the words before it.

    A split holds for the values next to its own; for all up to the next split where it `is_carried`.
    """
    at, split, near = 0, "", ""  # `train: loss 1, acc 0`, `train loss 1 acc 0`
    lead = _lead(text, section)  # `[Train] loss 1 | acc 0`
    for found in _VALUE.finditer(text):
        between = text[at : found.start()]
        at = found.end()
        if _UNIT.match(text, at):
            at = _UNIT.match(text, at).end()  # type: ignore[union-attr]
            continue
        segments, borders = _BORDERS.split(between), _BORDERS.findall(between)
        if any(border != "," for border in borders):
            split = ""
        segment = segments[-1]
        if not segment.strip(" =:") and len(segments) > 1 and text[found.start() - 1] in "[(":
            segment = segments[-2]  # `Epoch [3/100]`
        key, split = _key(segment, split, near if is_carried or not borders else "", lead)
        first, *_, last = key.split(" ") if " " in key else ("", "")
        if split_word(last) and not borders:
            split = key.removesuffix(f" {last}")  # `loss train 2.3 val 2.4`
        near = split_word(first) or (near if is_carried or not (first or borders) else "")
        if key and not (found["scale"] and not counts(key)):
            value: Any = _float(found["number"]) * _SCALES.get(found["scale"], 1.0)
            yield (
                key,
                f"{found['number']}%" if found["percent"] else value,
                _float(found["of"]) if found["of"] else None,
            )


def _lead(text: str, section: str) -> str:
    """Return the split that the first word of a line, or else the section, says of all its values; empty where others are named too."""
    found = _LEAD.match(text)
    split = (split_word(found["split"]) if found else "") or section
    named = {signal for word in re.findall(r"[A-Za-z]+", text) if (signal := canonical_name(f"{word}_loss"))}
    return split if not named - {canonical_name(f"{split}_loss")} else ""


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
    pieces[-1] = re.sub(r"^.*(?<![\w.])\d\S*\s+(?=[A-Za-z])", "", pieces[-1])  # `1.2GB train_loss`
    joined = [" ".join(pieces[k:]) for k in range(len(pieces))]
    candidates = [*joined, *(f"{said} {pieces[-1]}" for said in (split, near, lead) if said)]
    if set(" ".join(candidates).lower().replace("_", " ").split()) & _QUALIFIERS:
        return joined[0], split
    return next((name for name in candidates if canonical_name(name) or counts(name)), joined[-1]), split


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


def _unreadable(lines: Sequence[str], path: str) -> InvalidInput:
    """Refuse a log whose lines say no metric, with what would read the kind of line that it has most of."""
    kinds = Counter(_VALUE.sub("#", line) for line in lines[:2000] if len(_VALUE.findall(line)) > 1)
    kind = max(kinds, key=lambda k: (kinds[k], k.count("#")), default="")
    sample = next((line for line in lines if _VALUE.sub("#", line) == kind), next((s for s in lines if s.strip()), ""))
    pattern = _suggested(LEVEL.sub("", CLOCK.sub("", sample)).strip())
    n_numbers = kind.count("#")
    if kind and not re.search(r"[^\W\d_]", kind):
        way_out = f"columns of numbers? name the {n_numbers} with --columns, such as --columns step,train_acc,val_acc"
    elif pattern:
        way_out = f"name its values with --pattern '{pattern}'"
    else:
        way_out = r"name its values with --pattern, such as 'step (?P<step>\d+) .* acc (?P<train_acc>\S+) .* (?P<val_acc>\S+)'"
    return InvalidInput(
        field=path,
        value=f"lines such as {sample.strip()[:80]!r}" if sample.strip() else "no line that can be read",
        expected="step=100 train_acc=0.9 val_acc=0.1, a table, or JSON",
        hint=way_out,
    )


def _suggested(line: str) -> str:
    """Return a pattern with a group for each number of a line; two under one word, `0.9/0.1`, are taken as training's and validation's."""
    numbers = list(_NUMBER_ALONE.finditer(line))
    between = [line[a:b] for a, b in pairwise([0, *(at for n in numbers for at in n.span())])][::2]
    words = [(re.findall(r"[A-Za-z_]+", text) or [""])[-1].lower() for text in between]
    names: list[str] = []
    for k, word in enumerate(words):
        is_second, is_first = k and not word, k + 1 < len(words) and not words[k + 1]
        said = words[k - 1] if is_second else word
        split = (canonical_name(f"{said}_loss") or "").removesuffix("_loss")
        if not k:
            names.append("epoch" if word.startswith("ep") else "step")
        elif split:
            names.append(f"{split}_loss" if is_first else f"{split}_acc")
        else:
            names.append(f"val_{said}" if is_second else f"train_{said}" if is_first else said)
    if len(set(names)) < max(len(names), 2) or not all(name.isidentifier() for name in names):
        return ""
    parts = [re.sub(r"(\\?\s)+", r"\\s+", re.escape(text)) for text in between]
    return "".join(rf"{part}(?P<{name}>[^\s/,;)]+)" for part, name in zip(parts, names, strict=True))
