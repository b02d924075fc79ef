"""Which split each of several values under one name is of, where a text says it once: `(train/val)`, a line `Train | Val`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from training_runs.metric_names import canonical_name, metric_like
from training_runs.readers.log_lines import NUMBER, SPLIT

# `train/val`, `(train, test)`, `[tr|te]`, `train/val/test`; commas divide in brackets only.
_ORDER = re.compile(
    rf"(?<![\w/|&.-])(?P<open>[(\[]\s*)?(?P<first>{SPLIT})\s*(?P<by>[/|&,])\s*(?P<second>{SPLIT})(?:\s*(?P=by)\s*(?P<third>{SPLIT}))?(?![\w/|&.])",
    re.IGNORECASE,
)
_HEADING = re.compile(
    rf"^\W*(?P<first>{SPLIT})[\s|]+(?P<second>{SPLIT})(?:[\s|]+(?P<third>{SPLIT}))?\W*$", re.IGNORECASE
)
# What follows where shares or sets of data are meant: `train/test split: 0.3/0.7`, `(train, val) loaders`
_OF_DATA = re.compile(
    r"\s*[)\]]?\s*(?:(?:data|split|ratio|frac|size|set|sample|example|load|partition|and\b)|[:=]?\s*[-+.]?\d)",
    re.IGNORECASE,
)
_OF_METRIC = re.compile(r"(?:loss|acc|accuracy)\s*$", re.IGNORECASE)
_VALUE = re.compile(rf"(?:{NUMBER})\s?%?", re.IGNORECASE)


class Several(str):
    """What stands where a metric has one value: `0.9/0.1`, `(0.9, 0.1)`. Whose each is, its own name does not say."""

    @property
    def values(self) -> list[str]:
        """The values, as they are written."""
        return _VALUE.findall(self)


def order_of_splits(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the splits in the one order in which lines name them together; none where they name none, or several orders.

    >>> order_of_splits(["loss and acc: train/val", "step 100 loss 2.5/2.75"])
    ('train', 'val')
    >>> order_of_splits(["train/test split: 0.3/0.7"]), order_of_splits(["train/val", "val/train"])
    ((), ())
    """
    found: set[tuple[str, ...]] = set()
    for line in lines:
        named = [each for each in _ORDER.finditer(line) if each["by"] != "," or each["open"]]
        heading = _HEADING.match(line)
        said = [e for e in named if _OF_METRIC.search(line[: e.start()]) or not _OF_DATA.match(line, e.end())]
        said += [heading] if heading else []
        found |= {tuple(split.lower() for split in each.group("first", "second", "third") if split) for each in said}
    order = found.pop() if len(found) == 1 else ()
    return order if len({canonical_name(f"{split}_loss") for split in order[:2]}) == 2 else ()


def names_by_order(name: str, several: Iterable[Several], order: Sequence[str]) -> Mapping[str, int]:
    """Return the names of the values under one name, by the order of splits, and their places; none where they do not fit it."""
    like = metric_like(name)
    names = {f"{split} {name}": k for k, split in enumerate(order)}
    is_bare = like is not None and like[1] is None and all(map(canonical_name, names))
    return names if is_bare and names and all(len(each.values) == len(order) for each in several) else {}


def by_order(rows: Sequence[dict[str, Any]], lines: Iterable[str]) -> tuple[str, ...]:
    """Name the several values in rows by the order of splits that the lines of their text say, and say so."""
    several: dict[str, list[Several]] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, Several):
                several.setdefault(name, []).append(value)
    order = order_of_splits(lines) if several else ()
    notes = []
    for name, values in several.items():
        names = names_by_order(name, values, order)
        for row in rows:
            if names and isinstance(pair := row.get(name), Several):
                row.pop(name)
                row.update({split: pair.values[k].replace(",", "") for split, k in names.items()})
        if names:
            notes.append(
                f"{name} such as {values[0]} is read as {' and '.join(names)}: the text says {'/'.join(order)}"
            )
    return tuple(notes)
