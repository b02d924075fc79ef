"""Hazards from five folds of configurations, and one calibration for each group of rows.

Each learner has seen four fifths of the configurations. A forecast averages all five; a row of the corpus is judged by
the one that did not see its configuration, so that the very model that is shipped can be calibrated and compared on
configurations new to it (cross-fitting; CV+ of Barber et al. 2021, arXiv 1905.02928, is its kin).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.curves import FloatArray
from features.table import FeatureTable
from predictor.boosting import onset_probability
from predictor.calibration import CalibrationMap, fit_calibration
from predictor.curves import OnsetCurves
from predictor.folds import N_FOLDS, fold_of
from predictor.hazard import CENTRES, EDGES, N_BINS, decades_after, person_periods
from predictor.hazard_calibration import HazardMap
from predictor.learner import Learner, averaged
from predictor.linear_hazard import LinearHazard
from predictor.network import HazardNetwork
from predictor.tree_nodes import Index
from predictor.trees import Trees

# A group with fewer onsets than this is calibrated together with the others.
_MIN_EVENTS = 40
_EVERYTHING = -1


@dataclass(frozen=True, eq=False)
class Rows:
    """What a hazard model learns from; arrays of length n_rows.

    Attributes
    ----------
    features : shape (n_rows, n_features).
    target : accuracy asked about.
    group : which calibration a row belongs to.
    x, event : decades followed after the landmark, and whether that ended in onset.
    configuration : the unit of folds.
    weight : such that each configuration counts once.
    """

    features: FloatArray
    target: FloatArray
    group: NDArray[np.int64]
    x: FloatArray
    event: NDArray[np.bool_]
    configuration: NDArray[np.str_]
    weight: FloatArray

    @classmethod
    def of(cls, table: FeatureTable, features: FloatArray, group: NDArray[np.int64]) -> "Rows":
        """Return the rows of a table, seeing some features of theirs, shape (n_rows, n_features)."""
        return cls(
            features=features,
            target=table.target,
            group=group,
            x=decades_after(table.time, table.landmark),
            event=table.event,
            configuration=table.configuration,
            weight=table.weight,
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Return some of the rows."""
        return Rows(**{name: values[chosen] for name, values in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Calibration:
    """Of the hazard in each bin, and then of the probability that it adds up to."""

    hazard: HazardMap
    probability: CalibrationMap

    @classmethod
    def fit(cls, log_rates: FloatArray, rows: Rows) -> "Calibration":
        """Fit both, one after the other, to log hazards that were predicted without the rows' configurations."""
        hazard = HazardMap.fit(log_rates, person_periods(rows.x, rows.event), rows.weight)
        raw = onset_probability(hazard(log_rates))
        at_end = OnsetCurves(raw, np.full(len(raw), EDGES[-1])).probability(rows.x)
        event = rows.event & (rows.x <= EDGES[-1])
        # A configuration has a weight for each of its landmarks; here it is one.
        each = rows.weight * (len(np.unique(rows.configuration)) / rows.weight.sum())
        return cls(hazard, fit_calibration(at_end, event, each))

    def __call__(self, log_rates: FloatArray) -> FloatArray:
        """Return P(onset by each edge), shape (n_rows, n_bins + 1)."""
        return self.probability(onset_probability(self.hazard(log_rates)))


@dataclass(frozen=True, eq=False)
class HazardModel:
    """Five learners, and calibrations by group; that of group -1 serves groups with too few onsets."""

    learners: Sequence[Learner]
    calibration: dict[int, Calibration]

    @classmethod
    def fit(
        cls,
        rows: Rows,
        names: Sequence[str],
        linear_columns: Sequence[int],
        on_fold: Callable[[], None] = lambda: None,
        *,
        n_learners: int = N_FOLDS,
    ) -> "HazardModel":
        """Fit learners on all folds but one each, and calibrate them on the fold that each has not seen.

        Parameters
        ----------
        names : of the features.
        linear_columns : features that the log-linear part reads.
        n_learners : fewer than five leave rows that no learner is blind to: those are not calibrated on.
        """
        fold = fold_of(rows.configuration, "fit")

        def learner_blind_to(k: int) -> Learner:
            seen = fold != k
            learner = Learner.fit(
                rows.features[seen],
                names,
                rows.target[seen],
                person_periods(rows.x[seen], rows.event[seen]),
                rows.weight[seen],
                linear_columns,
            )
            on_fold()
            return learner

        # Threads, not processes: LightGBM works without the interpreter's lock.
        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
            learners = list(pool.map(learner_blind_to, range(n_learners)))
        uncalibrated = cls(learners, {})
        judged = rows.where(fold < n_learners)
        log_rates = uncalibrated._blind(judged.features, judged.target, judged.configuration)
        return cls(learners, _calibrations(log_rates, judged))

    @cached_property
    def trees(self) -> Trees:
        """The boosted parts of all learners, added up, asked at every bin."""
        return Trees([m.boosted for m in self.learners], CENTRES)

    @cached_property
    def linear(self) -> LinearHazard:
        """The mean of the log-linear parts of all learners."""
        return LinearHazard.mean([m.linear for m in self.learners])

    @cached_property
    def network(self) -> HazardNetwork:
        """The mean of the networks of all learners."""
        return HazardNetwork.mean([m.network for m in self.learners])

    def leaves(self, features: FloatArray, target: FloatArray) -> Iterator[Index]:
        """Yield where each row ends in the trees: the most of the work, to be handed to the two methods below."""
        return map(self.trees.leaves, np.column_stack([features, target]))

    def curves(
        self,
        features: FloatArray,
        target: FloatArray,
        group: NDArray[np.int64],
        leaves: Iterable[Index] | None = None,
    ) -> FloatArray:
        """Return calibrated P(onset by each edge), shape (n_rows, n_bins + 1)."""
        ends = self.leaves(features, target) if leaves is None else leaves
        boosted = np.array([self.trees.sum(end) for end in ends]).reshape(len(features), -1)
        stepwise = self.linear.log_rates(features, target) + boosted / len(self.learners)
        log_rates = averaged(stepwise, self.network.log_rates(features, target))
        return self._calibrated(log_rates, group)

    def blind_curves(
        self,
        features: FloatArray,
        target: FloatArray,
        group: NDArray[np.int64],
        configuration: NDArray[np.str_],
    ) -> FloatArray:
        """Return the same, each row from the learner that did not see its configuration."""
        return self._calibrated(self._blind(features, target, configuration), group)

    def contributions(
        self,
        features: FloatArray,
        target: FloatArray,
        bins: NDArray[np.intp],
        leaves: Iterable[Index],
    ) -> FloatArray:
        """Return each feature's contribution to the log hazard at one bin of each row, before calibration.

        Shape (n_rows, n_features). Of the trees, by how far the tests of a feature move the mean (docs/decisions.md).
        """
        moved = [self.trees.contributions(end, k) for end, k in zip(leaves, bins, strict=True)]
        boosted = np.array(moved)[:, : features.shape[1]] / len(self.learners)
        stepwise = self.linear.contributions(features, target, bins) + boosted
        return averaged(stepwise, self.network.contributions(features, target, bins))

    def importance(self, n_features: int) -> FloatArray:
        """Return how much each feature matters, shape (n_features,), summing to 1."""
        return np.asarray(np.mean([m.importance(n_features) for m in self.learners], axis=0))

    def _blind(
        self, features: FloatArray, target: FloatArray, configuration: NDArray[np.str_]
    ) -> FloatArray:
        fold = fold_of(configuration, "fit")
        log_rates = np.zeros((len(features), N_BINS))
        for k in np.unique(fold):
            rows = fold == k
            log_rates[rows] = self.learners[k].log_rates(features[rows], target[rows])
        return log_rates

    def _calibrated(self, log_rates: FloatArray, group: NDArray[np.int64]) -> FloatArray:
        out = np.empty((len(log_rates), len(EDGES)))
        for g in np.unique(group):
            rows = group == g
            out[rows] = self.calibration.get(int(g), self.calibration[_EVERYTHING])(log_rates[rows])
        return out


def _calibrations(log_rates: FloatArray, rows: Rows) -> dict[int, Calibration]:
    maps = {_EVERYTHING: Calibration.fit(log_rates, rows)}
    for g in np.unique(rows.group):
        members = rows.group == g
        if len(np.unique(rows.configuration[members & rows.event])) >= _MIN_EVENTS:
            maps[int(g)] = Calibration.fit(log_rates[members], rows.where(members))
    return maps
