"""Intervals of figures by resampling configurations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

N_BOOTSTRAP = 500
_DEFINED = 0.95  # of the draws: with fewer an interval would be that of the easy ones


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; None where it is not defined, the interval also where it hardly is."""

    value: float | None
    low: float | None
    high: float | None


def interval(measure: Callable[[NDArray[np.intp]], float], configuration: NDArray[np.str_]) -> Interval:
    """Return a figure of rows, given by their indices, and its percentile interval over configurations.

    The draws are the same for every figure of the same rows: the interval of a difference is that of paired draws.
    """
    value = measure(np.arange(len(configuration)))
    draws = np.array([measure(i) for i in _resamples(configuration)])
    finite = draws[np.isfinite(draws)]
    enough = len(finite) >= _DEFINED * len(draws)
    low, high = np.quantile(finite, [0.025, 0.975]) if enough else (np.nan, np.nan)
    return Interval(plain(value), plain(low), plain(high))


def _resamples(configuration: NDArray[np.str_]) -> list[NDArray[np.intp]]:
    return _draws(configuration.tobytes(), configuration.dtype.str)


@lru_cache(maxsize=8)  # a table's figures, a hundred or so, all use the same draws
def _draws(configuration: bytes, dtype: str) -> list[NDArray[np.intp]]:
    """Draw configurations with replacement, each with all its rows."""
    rng = np.random.default_rng(0)
    _, inverse = np.unique(np.frombuffer(configuration, dtype=dtype), return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)
    return [
        np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))]) for _ in range(N_BOOTSTRAP)
    ]


def plain(value: float) -> float | None:
    """Return a figure to four decimals; None where it is not finite, since JSON has no NaN."""
    return round(float(value), 4) if np.isfinite(value) else None
