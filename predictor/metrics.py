"""What a forecast is judged by: pure functions of arrays, one number each; NaN where they are not defined."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from features.curves import FloatArray

BoolArray = NDArray[np.bool_]


def auroc(probability: FloatArray, event: BoolArray) -> float:
    """Return the probability that an event is ranked above a non-event."""
    if event.all() or not event.any():
        return float("nan")
    return float(roc_auc_score(event, probability))


def average_precision(probability: FloatArray, event: BoolArray) -> float:
    """Return the area under the precision-recall curve, as a mean over recalls."""
    return float(average_precision_score(event, probability)) if event.any() else float("nan")


def brier(probability: FloatArray, event: BoolArray) -> float:
    """Return the mean squared error of a probability."""
    return float(np.mean((probability - event) ** 2)) if len(event) else float("nan")


def log10_mae(median: FloatArray, time: FloatArray) -> float:
    """Return the mean absolute error of log10 of the onset step."""
    return float(np.mean(np.abs(np.log10(median / time)))) if len(time) else float("nan")


def mape(median: FloatArray, time: FloatArray) -> float:
    """Return the mean absolute error of the onset step, as a share of it."""
    return float(np.mean(np.abs(median / time - 1))) if len(time) else float("nan")


def covered(
    low: FloatArray, high: FloatArray, time: FloatArray, event: BoolArray, horizon: FloatArray
) -> BoolArray:
    """Say of each row whether its interval holds what happened.

    `high` is NaN where the interval is open above; `low` is NaN where not even its lower end is reached. A run
    without onset by the horizon, to which it was observed, is covered where the interval reaches beyond the horizon.
    """
    low_ok = np.where(np.isnan(low), False, low <= time)
    high_ok = np.isnan(high) | (time <= high)
    return np.where(event, low_ok & high_ok, np.isnan(high) | (high > horizon))


def noise_floor(
    time: FloatArray, event: BoolArray, configuration: NDArray[np.str_]
) -> tuple[float, int, int]:
    """Return the spread between seeds that no forecast from the configuration can beat.

    Returns
    -------
    floor : mean absolute difference of log10 onset over pairs of seeds of one configuration, over sqrt 2: what a
        forecast of the configuration's typical onset would be wrong by.
    n_pairs, n_half_censored : pairs with both onsets seen, and with one of them censored (left out of the mean).
    """
    differences, half_censored = [], 0
    for name in np.unique(configuration):
        members = np.flatnonzero(configuration == name)
        for a, b in zip(*np.triu_indices(len(members), 1), strict=True):
            i, j = members[a], members[b]
            if event[i] and event[j]:
                differences.append(abs(np.log10(time[i] / time[j])))
            elif event[i] or event[j]:
                half_censored += 1
    floor = float(np.mean(differences) / np.sqrt(2)) if differences else float("nan")
    return floor, len(differences), half_censored
