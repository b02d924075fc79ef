"""How fast a training goes: seconds a step, from when its checkpoints were recorded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray
from training_runs.errors import InvalidInput
from training_runs.trajectory import Trajectory

_RECENT = 32  # stretches between checkpoints: what a training does now is what it will do next
_FEWEST = 3  # a median of fewer is moved by one pause
# Smaller numbers are seconds since the start of the training; clocks that say 2001 are wrong.
_EARLIEST = 1e9
_LATEST = 1e12  # and larger ones are no times
# Larger ones would make infinities of hours and costs.
MOST_SECONDS, MOST_COST = 1e9, 1e12
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # from this size on, dates count so many in a second
_RETURNS = 0.1  # of the stretches between checkpoints, at most: a training that was resumed counts from 0 again


@dataclass(frozen=True)
class Pace:
    """How fast a training goes, and when its last checkpoint was recorded.

    Attributes
    ----------
    seconds_per_step : of the wall clock, evaluations included.
    is_measured : from the times of checkpoints; else somebody states it.
    observed_at : seconds since 1970 at the last checkpoint; None where that is not known.
    """

    seconds_per_step: float
    is_measured: bool
    observed_at: float | None


def pace_of(trajectory: Trajectory, seconds_per_step: float | None = None) -> Pace | None:
    """Return the pace of a training, as stated or as measured; None where nothing is known of its time."""
    times = trajectory.times
    rate = seconds_per_step
    if rate is None and times is not None:
        rate = measured_seconds_per_step(trajectory.steps, times)
    if rate is None:
        return None
    last = np.nan if times is None else float(times[-1])
    return Pace(rate, seconds_per_step is None, last if last >= _EARLIEST else None)


def measured_seconds_per_step(steps: NDArray[np.int64], times: FloatArray) -> float | None:
    """Return the median pace over the newest stretches between checkpoints, each as heavy as it has steps; None of too few.

    A pause makes one stretch long, and a clock that was set back or begins again (a resumed training that counts from its
    start) makes one negative, which is left out. Checkpoints of one time, by a clock of whole seconds, are one.

    Parameters
    ----------
    steps, times : of each checkpoint, shape (n_evals,); NaN where a time is not known.
    """
    if not are_times(times):
        return None
    known = ~np.isnan(times)
    steps, times = steps[known], times[known]
    is_new = np.append(True, np.diff(times) != 0)[: len(times)]
    took, made = np.diff(times[is_new]), np.diff(steps[is_new])
    forward = took > 0
    took, made = took[forward][-_RECENT:], made[forward][-_RECENT:]
    if len(took) < _FEWEST:
        return None
    paces = took / made
    order = np.argsort(paces)
    before = np.cumsum(made[order])
    return float(paces[order][np.searchsorted(before, before[-1] / 2)])


def require_rates(seconds_per_step: float | None, cost_per_hour: float | None) -> None:
    """Return if a stated pace and price can be.

    Raises
    ------
    InvalidInput : they cannot.
    """
    if seconds_per_step is not None and not 0 < seconds_per_step <= MOST_SECONDS:
        raise InvalidInput(
            field="seconds_per_step", value=seconds_per_step, expected=f"a number > 0, at most {MOST_SECONDS:g}"
        )
    if cost_per_hour is not None and not 0 <= cost_per_hour <= MOST_COST:
        raise InvalidInput(field="cost_per_hour", value=cost_per_hour, expected=f"a number in [0, {MOST_COST:g}]")


def times_of(values: Sequence[Any]) -> FloatArray | None:
    """Return times in seconds, shape (n,), NaN where one is missing; None where they are no times.

    Parameters
    ----------
    values : numbers of seconds, since 1970 also of milli-, micro- or nanoseconds; or dates in ISO 8601, in UTC where they
        name no zone. None is missing.
    """
    try:
        times = np.array([_seconds(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    known = times[~np.isnan(times)]
    if (np.abs(known) > _LATEST * _UNITS[0][1]).any():
        return None
    size = float(np.median(np.abs(known))) if len(known) else 0.0
    times = times / next((unit for least, unit in _UNITS if size >= least), 1.0)
    return None if (np.abs(times) > _LATEST).any() else times


def _seconds(value: Any) -> float:
    if value is None or value == "":
        return math.nan
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            value = datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        if value != value:  # pandas' missing date
            return math.nan
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value)


def are_times(times: FloatArray) -> bool:
    """Return True if values go forward as a clock does, but for a few returns; what each epoch took does not."""
    moved = np.diff(times[~np.isnan(times)])
    return bool((moved < 0).sum() <= _RETURNS * len(moved) and (moved > 0).any())
