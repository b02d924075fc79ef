"""Calibrated curves of P(onset <= t) for many rows, as far as the corpus supports them."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from predictor.hazard.time_bins import EDGES
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class OnsetCurves:
    """P(onset within x decades after the landmark) at the bin edges, linear in between.

    Attributes
    ----------
    cdf : shape (n_rows, n_bins + 1), non-decreasing along the row, 0 at first.
    reach : decades to which each curve is supported, shape (n_rows,); beyond, nothing is known.
    """

    cdf: FloatArray
    reach: FloatArray

    def __len__(self) -> int:
        return len(self.cdf)

    def __iter__(self) -> "Iterator[OnsetCurve]":
        return map(OnsetCurve, self.cdf, self.reach.tolist())

    def probability(self, x: FloatArray) -> FloatArray:
        """Return P(onset within x decades); that at the reach for x beyond it."""
        x = np.minimum(np.maximum(x, 0.0), self.reach)
        right = np.minimum(np.maximum(np.searchsorted(EDGES, x, side="left"), 1), len(EDGES) - 1)
        rows = np.arange(len(self.cdf))
        share = (x - EDGES[right - 1]) / (EDGES[right] - EDGES[right - 1])
        low, high = self.cdf[rows, right - 1], self.cdf[rows, right]
        return np.asarray(low + share * (high - low))

    def quantile(self, level: FloatArray) -> FloatArray:
        """Return the decades by which P(onset) reaches a level; NaN where it does not within the reach."""
        # Where a curve is flat, the earliest of the equals is meant.
        right = np.minimum(np.maximum((self.cdf < level[:, None]).sum(1), 1), len(EDGES) - 1)
        rows = np.arange(len(self.cdf))
        low, high = self.cdf[rows, right - 1], self.cdf[rows, right]
        share = np.divide(level - low, high - low, out=np.zeros(len(rows)), where=high > low)
        decades = np.minimum(EDGES[right - 1] + share * (EDGES[right] - EDGES[right - 1]), self.reach)
        return np.where(self.probability(self.reach) >= level, decades, np.nan)


_EDGES: list[float] = EDGES.tolist()


@dataclass(frozen=True, eq=False)
class OnsetCurve:
    """One of them: shape (n_bins + 1,), and its reach."""

    cdf: FloatArray
    reach: float

    def probability(self, x: FloatArray | float) -> FloatArray:
        """Return P(onset within x decades), of the shape of x; that at the reach for x beyond it."""
        return np.asarray(np.interp(np.minimum(x, self.reach), EDGES, self.cdf))

    def quantile(self, level: float) -> float:
        """Return the decades by which P(onset) reaches a level; NaN where it does not within the reach."""
        if not self._at_reach >= level:
            return float("nan")
        k = max(bisect_left(self._levels, level), 1)
        low, high = self._levels[k - 1 : k + 1]
        share = (level - low) / (high - low) if high > low else 0.0
        return min(_EDGES[k - 1] + share * (_EDGES[k] - _EDGES[k - 1]), self.reach)

    # An answer asks for seven quantiles.
    @cached_property
    def _at_reach(self) -> float:
        return float(self.probability(self.reach))

    @cached_property
    def _levels(self) -> list[float]:
        levels: list[float] = self.cdf.tolist()
        return levels
