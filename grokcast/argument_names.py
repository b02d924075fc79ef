"""Options of the command line, which readers name, as the arguments of `grokcast.forecast` that they are."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training_runs.errors import InvalidInput

# In this order. What follows an option is its value where it can be told from the sentence that goes on.
_ARGUMENTS = (
    (r"--map '(.+?)=([\w-]+)'", r'names={"\1": "\2"}'),
    (r"--map COLUMN=(\w+)", r'names={COLUMN: "\1"}'),
    (r"--map\b", "names"),
    (r"--(percent|sort)\b", r"\1=True"),
    (r"--columns (\w+(?:,\w+)+)", r'columns="\1"'),
    (r"--pattern '", "pattern='"),
    (r"--run-column (\S+)$", r'run_column="\1"'),
    (r"--steps-per-epoch (N|1)\b", r"steps_per_epoch=\1"),
    (r"--run, or --run all", "run"),
    (r"--([a-z]+)-([a-z]+)-([a-z]+)\b", r"\1_\2_\3"),
    (r"--([a-z]+)-([a-z]+)\b", r"\1_\2"),
    (r"--([a-z]+)\b", r"\1"),
    (r"\bHISTORY\b", "source"),
)


def in_arguments(text: str) -> str:
    """Return a sentence with arguments in the place of options.

    >>> in_arguments("is acc validation accuracy? --map 'acc=val_acc'")
    'is acc validation accuracy? names={"acc": "val_acc"}'
    >>> in_arguments("if these are epochs: --steps-per-epoch N")
    'if these are epochs: steps_per_epoch=N'
    """
    for option, argument in _ARGUMENTS:
        text = re.sub(option, argument, text)
    return text


def with_arguments(error: "InvalidInput") -> "InvalidInput":
    """Return an error of a reader as one about a call."""
    from training_runs.errors import InvalidInput

    said: dict[str, Any] = {name: in_arguments(getattr(error, name)) for name in ("field", "expected", "hint")}
    return InvalidInput(value=error.value, **said)
