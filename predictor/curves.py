"""Calibrated curves of P(onset <= t) for many rows, as far as the corpus supports them."""

from dataclasses import dataclass

import numpy as np

from features.curves import FloatArray
from predictor.hazard import EDGES


@dataclass(frozen=True, eq=False)
class OnsetCurves:
    """P(onset within x decades after the landmark) at the bin edges, linear in between.

    Attributes
    ----------
    cdf : shape (n_rows, n_bins + 1), non-decreasing along the row, 0 at first.
    reach : decades to which each curve is supported, shape (n_rows,); beyond, the curve says nothing.
    """

    cdf: FloatArray
    reach: FloatArray

    def __len__(self) -> int:
        return len(self.cdf)

    def repeated(self, times: int) -> "OnsetCurves":
        """Return the one curve of this object several times, to ask it about several steps or levels at once."""
        return OnsetCurves(np.repeat(self.cdf, times, axis=0), np.repeat(self.reach, times))

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
        out = np.full(len(self.cdf), np.nan)
        reached = self.probability(self.reach) >= level
        for row in np.flatnonzero(reached):
            # Where a curve is flat, the earliest of the equals is meant.
            k = max(int(np.searchsorted(self.cdf[row], level[row], side="left")), 1)
            low, high = self.cdf[row, k - 1], self.cdf[row, k]
            share = (level[row] - low) / (high - low) if high > low else 0.0
            out[row] = min(EDGES[k - 1] + share * (EDGES[k] - EDGES[k - 1]), self.reach[row])
        return out
