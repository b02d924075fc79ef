"""The piecewise exponential model of time to onset, in decades after the landmark.

With `x = log10(t / landmark)`, the hazard of onset per decade is constant within a bin of x. A row that is followed
for e decades of a bin contributes the Poisson log-likelihood `y log(rate) - e rate` (Friedman 1982; with boosted
trees: arXiv 2601.17605), so a censored run counts for exactly as long as it was observed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray

# Bin edges in decades: fine where onset is near, three decades in all.
EDGES: FloatArray = np.array(
    [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.3, 2.6, 3.0]
)
N_BINS = len(EDGES) - 1
CENTRES: FloatArray = (EDGES[:-1] + EDGES[1:]) / 2
WIDTHS: FloatArray = np.diff(EDGES)


def decades_after(time: FloatArray, landmark: FloatArray) -> FloatArray:
    """Return log10(time / landmark). An onset that began before it could be confirmed counts as immediate."""
    return np.log10(np.maximum(time / landmark, 10**1e-3))


@dataclass(frozen=True, eq=False)
class PersonPeriods:
    """One entry for each bin that a row was observed in.

    Attributes
    ----------
    row, bin : indices, shape (n_entries,).
    exposure : decades observed within the bin.
    event : 1.0 where onset fell into the bin.
    """

    row: NDArray[np.intp]
    bin: NDArray[np.intp]
    exposure: FloatArray
    event: FloatArray


def person_periods(x: FloatArray, event: NDArray[np.bool_], edges: FloatArray = EDGES) -> PersonPeriods:
    """Expand rows, followed for x decades and then seen to generalise or not, into the bins they were observed in."""
    exposure = np.clip(x[:, None] - edges[:-1], 0, np.diff(edges))  # (n_rows, n_bins)
    row, bin_ = np.nonzero(exposure > 0)
    last = np.minimum(np.searchsorted(edges, x, side="left") - 1, len(edges) - 2)
    happened = event[row] & (bin_ == last[row]) & (x[row] <= edges[-1])
    return PersonPeriods(row, bin_, exposure[row, bin_], happened.astype(float))


def thinned(periods: PersonPeriods, share: float = 1 / 4) -> PersonPeriods:
    """Keep every onset and a share of the bins without one, each of which then counts for 1 / share of them.

    The bins of a row differ in nothing but the decades ahead. The likelihood is the same on average (case-control
    sampling: Langholz & Goldstein 1996, Stat. Sci. 11, 35), at a fraction of the work (docs/decisions.md).
    """
    onset = periods.event > 0
    kept = onset | (np.random.default_rng(0).random(len(onset)) < share)
    exposure = np.where(onset, periods.exposure, periods.exposure / share)
    return PersonPeriods(periods.row[kept], periods.bin[kept], exposure[kept], periods.event[kept])


def cumulative_hazard(rates: FloatArray, edges: FloatArray = EDGES) -> FloatArray:
    """Return the hazard accumulated by each edge, shape (n_rows, n_bins + 1), from rates per decade in each bin."""
    out = np.zeros((len(rates), len(edges)))
    np.cumsum(rates * np.diff(edges), axis=1, out=out[:, 1:])
    return out


def onset_probability(log_rates: FloatArray, edges: FloatArray = EDGES) -> FloatArray:
    """Return P(onset by each edge), shape (n_rows, n_bins + 1)."""
    rates = np.exp(np.minimum(np.maximum(log_rates, -20), 8))  # `clip` takes ten times as long
    return np.asarray(-np.expm1(-cumulative_hazard(rates, edges)))
