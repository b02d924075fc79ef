"""Where the corpus reaches: how far ahead anything is known, and how much a history resembles what was learnt from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.time_bins import EDGES, N_BINS
from predictor.state import FieldsAreState
from training_runs import Context
from training_runs.arrays import FloatArray

MIN_CONFIGURATIONS = 30  # at risk in a bin, or the curve ends there
_AGES = np.arange(0.0, 4.01, 0.25)  # decades since memorisation
_LANDMARKS = np.arange(1.0, 6.01, 0.25)  # log10 of the step, where there is no age
_HALF_WIDTH = 0.25  # decades on each side


@dataclass(frozen=True, eq=False)
class SupportedHorizon(FieldsAreState):
    """Decades ahead for which enough configurations were observed, by how long ago a run memorised.

    The age is relative, so that a run ten times slower is supported ten times as far: support by absolute landmark
    ended the curves of slow runs where fast ones had run out of budget (docs/decisions.md). Where memorisation is not
    confirmed, or not known, there is no age, and the landmark has to serve.

    Attributes
    ----------
    ages, decades : decades since memorisation, increasing, and what is supported there.
    landmarks, unmemorized : log10 of the step, increasing, and what is supported there without an age.
    """

    ages: FloatArray
    decades: FloatArray
    landmarks: FloatArray
    unmemorized: FloatArray

    def __call__(self, age: FloatArray, landmark: FloatArray) -> FloatArray:
        """Return the supported decades of each row; its age is NaN where it has not memorised."""
        ageless = np.isnan(age)
        by_age = self.decades[_nearest(np.where(ageless, 0.0, age), self.ages)]
        by_landmark = self.unmemorized[_nearest(np.log10(landmark), self.landmarks)]
        return np.where(ageless, by_landmark, by_age)


def _nearest(values: FloatArray, centres: FloatArray) -> NDArray[np.intp]:
    return np.asarray(np.abs(values[:, None] - centres).argmin(1))


def fit_supported_horizon(
    age: FloatArray, landmark: FloatArray, x: FloatArray, configuration: NDArray[np.str_]
) -> SupportedHorizon:
    """Count configurations still observed at the start of each bin, near each age or landmark."""
    ages, decades = _supported_near(_AGES, age, x, configuration)
    without_age = np.where(np.isnan(age), np.log10(landmark), np.nan)
    landmarks, unmemorized = _supported_near(_LANDMARKS, without_age, x, configuration)
    return SupportedHorizon(ages, decades, landmarks, unmemorized)


def _supported_near(
    centres: FloatArray, position: FloatArray, x: FloatArray, configuration: NDArray[np.str_]
) -> tuple[FloatArray, FloatArray]:
    """Return the centres near which anything is supported, and how far."""
    reach = [_supported(np.abs(position - c) <= _HALF_WIDTH, x, configuration) for c in centres]
    enough = np.array(reach) > 0
    if not enough.any():  # fewer configurations than that in all: as far as anything was observed
        return centres[:1], np.array([_observed(x)])
    return centres[enough], np.array(reach)[enough]


def _supported(near: NDArray[np.bool_], x: FloatArray, configuration: NDArray[np.str_]) -> float:
    counts = [len(np.unique(configuration[near & (x > EDGES[k])])) for k in range(N_BINS)]
    enough = np.array([*counts, 0]) >= MIN_CONFIGURATIONS
    return float(EDGES[int(np.argmin(enough))])


def _observed(x: FloatArray) -> float:
    return float(EDGES[max(int(np.searchsorted(EDGES, x.max(), side="right")) - 1, 1)])


# Words of the context, each of which stands for a kind of run.
_CATEGORIES = ("task_family", "architecture", "optimizer", "loss")


@dataclass(frozen=True, eq=False)
class SimilarityScore(FieldsAreState):
    """How far a history lies inside the range of the corpus, weighed by what the forecaster uses.

    Attributes
    ----------
    low, high : 0.5 % and 99.5 % quantiles of each feature over the corpus's rows of any one phase, the widest of them,
        widened by a tenth of their distance.
    importance : share of the forecaster's gain of each feature; sums to 1.
    history : 1 for features of the history, 0 for those of the context.
    threshold : scores below this are out of support; at most 2 % of the corpus's own rows of each phase are.
    floor : at and below this score (at most 0.1 % of the corpus's rows of each phase) nothing of the forecast is trusted.
    least_known : share of the gain that must be recorded; 0.5 % of the corpus's rows, degraded ones included, have less.
    categories : the words of `task_family`, `architecture`, `optimizer` and `loss` that the corpus holds.
    """

    low: FloatArray
    high: FloatArray
    importance: FloatArray
    history: FloatArray
    threshold: float
    floor: float
    least_known: float
    categories: dict[str, list[str]]

    def score(self, features: FloatArray, contexts: Sequence[Context]) -> FloatArray:
        """Return the weighed share of recorded features that lie inside, shape (n_rows,), from 0 to 1.

        0 for a run of a category that is not in the corpus, or of which next to nothing is recorded.
        """
        score = _share_inside(features, self.low, self.high, self.importance)
        known = np.isfinite(features) @ (self.importance * self.history)
        familiar = np.array([self._is_familiar(c) for c in contexts])
        return np.where(familiar & (known >= self.least_known), score, 0.0)

    def trust(self, score: FloatArray) -> FloatArray:
        """Return the share of a forecast that is the model's own: 1 in support, falling to 0 at the floor."""
        width = max(self.threshold - self.floor, 1e-9)
        return np.minimum(np.maximum((score - self.floor) / width, 0.0), 1.0)

    def reasons(self, features: FloatArray, context: Context, in_words: Callable[[int], str]) -> tuple[str, ...]:
        """Return why one run is unlike the corpus: a category that it lacks, too little recorded, or the features outside.

        Parameters
        ----------
        features : of the run, shape (n_features,).
        in_words : returns the value of the k-th feature, as a clause.
        """
        foreign = tuple(
            f"context.{name} {word!r} is understood, but no run that was learnt from has it "
            f"(they have {', '.join(self.categories[name])})"
            for name in _CATEGORIES
            if (word := getattr(context, name)) is not None and word not in self.categories[name]
        )
        if foreign:
            return foreign
        if np.isfinite(features) @ (self.importance * self.history) < self.least_known:
            return ("too little of this history is recorded for a forecast of its own",)
        outside = np.isfinite(features) & ((features < self.low) | (features > self.high))
        what = "history" if (outside & (self.history > 0)).any() else "context"
        weightiest = [int(k) for k in np.argsort(-self.importance * outside, kind="stable")[:3] if outside[k]]
        where = f" (most of all: {'; '.join(map(in_words, weightiest))})" if weightiest else ""
        return (f"this {what} is unlike the runs that the forecaster has learnt from{where}",)

    def _is_familiar(self, context: Context) -> bool:
        words = ((name, getattr(context, name)) for name in _CATEGORIES)
        return all(word is None or word in self.categories[name] for name, word in words)


def categories_of(contexts: Sequence[Context]) -> dict[str, list[str]]:
    """Return the words of each kind that a corpus holds."""
    return {name: sorted({getattr(c, name) for c in contexts if getattr(c, name) is not None}) for name in _CATEGORIES}


def fit_similarity(
    features: FloatArray,
    phase: NDArray[np.int64],
    importance: FloatArray,
    history: NDArray[np.bool_],
    categories: dict[str, list[str]],
) -> SimilarityScore:
    """Learn the range of each feature, and the scores below which a history is unlike the corpus.

    Of each phase, and the widest of them: most rows are of memorised runs, and one that rises is no stranger for that.
    """
    phases = [phase == g for g in np.unique(phase)]
    ranges = [_range(features[members]) for members in phases]
    low, high = np.min([r[0] for r in ranges], axis=0), np.max([r[1] for r in ranges], axis=0)
    recorded = high >= low
    margin = np.zeros(len(low))
    margin[recorded] = 0.1 * (high - low)[recorded]
    share = np.where(recorded, importance, 0.0)
    share = share / max(share.sum(), 1e-12)
    score = _share_inside(features, low - margin, high + margin, share)
    known = np.isfinite(features) @ (share * history)
    threshold, floor = np.min([np.quantile(score[p], [0.02, 0.001]) for p in phases], axis=0)
    least = float(np.quantile(known, 0.005))
    return SimilarityScore(
        low=low - margin,
        high=high + margin,
        importance=share,
        history=history.astype(float),
        threshold=float(threshold),
        floor=float(floor),
        least_known=least,
        categories=categories,
    )


def _range(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the 0.5 % and the 99.5 % quantile of each feature; infinity and minus infinity where none is recorded."""
    low, high = np.full(features.shape[1], np.inf), np.full(features.shape[1], -np.inf)
    for k, column in enumerate(features.T):  # of all columns at once NumPy makes several copies
        if np.isfinite(column).any():
            low[k], high[k] = np.nanquantile(column, [0.005, 0.995])
    return low, high


def _share_inside(features: FloatArray, low: FloatArray, high: FloatArray, importance: FloatArray) -> FloatArray:
    """Return the weighed share of recorded features inside the range, shape (n_rows,); 0 where none is recorded."""
    known = np.isfinite(features) @ importance
    with np.errstate(invalid="ignore"):
        inside = ((features >= low) & (features <= high)) @ importance
    return np.asarray(inside / np.where(known > 0, known, 1.0))
