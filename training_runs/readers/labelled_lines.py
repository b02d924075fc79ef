"""Logs of several runs in turn, whose lines begin with the run's label: `[seed 0] step 100 ...`, `run A: step 100 ...`."""

import re
from collections.abc import Callable, Sequence

_LABEL = re.compile(
    r"^\W{0,3}(?P<label>(?:run|seed|exp|experiment|trial|fold|model|config|job)[ _=#:-]{1,2}[\w.+-]{1,40}?)\s*[\]):|,>-]+\s*(?P<rest>.*)$",
    re.IGNORECASE,
)


def runs_of_lines(lines: Sequence[str], is_measured: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return the lines of each run by its label; none where there are not several, or a line of values has no label.

    >>> runs_of_lines(["seed 0: step 1 loss 3", "seed 1: step 1 loss 2"], lambda line: "loss" in line)
    {'seed 0': ['step 1 loss 3'], 'seed 1': ['step 1 loss 2']}
    """
    found = [(line, _LABEL.match(line)) for line in lines]
    if len({label["label"].lower() for _, label in found if label}) < 2:
        return {}
    runs: dict[str, list[str]] = {}
    for line, label in found:
        if label:
            runs.setdefault(label["label"], []).append(label["rest"])
        elif is_measured(line):
            return {}
    measured = {name: rest for name, rest in runs.items() if any(map(is_measured, rest))}
    return measured if len(measured) > 1 else {}
