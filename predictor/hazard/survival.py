"""Non-parametric survival estimates with weights."""

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray


def kaplan_meier(
    time: FloatArray, event: NDArray[np.bool_], weight: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate P(T <= t) under right censoring that is independent of T given the weights.

    Returns
    -------
    times, cdf, at_risk : the distinct event times, P(T <= time) at each, and the weight still at risk just before it.
        Censored rows that tie with an event are still at risk at it.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481.
    """
    order = np.argsort(time, kind="stable")
    time, event, weight = time[order], event[order], weight[order]
    times = np.unique(time[event])
    first = np.searchsorted(time, times, side="left")
    remaining = np.append(np.cumsum(weight[::-1])[::-1], 0.0)
    at_risk = remaining[first]
    deaths = np.zeros(len(times))
    np.add.at(deaths, np.searchsorted(times, time[event]), weight[event])
    return times, 1.0 - np.cumprod(1.0 - deaths / at_risk), at_risk


def cdf_at(points: FloatArray, times: FloatArray, cdf: FloatArray) -> FloatArray:
    """Read a step function off at points: 0 before the first time, flat after the last."""
    return np.append(0.0, cdf)[np.searchsorted(times, points, side="right")]
