"""The option `--pattern`: a log read by a regular expression, and the expression that would read one that is refused."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.metric_names import canonical_name
from training_runs.readers.line_values import VALUE, assigned
from training_runs.readers.log_lines import CLOCK, LEVEL, NUMBER
from training_runs.readers.points_in_words import shape_of_points
from training_runs.readers.recording import RawRun
from training_runs.readers.step_lists import counts

_COUNTED_BEHIND = re.compile(r"\s*(?:%|steps?\b|iter|epochs?\b|updates?\b)")
_NUMBER_ALONE = re.compile(rf"(?<![\w.])(?:{NUMBER})(?![\w]|\.\d)", re.IGNORECASE)


def read_by_pattern(lines: Sequence[str], path: str, pattern: str) -> RawRun:
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
    found = {k: match.groupdict() for k, line in enumerate(lines) if (match := compiled.search(line))}
    rows = list(found.values())
    if not rows:
        raise InvalidInput(
            field="--pattern",
            value=pattern,
            expected=f"a pattern that is found in lines of {path}",
            hint=f"its first line is {next((line for line in lines if line.strip()), '')[:80]!r}",
        )
    parameters = {name: value for line in lines[: min(found)] for name, value in assigned(line).items()}
    reading = read_hyperparameters(parameters, path)
    return RawRun(pd.DataFrame(rows), reading.fields(), (f"{len(rows)} lines are read by --pattern", *reading.notes))


def unreadable(lines: Sequence[str], path: str) -> InvalidInput:
    """Refuse a log whose lines say no metric, with what would read the kind of line that it has most of."""
    kinds = Counter(VALUE.sub("#", line) for line in lines[:2000] if len(VALUE.findall(line)) > 1)
    kind = max(kinds, key=lambda k: (kinds[k], k.count("#")), default="")
    sample = next((line for line in lines if VALUE.sub("#", line) == kind), next((s for s in lines if s.strip()), ""))
    told = shape_of_points(lines)
    pattern = _suggested(LEVEL.sub("", CLOCK.sub("", sample)).strip())
    n_numbers = kind.count("#")
    if kind and not re.search(r"[^\W\d_]", kind):
        way_out = f"columns of numbers? name the {n_numbers} with --columns, such as --columns step,train_acc,val_acc"
    elif told and not pattern:
        way_out = f"say it as a line for each checkpoint, such as '{told}'"
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
    is_counted = counts(names[0]) and not _COUNTED_BEHIND.match(line[numbers[0].end() :]) if names else False
    if len(set(names)) < max(len(names), 2) or not all(map(str.isidentifier, names)) or not is_counted:
        return ""
    parts = [re.sub(r"(\\?\s)+", r"\\s+", re.escape(text)) for text in between]
    return "".join(rf"{part}(?P<{name}>[^\s/,;)]+)" for part, name in zip(parts, names, strict=True))
