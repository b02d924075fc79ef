"""Which function measures which signal, and what it reads of the networks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from training_runs.signals import SIGNALS

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True)
class Measure:
    """A probe function: the signals that it returns, in order, and the attributes of a `Checkpoint` that it is called with."""

    signals: tuple[str, ...]
    reads: tuple[str, ...]
    function: Function


MEASURES: list[Measure] = []


def measures(*signals: str, reads: tuple[str, ...]) -> Callable[[F], F]:
    """Register a function as the probe of a signal, or of several that it returns as a tuple.

    Raises ValueError for a name that is not in `training_runs.signals`, or that another function measures.
    """
    taken = {name for measure in MEASURES for name in measure.signals}
    for name in signals:
        if name not in SIGNALS or name in taken:
            problem = "is measured by another probe" if name in taken else "is no row of training_runs/signals.py"
            raise ValueError(f"the signal {name!r} {problem}")

    def register(function: F) -> F:
        MEASURES.append(Measure(signals, reads, function))
        return function

    return register
