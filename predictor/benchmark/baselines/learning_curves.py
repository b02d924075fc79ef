"""Learning-curve extrapolation: the future of a validation curve from its past alone.

The curve families of Domhan et al. are fitted to the validation accuracy of a history, and weighted by how well they
fit. Every family here is `y = c - b g(x)` with x the step, c the level it ends at, b >= 0 and g falling from 1 to 0, so
c and b follow from g's one or two shape parameters in closed form (variable projection). The shapes lie on a grid,
and the best of each family is refined by least squares on ever finer grids. All of the grid stays in the ensemble: a
curve that is still flat fits rises at any later time equally well, and a single best fit would hide that.

References
----------
Domhan, Springenberg & Hutter (2015), IJCAI, Table 1. pow3 and exp3 are pow4 and Weibull with a parameter fixed; exp4
and Janoschek are Weibull, and Hill3 and log power are MMF, with their parameters named otherwise. The log-log linear
and vapor-pressure families have no level to end at and are left out. Golub & Pereyra (1973), SIAM J. Numer. Anal. 10,
413-432 (variable projection).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training_runs import Trajectory
from training_runs.arrays import FloatArray
from training_runs.onset import generalization

MAX_EVALS = 48  # of a history are fitted, evenly spread: more change the answer little
_MIN_EVALS = 3
_NOISE = 0.02  # what 512 samples leave of an accuracy near one half; no fit is a reason to be surer than that
_ENDS = np.array([np.nan, 1.0, 0.75, 0.5, 0.25])  # levels to end at; NaN is the one that fits best
_REFINED = 2  # so many of these
_ROUNDS = 5  # of refinement, each on a grid of 5 x 5 half as wide
_AROUND = [side.ravel() for side in np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))]


@dataclass(frozen=True)
class Family:
    """A shape g(x; time, power), its inverse, and the powers that are tried."""

    shape: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    inverse: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    powers: FloatArray


FAMILIES: dict[str, Family] = {
    "pow4": Family(
        lambda x, time, power: (1 + x / time) ** -power,
        lambda g, time, power: time * (g ** (-1 / power) - 1),
        np.geomspace(0.1, 8, 8),
    ),
    "Weibull": Family(
        lambda x, time, power: np.exp(-((x / time) ** power)),
        lambda g, time, power: time * (-np.log(g)) ** (1 / power),
        np.geomspace(0.4, 12, 8),
    ),
    "MMF": Family(
        lambda x, time, power: 1 / (1 + (x / time) ** power),
        lambda g, time, power: time * (1 / g - 1) ** (1 / power),
        np.geomspace(0.4, 16, 8),
    ),
    # c - a / log(x): one shape; the other axis of its grid has a single point.
    "ilog2": Family(
        lambda x, time, power: np.log(2) / np.log(2 + x / time),
        lambda g, time, power: time * (np.exp(np.log(2) / g) - 2),
        np.ones(1),
    ),
}
_POWER_LAW = ("pow4",)
# The median of validation loss at onset over the first, in the runs that this was written on, lay near a tenth.
LOSS_SHARE_AT_ONSET = 0.1


def extrapolate(history: Trajectory, target: float, horizon: int) -> tuple[float, float]:
    """Return P(validation accuracy reaches the target by the horizon), and the median step given that it does.

    The share of the fitted curves, by weight, that have passed the target at the horizon, and the weighted median of
    where these pass it; the horizon itself where none does. An onset that the history holds is returned as it is.
    (NaN, NaN) with fewer than three validation accuracies: there is no curve.
    """
    onset = generalization(history, target)
    if onset.step is not None:
        return float(onset.step <= horizon), float(onset.step)
    steps, values = history.recorded("val_acc")
    return _passage(_Curve(steps, values, history.observed_until), target, horizon, [*FAMILIES])


def extrapolate_loss(history: Trajectory, share: float, horizon: int) -> tuple[float, float]:
    """Return P(validation loss falls to a share of its first value by the horizon), and the median step given that.

    Power laws `c + b (1 + x / time) ** -power`, c >= 0, are fitted to the loss since its highest value. A loss that has
    not begun to fall is extrapolated to nothing: probability 0, at the horizon. (NaN, NaN) with fewer than three losses.
    """
    steps, values = history.recorded("val_loss")
    if len(values) < _MIN_EVALS:
        return float("nan"), float("nan")
    peak = int(np.argmax(values))
    top = max(float(values[peak]), 1e-12)
    if len(values) - peak < _MIN_EVALS:
        return 0.0, float(horizon)
    fallen = _Curve(steps[peak:], 1 - values[peak:] / top, history.observed_until)
    return _passage(fallen, 1 - share * float(values[0]) / top, horizon, _POWER_LAW)


@dataclass(frozen=True, eq=False)
class _Curve:
    """Values to fit, shape (n_evals,), at increasing steps, and the last step that was seen."""

    steps: NDArray[np.int64]
    values: FloatArray
    landmark: int

    def thinned(self) -> tuple[FloatArray, FloatArray]:
        """Return at most `MAX_EVALS` means of neighbouring steps and of their values."""
        count = min(len(self.steps), MAX_EVALS)
        starts = np.linspace(0, len(self.steps), count + 1).astype(int)
        sizes = np.diff(starts)
        x, y = (np.add.reduceat(v, starts[:-1]) / sizes for v in (self.steps, self.values))
        return x, y


@dataclass(frozen=True, eq=False)
class _Members:
    """Fitted curves of one family, shape (n_members,) each: shape, end, height, sum of squared residuals, and prior weight."""

    family: Family
    time: FloatArray
    power: FloatArray
    end: FloatArray
    height: FloatArray
    residual: FloatArray
    prior: FloatArray

    def passage(self, target: float) -> FloatArray:
        """Return the step at which each curve passes a value: 0 if it starts above it, infinity if it ends below."""
        left = (self.end - target) / np.maximum(self.height, 1e-12)
        inside = np.clip(left, 1e-15, 1 - 1e-15)
        step = self.family.inverse(inside, self.time, self.power)
        return np.where(left <= 0, np.inf, np.where(left >= 1, 0.0, step))


def _passage(curve: _Curve, target: float, horizon: int, families: Sequence[str]) -> tuple[float, float]:
    """Fit an ensemble and read off when it passes a value, given that it has not by the landmark."""
    if len(curve.values) < _MIN_EVALS:
        return float("nan"), float("nan")
    if horizon <= curve.landmark:
        return 0.0, float(horizon)
    x, y = curve.thinned()
    with np.errstate(over="ignore", divide="ignore", under="ignore"):
        members = _fitted([FAMILIES[name] for name in families], x, y, 30.0 * horizon)
        step = np.concatenate([m.passage(target) for m in members])
    weight = _weights(members, len(x))
    by_horizon = step <= horizon
    probability = float(weight[by_horizon].sum())
    if not probability > 0:
        return 0.0, float(horizon)
    return min(probability, 1.0), max(_median(step[by_horizon], weight[by_horizon]), curve.landmark + 1.0)


class _Fits(NamedTuple):
    """Curves of one family or of several, with the sum of squared residuals of each: arrays of one shape."""

    time: FloatArray
    power: FloatArray
    end: FloatArray
    height: FloatArray
    residual: FloatArray


def _fitted(families: Sequence[Family], x: FloatArray, y: FloatArray, latest: float) -> list[_Members]:
    """Return of each family a grid of shapes with every end that is tried, and the best for some ends, refined.

    Each of these has as much prior weight as the whole grid.
    """
    times = np.geomspace(max(x[0], x[1] / 10) / 3, latest, 28)
    grids = []
    for family in families:
        time, power = (a.ravel() for a in np.meshgrid(times, family.powers))
        grids.append(_solved(family.shape(x, time[:, None], power[:, None]), time, power, y, _ENDS[:, None]))
    refined = _refined(families, grids, times[1] / times[0], x, y)
    members = []
    for k, (family, grid) in enumerate(zip(families, grids, strict=True)):
        whole = _Fits(*(np.append(of_grid, best[k]) for of_grid, best in zip(grid, refined, strict=True)))
        prior = np.append(np.full(grid.end.size, 1 / grid.end.size), np.ones(_REFINED))
        members.append(_Members(family, *whole, prior))
    return members


def _refined(families: Sequence[Family], grids: Sequence[_Fits], ratio: float, x: FloatArray, y: FloatArray) -> _Fits:
    """Return least-squares curves, shape (n_families, `_REFINED`), from grids of times a ratio apart.

    On grids around the best so far, each half as wide, all at once: one by one, NumPy's calls take longer than the sums.
    """
    nearest = [(np.arange(_REFINED), grid.residual[:_REFINED].argmin(1)) for grid in grids]
    best = _Fits(
        *(np.array([c[k] for c, k in zip(column, nearest, strict=True)]) for column in zip(*grids, strict=True))
    )
    time_width = np.log(ratio)
    power_width = np.array([np.log(f.powers[-1] / f.powers[0]) / 7 for f in families])[:, None, None]
    for k in range(_ROUNDS):
        time = best.time[:, :, None] * np.exp(time_width * _AROUND[0] / 2**k)
        power = best.power[:, :, None] * np.exp(power_width * _AROUND[1] / 2**k)
        g = np.array([f.shape(x, t[:, :, None], p[:, :, None]) for f, t, p in zip(families, time, power, strict=True)])
        near = _solved(g, time, power, y, _ENDS[:_REFINED, None])
        at = near.residual.argmin(2)[:, :, None]
        found = _Fits(*(np.take_along_axis(column, at, 2)[:, :, 0] for column in near))
        better = found.residual < best.residual
        best = _Fits(*(np.where(better, *pair) for pair in zip(found, best, strict=True)))
    return best


def _solved(g: FloatArray, time: FloatArray, power: FloatArray, y: FloatArray, ends: FloatArray) -> _Fits:
    """Return the best height for each shape and end; the best end too where it is NaN. Ends are at most 1.

    Parameters
    ----------
    g : each shape of `time` and `power` at the values' steps, shape (..., n_shapes, n_evals).
    ends : shape (n_ends, 1): an axis before that of the shapes, unless these have it.
    """
    n, mean_y = len(y), y.mean()
    mean_g, mean_gg, mean_gy = g.sum(-1) / n, (g * g).sum(-1) / n, g @ y / n
    variance = np.maximum(mean_gg - mean_g**2, 1e-15)
    free = mean_y + np.maximum(mean_g * mean_y - mean_gy, 0) / variance * mean_g
    end = np.where(np.isnan(ends), np.minimum(free, 1.0), ends)
    below = end * mean_g - mean_gy
    height = np.maximum(below, 0) / np.maximum(mean_gg, 1e-15)
    gap = end**2 - 2 * end * mean_y + float(y @ y) / n
    residual = n * np.maximum(gap - 2 * height * below + height**2 * mean_gg, 0)
    return _Fits(*np.broadcast_arrays(time, power, end, height, residual))


def _weights(members: Sequence[_Members], n_evals: int) -> FloatArray:
    """Return the likelihood of each curve under Gaussian noise, as shares; every family has the same prior."""
    residual = np.concatenate([m.residual for m in members])
    prior = np.concatenate([m.prior for m in members])
    noise = max(float(residual.min()) / max(n_evals - _MIN_EVALS, 1), _NOISE**2)
    weight = prior * np.exp(-(residual - residual.min()) / (2 * noise))
    return np.asarray(weight / weight.sum())


def _median(values: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(values)
    share = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(share, 0.5 * share[-1])])
