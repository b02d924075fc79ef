"""Where the corpus reaches: how far ahead anything is known, and how much a history resembles what was learnt from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from predictor.hazard import EDGES, N_BINS

MIN_CONFIGURATIONS = 30  # at risk in a bin, or the curve ends there
_CENTRES = np.arange(1.0, 6.01, 0.25)  # log10 of the landmark
_HALF_WIDTH = 0.5  # decades of landmarks on each side of a centre


@dataclass(frozen=True, eq=False)
class Reach:
    """Decades ahead for which enough configurations were watched, by log10 of the landmark.

    Landmarks outside the corpus's own range take the nearest value: time is relative.
    """

    centres: FloatArray
    decades: FloatArray

    def __call__(self, landmark: FloatArray) -> FloatArray:
        """Return the supported decades after each landmark."""
        nearest = np.abs(np.log10(landmark)[:, None] - self.centres).argmin(1)
        return np.asarray(self.decades[nearest])


def fit_reach(landmark: FloatArray, x: FloatArray, configuration: NDArray[np.str_]) -> Reach:
    """Count configurations still watched, at the start of each bin, near each decade of landmarks."""
    centres, decades = [], []
    for centre in _CENTRES:
        near = np.abs(np.log10(landmark) - centre) <= _HALF_WIDTH
        counts = [len(np.unique(configuration[near & (x > EDGES[k])])) for k in range(N_BINS)]
        enough = np.array(counts) >= MIN_CONFIGURATIONS
        n_bins = N_BINS if enough.all() else int(np.argmin(enough))
        if n_bins:
            centres.append(centre)
            decades.append(EDGES[n_bins])
    if not centres:  # fewer configurations than that in all: as far as anything was watched
        watched = EDGES[np.searchsorted(EDGES, x.max(), side="right") - 1]
        centres, decades = [float(_CENTRES[0])], [max(float(watched), float(EDGES[1]))]
    return Reach(np.array(centres), np.array(decades))


@dataclass(frozen=True, eq=False)
class Resemblance:
    """How far a history lies inside the range of the corpus, weighed by what the forecaster uses.

    Attributes
    ----------
    low, high : 0.5 % and 99.5 % quantiles of each feature over the corpus, widened by a tenth of their distance.
    importance : share of the forecaster's gain of each feature; sums to 1.
    threshold : scores below this are out of support; 2 % of the corpus's own rows are.
    """

    low: FloatArray
    high: FloatArray
    importance: FloatArray
    threshold: float

    def score(self, features: FloatArray) -> FloatArray:
        """Return the weighed share of recorded features that lie inside, shape (n_rows,), from 0 to 1."""
        recorded = np.isfinite(features)
        with np.errstate(invalid="ignore"):
            inside = (features >= self.low) & (features <= self.high)
        weight = recorded @ self.importance
        return np.asarray((inside @ self.importance) / np.where(weight > 0, weight, 1.0))


def fit_resemblance(features: FloatArray, importance: FloatArray) -> Resemblance:
    """Learn the range of each feature, and the score below which a history is unlike the corpus."""
    recorded = np.isfinite(features).any(0)
    low = np.full(features.shape[1], np.inf)
    high = np.full(features.shape[1], -np.inf)
    low[recorded], high[recorded] = np.nanquantile(features[:, recorded], [0.005, 0.995], axis=0)
    margin = np.where(recorded, 0.1 * (high - low), 0.0)
    share = np.where(recorded, importance, 0.0)
    share = share / max(share.sum(), 1e-12)
    unset = Resemblance(low - margin, high + margin, share, 0.0)
    threshold = float(np.quantile(unset.score(features), 0.02))
    return Resemblance(unset.low, unset.high, share, threshold)
