"""Logs as programs print them: `step=100 train_loss=3.2`, `Epoch 3/100: loss 0.3`, `step 100 | val acc 0.5`, progress bars."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.metric_names import canonical_name, is_epoch, meaning_of, metric_like
from training_runs.readers.bracketed_shares import NOTE, named_in_line
from training_runs.readers.cells import unwrapped
from training_runs.readers.cut_numbers import ends_in_cut_number
from training_runs.readers.labelled_lines import runs_of_lines
from training_runs.readers.line_values import assigned, pairs_of
from training_runs.readers.log_lines import (
    has_misread_step,
    numbered_by_step,
    section_of,
    without_a_value,
    without_asides,
)
from training_runs.readers.log_patterns import read_by_pattern, unreadable
from training_runs.readers.loss_scales import is_on_another_scale
from training_runs.readers.points_in_words import a_step_a_line, with_their_heading
from training_runs.readers.recording import RawRun, ReadOptions
from training_runs.readers.split_orders import Several, by_order
from training_runs.readers.step_lists import counts
from training_runs.readers.thousands import without_points_in_steps
from training_runs.readers.wrapped_lines import with_whole_lines

# Of full width, the minus, and double bars.
_PLAIN_SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x2212: "-", 0x2016: "|", 0x2551: "|"}
_BEHIND_A_LETTER = re.compile(r"(?<=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])(?=[\d.])")  # which has no blank there
_WORD = re.compile(r"\w")
_STEP_WITHIN = "step of the epoch"


def read_text_log(text: str, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the run that a program printed, or those of several in turn: a row for each line with a step or an epoch and a value.

    A line that only names an epoch or step holds for the lines after it. Parameters printed before the first row are its context.

    Raises
    ------
    InvalidInput : no such lines, values that belong to several metrics under one name, or a pattern that does not fit.
    """
    lines = _lines(text)
    if options.pattern:
        return {name: read_by_pattern(lines, path, options.pattern)}
    runs = runs_of_lines(lines, lambda line: any(map(_is_measured, pairs_of(line)[0])))
    if runs:
        return {run: _read(held, path, text) for run, held in runs.items()}
    return {name: _read(lines, path, text)}


def _read(lines: list[str], path: str, text: str) -> RawRun:
    """Return the run of lines of a text."""
    lines, of_commas = _with_decimal_points(lines)
    whole, of_width = with_whole_lines(lines, _signals_of)
    rows, parameters, notes = _measurements(whole)
    of_length = ("lines of over 5,000 characters are left out",) if _LONG_LINE.search(text) else ()
    notes = (
        *of_commas,
        *of_width,
        *of_length,
        *notes,
        *(() if text.endswith(("\n", "\r")) else _without_cut_end(rows, whole)),
    )
    notes = (*notes, *by_order(rows, lines), *_without_several(rows))
    names = {key: canonical_name(key) for row in rows for key in row if not counts(key)}
    if not any(signal or metric_like(key) or is_on_another_scale(key) for key, signal in names.items()):
        raise unreadable(lines, path)
    table = pd.DataFrame(rows)
    read = f"{len(rows)} of {sum(bool(line.strip()) for line in lines)} lines are read as measurements"
    reading = read_hyperparameters(parameters, path)
    return RawRun(table, reading.fields(), (read, *notes, *reading.notes))


# No line of measurements is that long. Expressions take time by the square of a line, and hold up every thread meanwhile.
_LONG_LINE = re.compile(r"[^\n\r\x08]{5001,}")


def has_measurements(text: str) -> bool:
    """Return True if lines of a text name a step or an epoch and values."""
    return bool(_measurements(_lines(text[:100_000]))[0])


def _lines(text: str) -> list[str]:
    """Return the lines of a text, with signs of the usual width: `：` is `:`. Backspaces, as bars are written over, end one."""
    text = _LONG_LINE.sub("", text).translate(_PLAIN_SIGNS)
    text = text if text.isascii() else _BEHIND_A_LETTER.sub(" ", text)
    return re.split(r"\r*\n|\r+|\x08{2,}", unwrapped(text))


def _signals_of(line: str) -> set[str]:
    """Return the signals that a line names, and `step`."""
    return {signal for key in pairs_of(line)[0] if (signal := "step" if counts(key) else canonical_name(key))}


def _with_decimal_points(lines: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return lines with points for decimal commas where `0,98` is written and `0.98` is not, and a note."""
    text = "\n".join(lines)
    is_told = re.search(r"(?<![\w.,])0,\d+(?![\w,])", text) or (
        re.search(r"(?<![\w.,])\d{1,3},\d{1,2}\s?%", text) and not re.search(r"(?<![\w.,])\d+\.\d{1,2}(?!\d)", text)
    )
    if not is_told or re.search(r"(?<![\w.,])0\.\d", text):
        plain = without_points_in_steps(text)
        is_changed = plain != text
        return (plain.split("\n"), ("points are read as separators of thousands",)) if is_changed else (lines, ())
    text = re.sub(r"(?<![\d.,])(\d{1,3})\.(\d{3})(?![\d.,])", r"\1\2", text)
    return re.sub(r"(?<=\d),(?=\d)", ".", text).split("\n"), ("commas are read as decimal points",)


def _measurements(lines: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]:
    """Return the measurements, parameters that were printed before them, and notes."""
    lines, of_others = without_asides(lines)
    lines, of_sentences = a_step_a_line(with_their_heading(lines))
    rows, parameters, notes = _measured(lines)
    return rows, parameters, (*of_others, *of_sentences, *notes)


def _measured(lines: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]:
    if (ordered := _with_steps_first(lines)) is not None:
        rows, parameters, notes = _rows(ordered)
        return rows, parameters, (*notes, "the lines of a block are of the step that one of them names")
    if (ordered := _with_values_behind_steps(lines)) is not None:
        rows, parameters, notes = _rows(ordered)
        return rows, parameters, (*notes, "lines without a step are of the step that is printed behind them")
    rows, parameters, notes = _rows(lines)
    if rows or not (numbered := numbered_by_step(lines)):
        return rows, parameters, notes
    rows, parameters, notes = _rows(numbered)
    return rows, parameters, (*notes, "the number at the beginning of a line is read as step")


def _with_steps_first(lines: Sequence[str]) -> list[str] | None:
    """Return lines with the step of each block, `name: value` lines up to a blank one or a rule, as its first.

    None where a block has several steps or none, or where steps stand first already.
    """
    ordered: list[str] = []
    moved = 0
    for is_within, block in groupby(lines, key=lambda line: _WORD.search(line) is not None):
        found = [*block]
        first, place = None, None  # the first line with a metric, and the one with the step
        is_measured = False
        for k, line in enumerate(found if is_within else ()):
            values = pairs_of(line)[0]
            if any(map(counts, values)):
                if place is not None or not all(map(counts, values)):
                    return None
                place = k
            elif first is None and any(map(metric_like, values)):
                first = k
            is_measured |= any(map(canonical_name, values))
        if is_measured and place is None:
            return None
        if first is not None and place is not None:
            found.insert(0, found.pop(place))
            moved += first < place
        ordered += found
    return ordered if moved > 1 else None


def _with_values_behind_steps(lines: Sequence[str]) -> list[str] | None:
    """Return lines of values behind the next line with a step, where a log begins with the first and ends with the second.

    Such a program evaluates, prints that, and prints the step at last. None for a log of any other order.
    """
    ordered: list[str] = []
    waiting: list[str] = []
    groups = 0
    for line in lines:
        values = pairs_of(line)[0]
        has_step = any(map(counts, values))
        if has_step and (groups == 0 and not waiting or all(map(counts, values))):
            return None
        if has_step:
            ordered += [line, *waiting]
            groups, waiting = groups + bool(waiting), []
        elif any(map(canonical_name, values)):
            waiting.append(line)
        else:
            ordered.append(line)
    return ordered if groups >= 3 and not waiting else None


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
        values, totals, is_bar = pairs_of(line)
        place = {key: value for key, value in values.items() if counts(key)}
        if not place and has_misread_step(line):
            notes[f"lines whose step is no number are left out, such as {line.strip()[:40]}"] = None
            heading = alone = {}
        if section and (not place or place.items() <= heading.items()):
            values, totals, is_bar = pairs_of(line, section)
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
        if not place and heading is not alone and not any(map(_is_measured, metrics)):
            continue
        if any(value != value for value in metrics.values()):
            notes |= dict.fromkeys(without_a_value(line))
        row = heading | metrics
        bracketed += [len(rows)] if line != plain else []
        rows.append(row | ({_STEP_WITHIN: within} if within else {}))
    _leave_out_progress([rows[k] for k in bracketed], notes)
    return _with_global_steps(rows, notes), parameters, tuple(notes)


def _is_measured(name: str) -> bool:
    return canonical_name(name) is not None or is_on_another_scale(name)


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


def _without_several(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Take out of rows the metrics that have several values in a line, of which none is known to be the metric, and say so."""
    several = {key: value for row in rows for key, value in row.items() if isinstance(value, Several)}
    for row in rows:
        for key in several:
            row.pop(key, None)
    return tuple(
        f"{key} is left out: it has several values, such as {value}; --pattern names them"
        for key, value in several.items()
    )


def _without_cut_end(rows: list[dict[str, Any]], lines: Sequence[str]) -> tuple[str, ...]:
    """Take out the last row where its line was cut off: it has no end, and less of what a row before it has, or of a number."""
    if len(rows) < 3 or not rows[-1].items() >= {**pairs_of(lines[-1])[0]}.items():
        return ()
    *before, last = [set(row) for row in rows]
    is_shorter = last not in before and any(last < row for row in before)
    if not is_shorter and not ends_in_cut_number(lines):
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
    n_without = steps.count(None)
    if n_without > len(rows) / 2:
        if n_without < len(rows):
            notes[f"{len(rows) - n_without} lines that name a step and no epoch are left out"] = None
        return [row for row, step in zip(rows, steps, strict=True) if step is None]
    if n_without and _begin_again_without_epochs(rows, steps):
        notes[f"{len(rows) - n_without} lines with steps that begin again, and no epoch, are left out"] = None
        return [row for row, step in zip(rows, steps, strict=True) if step is None]
    if n_without:
        notes[f"{n_without} lines that name an epoch and no step are left out"] = None
    places = [
        (row, step, next((key for key in row if is_epoch(key)), None), within)
        for row, step, within in zip(rows, steps, totals, strict=True)
        if step
    ]
    counted = [(row[epoch], row[step]) for row, step, epoch, _ in places if epoch]
    if not _rise_over_epochs(counted):
        is_from_0 = bool(counted) and counted[0][0] == 0
        for row, step, epoch, within in places:
            if epoch and within and within > 1 and row[step] <= within:
                row[step] += (row[epoch] if is_from_0 else max(row[epoch] - 1, 0)) * within
                notes[f"{step} counts within an epoch of {within:g}: counted on from epoch to epoch"] = None
    return _with_steps_of_one_name([row for row, *_ in places])


def _begin_again_without_epochs(rows: Sequence[dict[str, Any]], steps: Sequence[str | None]) -> bool:
    """Return True if steps that fall back stand in lines without epochs, as bars within an epoch do, beside lines of epochs."""
    counted = [row[step] for row, step in zip(rows, steps, strict=True) if step]
    has_epochs = any(step and any(map(is_epoch, row)) for row, step in zip(rows, steps, strict=True))
    return not has_epochs and sum(b < a for a, b in pairwise(counted)) >= max(steps.count(None) - 1, 1)


def _with_steps_of_one_name(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows whose steps have one name: of `step 100 ... val 3` and `iter 100 ... loss 2` that of the surer kind."""
    found = [sorted((key for key in row if canonical_name(key) == "step"), key=_rank) for row in rows]
    names = {keys[0] for keys in found if keys}
    if len(names) < 2:
        return rows
    name = min(names, key=_rank)
    return [
        {name: row[keys[0]], **{key: value for key, value in row.items() if key not in keys}} if keys else row
        for row, keys in zip(rows, found, strict=True)
    ]


def _rank(step: str) -> int:
    meaning = meaning_of(step)
    return meaning.rank if meaning else 0


def _rise_over_epochs(counted: Sequence[tuple[float, float]]) -> bool:
    """Return True if the steps of each epoch are beyond those of the epochs before it: they are counted from the first already."""
    each: dict[float, list[float]] = {}
    for epoch, step in counted:
        each.setdefault(epoch, []).append(step)
    ordered = [each[epoch] for epoch in sorted(each)]
    return len(ordered) > 1 and all(max(before) < min(after) for before, after in pairwise(ordered))
