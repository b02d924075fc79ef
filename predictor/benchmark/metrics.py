"""What a forecast is judged by: pure functions of arrays, one number each; NaN where they are not defined."""

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.survival import cdf_at, kaplan_meier
from training_runs.arrays import FloatArray

BoolArray = NDArray[np.bool_]

_UNSEEN = 0.02  # of the upper end of an interval: what may lie beyond what was followed, and be wrong by at most


def auroc(probability: FloatArray, event: BoolArray) -> float:
    """Return the probability that an event is ranked above a non-event."""
    positive = int(event.sum())
    if positive in (0, len(event)):
        return float("nan")
    if np.isnan(probability).any():
        return float("nan")
    # By two sorts: thirty times as fast as scikit-learn's curve, and a benchmark needs a hundred thousand.
    events, others = np.sort(probability[event]), np.sort(probability[~event])
    below = np.searchsorted(others, events).sum() + np.searchsorted(others, events, side="right").sum()
    return float(below / 2 / (positive * len(others)))


def average_precision(probability: FloatArray, event: BoolArray) -> float:
    """Return the area under the precision-recall curve, as a mean of precision over the steps in recall."""
    if not event.any():
        return float("nan")
    # By one sort: twenty times as fast as scikit-learn's curve.
    order = np.argsort(-probability)
    ranked = probability[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)  # of each group of equals
    found = np.cumsum(event[order])[last]
    return float(np.sum(np.diff(found, prepend=0) / found[-1] * found / (last + 1)))


def brier(probability: FloatArray, event: BoolArray) -> float:
    """Return the mean squared error of a probability."""
    return float(np.mean((probability - event) ** 2)) if len(event) else float("nan")


def log10_mae(median: FloatArray, time: FloatArray) -> float:
    """Return the mean absolute error of log10 of the onset step."""
    return float(np.mean(np.abs(np.log10(median / time)))) if len(time) else float("nan")


def mape(median: FloatArray, time: FloatArray) -> float:
    """Return the mean absolute error of the onset step, as a share of it."""
    return float(np.mean(np.abs(median / time - 1))) if len(time) else float("nan")


def interval_coverage(at_end: FloatArray, event: BoolArray, weight: FloatArray, level: float = 0.9) -> float:
    """Return the share of onsets within central intervals, under censoring.

    Where F is right, F(T) is uniform. Its distribution G is estimated by Kaplan-Meier, and the coverage is G between
    the ends of the interval; NaN where nothing was followed as far as its upper end, and the coverage is unknown. Counting each
    run without onset as a hit or a miss cannot work: an interval that is open above would cover all of them, and a
    perfect forecast far more than its level.

    Parameters
    ----------
    at_end : predicted F(T) at the onset, or at the end of the recording where none was seen.
    event : whether T is an onset.
    weight : such that each configuration counts once.
    level : of the interval.
    """
    times, cdf, _ = kaplan_meier(at_end, event, weight)
    upper = (1 + level) / 2
    if not len(times) or at_end.max() < upper - _UNSEEN:
        return float("nan")
    low, high = cdf_at(np.array([1 - upper, upper]), times, cdf)
    return float(high - low)


def open_coverage(
    low: FloatArray, high: FloatArray, time: FloatArray, event: BoolArray, horizon: FloatArray
) -> BoolArray:
    """Return for each row whether its interval, perhaps open above, covers the outcome by the horizon.

    `high` is NaN where the interval is open above, `low` where its lower end lies beyond what is supported: neither is
    contradicted by what comes later than that. A run without onset by the horizon, to which it was observed, is covered
    where the interval reaches beyond the horizon.
    """
    inside = (np.isnan(low) | (low <= time)) & (np.isnan(high) | (time <= high))
    return np.where(event, inside, np.isnan(high) | (high > horizon))


def c_index(median: FloatArray, time: FloatArray, event: BoolArray) -> float:
    """Return Harrell's concordance: how often, of two rows whose order is known, the earlier onset is forecast earlier.

    The order of two rows is known where the earlier time is an onset. Ties of forecasts count half. Harrell et al.
    (1982), JAMA 247.
    """
    concordant, comparable = 0.0, 0
    for i in np.flatnonzero(event):
        later = time > time[i]
        comparable += int(later.sum())
        concordant += (median[later] > median[i]).sum() + 0.5 * (median[later] == median[i]).sum()
    return float(concordant / comparable) if comparable else float("nan")


def integrated_brier(probability: FloatArray, grid: FloatArray, x: FloatArray, event: BoolArray) -> float:
    """Return the mean over a grid of the Brier score at each of its points, weighted for censoring.

    Rows censored before a point have no weight there; others are weighted by the inverse of the Kaplan-Meier estimate
    of staying uncensored (Graf et al. 1999, Stat. Med. 18, 2529).

    Parameters
    ----------
    probability : P(onset by each point), shape (n_rows, n_points).
    grid : increasing times; the mean is by the trapezoid rule over it.
    x, event : time followed, and whether that ended in onset.
    """
    times, censored, _ = kaplan_meier(x, ~event, np.ones(len(x)))

    def uncensored(at: FloatArray) -> FloatArray:
        return np.maximum(1 - cdf_at(at, times, censored), 1e-6)

    at_own_time = uncensored(x)
    scores = []
    for k, point in enumerate(grid):
        happened, open_ = event & (x <= point), x > point
        weight = happened / at_own_time + open_ / uncensored(np.array([point]))
        scores.append(np.mean(weight * (happened - probability[:, k]) ** 2))
    return float(np.trapezoid(scores, grid) / (grid[-1] - grid[0]))
