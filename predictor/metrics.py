"""What a forecast is judged by: pure functions of arrays, one number each; NaN where they are not defined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from features.curves import FloatArray
from predictor.survival import cdf_at, kaplan_meier

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


def interval_coverage(at_end: FloatArray, event: BoolArray, level: float = 0.9) -> float:
    """Return how often central intervals hold the onset, under censoring.

    Parameters
    ----------
    at_end : predicted F(T) at the onset, or at the end of the recording where none was seen.
    event : whether T is an onset.
    level : of the interval.

    Where F is right, F(T) is uniform. Its distribution G is estimated by Kaplan-Meier, and the coverage is G between
    the ends of the interval. Counting each run without onset as a hit or a miss cannot work: an interval that is open
    above would cover all of them, and a perfect forecast far more than its level.
    """
    times, cdf, _ = kaplan_meier(at_end, event, np.ones(len(at_end)))
    if not len(times):
        return float("nan")
    low, high = cdf_at(np.array([(1 - level) / 2, (1 + level) / 2]), times, cdf)
    return float(high - low)


def open_coverage(
    low: FloatArray, high: FloatArray, time: FloatArray, event: BoolArray, horizon: FloatArray
) -> BoolArray:
    """Say of each row whether its interval, perhaps open above, holds what happened by the horizon.

    `high` is NaN where the interval is open above, `low` where its lower end lies beyond what is supported: neither is
    contradicted by what comes later than that. A run without onset by the horizon, to which it was observed, is covered
    where the interval reaches beyond the horizon.
    """
    inside = (np.isnan(low) | (low <= time)) & (np.isnan(high) | (time <= high))
    return np.where(event, inside, np.isnan(high) | (high > horizon))


@dataclass(frozen=True)
class NoiseFloor:
    """How far seeds of one configuration lie apart.

    Attributes
    ----------
    difference : mean absolute difference of log10 onset between two seeds; None without a pair.
    value : that over sqrt 2: what a forecast of the configuration's typical onset would be wrong by.
    pairs : with both onsets seen.
    half_censored_pairs : where one generalised and the other was watched for longer without.
    """

    difference: float | None
    value: float | None
    pairs: int
    half_censored_pairs: int


def noise_floor(time: FloatArray, event: BoolArray, configuration: NDArray[np.str_]) -> NoiseFloor:
    """Return the spread between seeds, from one row a run. Pairs with a censored onset are left out of the mean."""
    differences, half_censored = [], 0
    for name in np.unique(configuration):
        members = np.flatnonzero(configuration == name)
        for a, b in zip(*np.triu_indices(len(members), 1), strict=True):
            i, j = sorted((members[a], members[b]), key=lambda k: time[k])
            if event[i] and event[j]:
                differences.append(abs(np.log10(time[i] / time[j])))
            elif event[i]:  # the other was still without onset when this one had it
                half_censored += 1
    if not differences:
        return NoiseFloor(None, None, 0, half_censored)
    mean = float(np.mean(differences))
    return NoiseFloor(round(mean, 4), round(mean / 2**0.5, 4), len(differences), half_censored)
