"""The metric history of one run, checked once, at birth.

The only unit of time is the optimiser step. Names of things in time end in `_step` (absolute) or `_steps` (a
duration); counts of checkpoints end in `_evals`. A missing value is NaN; infinity is not a value.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training_runs.errors import InvalidInput
from training_runs.signals import SIGNALS

FloatArray = NDArray[np.float64]
# What to do without a history.
NOT_BEGUN = "a run that has not begun is planned from its context: grokcast plan, POST /v1/plans"

# A float32 accuracy of 1 can come back as 1.0000001; more than this above 1 is a mistake.
ROUNDING = 1e-6

_RANGES = {
    name: (-math.inf if low is None else low, math.inf if high is None else high)
    for name, (low, high) in ((s.name, s.range) for s in SIGNALS.values())
}


class _Names(NamedTuple):
    """The signals that hold a value, in vocabulary order, and those that hold one at every step."""

    recorded: list[str]
    complete: frozenset[str]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Signals of one run over strictly increasing steps.

    Attributes
    ----------
    steps : int64, shape (n_evals,), strictly increasing, >= 0.
    signals : name of a signal -> float64, shape (n_evals,); NaN where it was not recorded.
    times : when each checkpoint was recorded, float64, shape (n_evals,), in seconds: since 1970, or since any moment that is
        the same for all; NaN where it is not known. None: of no checkpoint. No forecast reads it.

    Raises
    ------
    InvalidInput : steps that do not increase, lengths that differ, infinities, values out of a signal's range
        (percent accuracies are named as such), names outside `training_runs.signals.SIGNALS`.
    """

    steps: NDArray[np.int64]
    signals: Mapping[str, FloatArray]
    times: FloatArray | None = None

    def __init__(self, steps: ArrayLike, signals: Mapping[str, ArrayLike], times: ArrayLike | None = None) -> None:
        checked = _checked_steps(steps)
        columns = _sound_signals(signals, len(checked))
        if columns is None:  # one by one, to say what is wrong with which
            columns = {name: _checked_signal(name, signals[name], len(checked)) for name in signals}
        object.__setattr__(self, "steps", checked)
        object.__setattr__(self, "signals", MappingProxyType(columns))
        object.__setattr__(self, "times", None if times is None else _checked_times(times, len(checked)))

    def __len__(self) -> int:
        return len(self.steps)

    def __reduce__(self) -> tuple[Any, ...]:
        return Trajectory, (self.steps, dict(self.signals), self.times)

    @property
    def observed_until(self) -> int:
        """The last step of the history: nothing is known beyond it."""
        return int(self.steps[-1])

    def recorded(self, name: str) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the steps and values at which a signal was recorded; both empty where it never was."""
        values = self.signals.get(name)
        if values is None:
            return self.steps[:0], np.empty(0)
        if name in self._names.complete:
            return self.steps, values
        present = np.isfinite(values)
        return self.steps[present], values[present]

    def recorded_names(self) -> list[str]:
        """Return the signals that hold at least one value, in vocabulary order."""
        return list(self._names.recorded)

    @cached_property
    def _names(self) -> "_Names":
        names = [n for n in SIGNALS if n in self.signals]
        present = np.isfinite(np.array([self.signals[n] for n in names]).reshape(len(names), len(self.steps)))
        recorded, complete = (list(compress(names, which)) for which in (present.any(1), present.all(1)))
        return _Names(recorded, frozenset(complete))

    def prefix(self, landmark: int) -> "Trajectory":
        """Return the history up to and including a step: an object that no longer holds the future."""
        return self._at(slice(0, int(self.index_at(landmark)) + 1))

    def select(self, evals: ArrayLike) -> "Trajectory":
        """Return the history at some of its checkpoints only, given as increasing indices."""
        return self._at(np.asarray(evals, dtype=np.intp))

    def as_recorded(self) -> "Trajectory":
        """Return the history without signals, and times, of which nothing was recorded."""
        has_times = self.times is not None and not np.isnan(self.times).all()
        signals = {name: self.signals[name] for name in self._names.recorded}
        return _trusted(self.steps, signals, self.times if has_times else None)

    def followed_by(self, later: "Trajectory") -> "Trajectory":
        """Return the history with another after it.

        Raises
        ------
        InvalidInput : the other begins no later than this one ends.
        """
        if later.steps[0] <= self.observed_until:
            raise InvalidInput(
                field="history.step[0]", value=int(later.steps[0]), expected=f"more than {self.observed_until}"
            )
        names = [name for name in SIGNALS if name in self.signals or name in later.signals]
        block = np.full((len(names) + 1, len(self) + len(later)), np.nan)
        for part, columns in ((self, block[:, : len(self)]), (later, block[:, len(self) :])):
            for name, column in zip(names, columns, strict=False):
                if name in part.signals:
                    column[:] = part.signals[name]
            if part.times is not None:
                columns[-1] = part.times
        times = None if self.times is None and later.times is None else block[-1]
        return _trusted(np.concatenate([self.steps, later.steps]), dict(zip(names, block, strict=False)), times)

    def index_at(self, steps: ArrayLike) -> NDArray[np.intp]:
        """Return the index of the last checkpoint at or before each step; -1 before the first."""
        return np.asarray(np.searchsorted(self.steps, steps, side="right") - 1)

    def only(self, names: Collection[str]) -> "Trajectory":
        """Return the history with some of its signals only."""
        return _trusted(self.steps, {n: v for n, v in self.signals.items() if n in names}, self.times)

    def _at(self, index: Any) -> "Trajectory":
        # Copies, not views: a view's `.base` would still hold the future.
        times = None if self.times is None else self.times[index].copy()
        return _trusted(self.steps[index].copy(), {n: v[index].copy() for n, v in self.signals.items()}, times)


def _trusted(steps: NDArray[np.int64], signals: dict[str, FloatArray], times: FloatArray | None) -> Trajectory:
    """Build a trajectory from parts of one that was already checked."""
    trajectory = object.__new__(Trajectory)
    for array in (steps, *signals.values(), *(() if times is None else (times,))):
        array.setflags(write=False)
    object.__setattr__(trajectory, "steps", steps)
    object.__setattr__(trajectory, "signals", MappingProxyType(signals))
    object.__setattr__(trajectory, "times", times)
    return trajectory


def _checked_steps(steps: ArrayLike) -> NDArray[np.int64]:
    raw = _numbers("history.step", steps)
    if not len(raw):
        raise InvalidInput(field="history.step", value=[], expected="at least one step", hint=NOT_BEGUN)
    whole = np.isfinite(raw) & (raw == np.floor(raw)) & (raw >= 0) & (raw < 2**53)
    if not whole.all():
        i = int(np.argmin(whole))
        raise InvalidInput(
            field=f"history.step[{i}]", value=_plain(raw[i]), expected="a whole number from 0 on, below 2^53"
        )
    rising = np.diff(raw) > 0
    if not rising.all():
        i = int(np.argmin(rising)) + 1
        raise InvalidInput(
            field=f"history.step[{i}]",
            value=int(raw[i]),
            expected=f"more than history.step[{i - 1}], which is {int(raw[i - 1])}",
            hint="steps must be strictly increasing",
        )
    result = raw.astype(np.int64)
    result.setflags(write=False)
    return result


def _sound_signals(signals: Mapping[str, ArrayLike], n_evals: int) -> dict[str, FloatArray] | None:
    """Return all signals at once, which is twice as fast; None where anything is not as it should be."""
    if not signals or not signals.keys() <= SIGNALS.keys():
        return None
    try:
        block = np.array(list(signals.values()), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if block.shape != (len(signals), n_evals):
        return None
    # Of what is recorded: these two pass over NaN. NaN itself where nothing is.
    bottom, top = np.fmin.reduce(block, axis=1), np.fmax.reduce(block, axis=1)
    low, high = np.array([_RANGES[name] for name in signals]).T
    if (np.isinf(bottom) | np.isinf(top) | (bottom < low) | (top > high)).any():
        return None
    block.setflags(write=False)
    return dict(zip(signals, block, strict=True))


def _checked_signal(name: str, values: ArrayLike, n_evals: int) -> FloatArray:
    field = f"history.{name}"
    if name not in SIGNALS:
        raise InvalidInput(field=field, value=name, expected="a known signal", hint="docs/signals.md lists them")
    array = _numbers(field, values)
    if len(array) != n_evals:
        raise InvalidInput(field=field, value=f"{len(array)} values", expected=f"{n_evals}, one for each step")
    # Of what is recorded: these two pass over NaN. NaN itself where nothing is.
    bottom, top = float(np.fmin.reduce(array)), float(np.fmax.reduce(array))
    if math.isinf(bottom) or math.isinf(top):
        i = int(np.argmax(np.isinf(array)))
        raise InvalidInput(
            field=f"{field}[{i}]",
            value=_plain(array[i]),
            expected="a finite number, or null where it is missing",
        )
    return _in_range(name, field, array, bottom, top)


def _checked_times(times: ArrayLike, n_evals: int) -> FloatArray:
    array = _numbers("history.time", times)
    if len(array) != n_evals:
        raise InvalidInput(field="history.time", value=f"{len(array)} values", expected=f"{n_evals}, one for each step")
    if np.isinf(array).any():
        i = int(np.argmax(np.isinf(array)))
        raise InvalidInput(
            field=f"history.time[{i}]", value=_plain(array[i]), expected="seconds, or null where the time is missing"
        )
    array.setflags(write=False)
    return array


def _in_range(name: str, field: str, array: FloatArray, bottom: float, top: float) -> FloatArray:
    """Return the values of a signal, given the lowest and the highest of them, with what rounding did taken back."""
    low, high = _RANGES[name]
    if bottom < low - ROUNDING or top > high + ROUNDING:
        outside = (array < low - ROUNDING) | (array > high + ROUNDING)
        i = int(np.argmax(outside))
        is_share = SIGNALS[name].range == (0, 1)
        what = "accuracies" if SIGNALS[name].kind == "accuracy" else "values"
        percent = is_share and array[i] > 1 and top <= 100
        raise InvalidInput(
            field=f"{field}[{i}]",
            value=_plain(array[i]),
            expected=f"a number >= {low:g}" if math.isinf(high) else f"a number in [{low:g}, {high:g}]",
            hint=f"the {what} look like percent: divide them by 100" if percent else "",
        )
    if bottom < low or top > high:
        array = np.clip(array, low, high)
    array.setflags(write=False)
    return array


def _numbers(field: str, values: ArrayLike) -> FloatArray:
    """Copy to float64, None becoming NaN."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(field=field, value=str(values)[:60], expected="a list of numbers") from None
    if array.ndim != 1:
        raise InvalidInput(field=field, value=f"an array of shape {array.shape}", expected="a flat list of numbers")
    return array


def _plain(value: np.float64) -> float | int:
    number = float(value)
    return int(number) if number.is_integer() else number
