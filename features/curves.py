"""Small functions of metric curves in relative log time, for many curves at once.

Time is `x = log10(step / landmark)`, so the last checkpoint is at 0 and everything is at or below it. Curves are read
as straight lines between checkpoints, and averaged over windows of x: what comes out depends little on how densely a
run was recorded, and not at all on the unit of its steps.
"""

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray

# A window of which less than this share lies inside the history is missing.
_MIN_COVERAGE = 0.3


def relative_log_time(steps: NDArray[np.int64]) -> FloatArray:
    """Return log10(step / last step), shape (n_evals,). Step 0 counts as step 1/2: log time has no zero.

    >>> relative_log_time(np.array([10, 100, 1000])).tolist()
    [-2.0, -1.0, 0.0]
    """
    return np.asarray(np.log10(np.maximum(steps, 0.5) / max(float(steps[-1]), 0.5)))


def window_means(x: FloatArray, curves: FloatArray, edges: FloatArray) -> FloatArray:
    """Return the mean of each curve over windows of log time.

    Parameters
    ----------
    x : shape (n_evals,), increasing, ending at or below 0.
    curves : shape (n_curves, n_evals), finite.
    edges : shape (n_windows + 1,), decreasing from 0.

    Returns
    -------
    Shape (n_curves, n_windows); NaN where less than 30 % of a window lies inside the history. A history of one
    checkpoint has its value in every window that it touches, and NaN elsewhere.
    """
    if len(x) == 1:
        touched = np.where(edges[:-1] >= x[0], 1.0, np.nan)[:1]
        return np.pad(curves * touched, ((0, 0), (0, len(edges) - 2)), constant_values=np.nan)
    areas = np.zeros(curves.shape)
    pieces = (curves[:, 1:] + curves[:, :-1]) / 2 * (x[1:] - x[:-1])
    np.cumsum(pieces, axis=1, out=areas[:, 1:])
    inside = np.minimum(np.maximum(edges, x[0]), x[-1])
    integral = _at(x, areas, inside)
    covered = inside[:-1] - inside[1:]
    enough = covered >= _MIN_COVERAGE * (edges[:-1] - edges[1:])
    means = (integral[:, :-1] - integral[:, 1:]) / np.where(enough, covered, 1.0)
    return np.asarray(np.where(enough, means, np.nan))


def _at(x: FloatArray, curves: FloatArray, points: FloatArray) -> FloatArray:
    """Interpolate each curve linearly at points inside the range of x; shape (n_curves, n_points)."""
    right = np.minimum(np.maximum(x.searchsorted(points), 1), len(x) - 1)
    share = (points - x[right - 1]) / (x[right] - x[right - 1])
    return np.asarray(curves[:, right - 1] * (1 - share) + curves[:, right] * share)


def extremes(
    x: FloatArray, curves: FloatArray, band: float = 0.01
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return (highest value, decades since it, lowest value, decades since it), each of shape (n_curves,).

    The ages are means over all checkpoints, by the log time that each stands for and by how near its value is to the
    extreme, in units of the band: of values that differ by less than a log's noise none is picked out, and no age jumps
    when the last of them comes to lie just above or just below an old one.
    """
    top, bottom = curves.max(1, keepdims=True), curves.min(1, keepdims=True)
    stands_for = _widths(x)
    peak, trough = (_weights(stands_for, gap, band) for gap in (curves - top, bottom - curves))
    return top[:, 0], _mean_age(x, peak), bottom[:, 0], _mean_age(x, trough)


def _weights(stands_for: FloatArray, gap: FloatArray, band: float) -> FloatArray:
    """Return what each checkpoint weighs, in place of its gap, which is at most 0."""
    gap /= band
    np.maximum(gap, -50.0, out=gap)
    np.exp(gap, out=gap)
    gap *= stands_for
    return gap


def _widths(x: FloatArray) -> FloatArray:
    """Return the stretch of log time that is nearest to each checkpoint."""
    if len(x) == 1:
        return np.ones(1)
    halves = (x[1:] - x[:-1]) / 2
    widths = np.empty(len(x))
    widths[0], widths[-1], widths[1:-1] = halves[0], halves[-1], halves[1:] + halves[:-1]
    return widths


def _mean_age(x: FloatArray, weight: FloatArray) -> FloatArray:
    return np.asarray((weight * -x).sum(1) / weight.sum(1))


def decades_above(x: FloatArray, curve: FloatArray, threshold: float, band: float = 0.02) -> float:
    """Return for how many decades, up to now, a curve of shape (n_evals,) has been above a threshold.

    A value holds until the next checkpoint, and one within the band counts in part: so a crossing in the noise does not
    come and go.

    >>> x, curve = np.array([-2.0, -1.0, 0.0]), np.array([0.0, 1.0, 1.0])
    >>> round(decades_above(x, curve, 0.5), 6)
    1.0
    """
    share = 1 / (1 + np.exp(np.minimum((threshold - curve) / band, 50.0)))
    return float((share[:-1] * (x[1:] - x[:-1])).sum() - share[-1] * x[-1])


def roughness(x: FloatArray, curves: FloatArray, depth: float = 0.7) -> FloatArray:
    """Return the standard deviation of each curve around its straight line over the last decades of log time.

    Hjorth's activity (1970), the variance of the detrended curve, is what Notsawo et al. (arXiv 2306.13253) read off
    early losses; its square root is used here, in the curve's own unit. NaN with fewer than four checkpoints.

    >>> roughness(np.array([-0.3, -0.2, -0.1, 0.0]), np.array([[1.0, 2.0, 3.0, 4.0]])).round(12).tolist()
    [0.0]
    """
    first = int(np.searchsorted(x, -depth))
    if len(x) - first < 4:
        return np.full(len(curves), np.nan)
    t, y = x[first:], curves[:, first:]
    t = t - t.sum() / len(t)
    y = y - y.sum(1, keepdims=True) / len(t)
    y -= (y * t).sum(1, keepdims=True) / (t * t).sum() * t
    return np.asarray(np.sqrt((y * y).sum(1) / len(t)))
