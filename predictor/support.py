"""Where the corpus reaches: how far ahead anything is known, and how much a history resembles what was learnt from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from predictor.hazard import EDGES, N_BINS

MIN_CONFIGURATIONS = 30  # at risk in a bin, or the curve ends there
_AGES = np.arange(0.0, 4.01, 0.25)  # decades since memorisation
_HALF_WIDTH = 0.25  # decades of age on each side


@dataclass(frozen=True, eq=False)
class Reach:
    """Decades ahead for which enough configurations were watched, by how long ago a run memorised.

    The age is relative, so that a run ten times slower is supported ten times as far: support by absolute landmark
    ended the curves of slow runs where fast ones had run out of budget (docs/decisions.md).

    Attributes
    ----------
    ages : decades since memorisation, increasing.
    decades : supported at each age.
    unmemorized : supported where memorisation is not confirmed or not known.
    """

    ages: FloatArray
    decades: FloatArray
    unmemorized: float

    def __call__(self, age: FloatArray) -> FloatArray:
        """Return the supported decades for each age; NaN is a run that has not memorised."""
        nearest = np.abs(np.nan_to_num(age)[:, None] - self.ages).argmin(1)
        return np.where(np.isnan(age), self.unmemorized, self.decades[nearest])


def fit_reach(age: FloatArray, x: FloatArray, configuration: NDArray[np.str_]) -> Reach:
    """Count configurations still watched at the start of each bin, near each age."""
    decades = [
        _supported(np.abs(age - centre) <= _HALF_WIDTH, x, configuration) for centre in _AGES
    ]
    enough = [d > 0 for d in decades]
    if not any(enough):  # fewer configurations than that in all: as far as anything was watched
        decades, enough = [_watched(x)] * len(_AGES), [True] * len(_AGES)
    return Reach(
        _AGES[enough],
        np.array(decades)[enough],
        _supported(np.isnan(age), x, configuration) or _watched(x),
    )


def _supported(near: NDArray[np.bool_], x: FloatArray, configuration: NDArray[np.str_]) -> float:
    counts = [len(np.unique(configuration[near & (x > EDGES[k])])) for k in range(N_BINS)]
    enough = np.array([*counts, 0]) >= MIN_CONFIGURATIONS
    return float(EDGES[int(np.argmin(enough))])


def _watched(x: FloatArray) -> float:
    return float(EDGES[max(int(np.searchsorted(EDGES, x.max(), side="right")) - 1, 1)])


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
