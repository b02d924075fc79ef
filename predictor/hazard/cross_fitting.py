"""Hazards from five folds of configurations, and one calibration for each group of rows.

Each learner has seen four fifths of the configurations. A forecast averages all five; a row of the corpus is judged by
the one that did not see its configuration, so that the very model that is shipped can be calibrated and compared on
configurations new to it (cross-fitting; CV+ of Barber et al. 2021, arXiv 1905.02928, is its kin).

Beside learners that read every feature stand others that read the context alone: where a context is told and everything
is sent, 220 features drown what a few hyperparameters say (docs/decisions.md).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.table import FeatureTable
from predictor.hazard.boosting import onset_probability
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.ensemble import Ensemble
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.hazard_calibration import HazardMap
from predictor.hazard.learner import Learner
from predictor.hazard.probability_calibration import CalibrationMap, fit_calibration
from predictor.hazard.time_bins import EDGES, decades_after, person_periods
from predictor.hazard.trees.nodes import Index
from training_runs.arrays import FloatArray

# A group with fewer onsets than this is calibrated together with the others.
_MIN_EVENTS = 40
_EVERYTHING = -1
# Of the log hazard, where a context is told: more of it does better at home and dates worse elsewhere (docs/decisions.md).
CONTEXT_SHARE = 0.2

# Where rows end in the trees of each ensemble, of the rows that it is asked about.
Ends = list[list[Index]]


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
    """Log hazards of learners that read every feature, in part those of learners that read the context alone; calibrated.

    Attributes
    ----------
    context : learners that read the context alone; None where there is nothing else to read, or no context was told.
    told : the feature by which a row is known to tell its context.
    calibration : by group; that of group -1 serves groups with too few onsets.
    """

    everything: Ensemble
    context: Ensemble | None
    told: int
    calibration: dict[int, Calibration]

    @classmethod
    def fit(
        cls,
        rows: Rows,
        names: Sequence[str],
        context_columns: Sequence[int],
        on_fold: Callable[[], None] = lambda: None,
        *,
        told: int | None = None,
        n_learners: int = N_FOLDS,
    ) -> "HazardModel":
        """Fit learners on all folds but one each, and calibrate them on the fold that each has not seen.

        Parameters
        ----------
        names : of the features.
        context_columns : features that log-linear parts read, and learners of the context alone.
        told : a feature that is missing where the context is not told; None leaves learners of the context alone out.
        n_learners : fewer than five leave rows that no learner is blind to: those are not calibrated on.
        """
        all_columns, columns = np.arange(len(names)), np.array(context_columns, dtype=np.intp)
        fold = fold_of(rows.configuration, "fit")

        # Learners of the context need onsets of rows that tell it, beside the fold that each has not seen.
        tells = np.isfinite(rows.features[:, told]) if told is not None else np.zeros(0, dtype=bool)
        apart = told is not None and len(set(fold[tells & rows.event & (rows.x <= EDGES[-1])])) > 1

        def learner(k: int) -> Learner:
            fitted = _learner(rows.where(fold != k), names, context_columns)
            on_fold()
            return fitted

        def of_context(k: int) -> Learner:
            seen = (fold != k) & tells
            read = replace(rows, features=rows.features[:, columns]).where(seen)
            return _learner(read, [names[c] for c in columns], range(len(columns)))

        # Threads, not processes: LightGBM works without the interpreter's lock.
        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
            others = pool.map(of_context, range(n_learners if apart else 0))
            learners = pool.map(learner, range(n_learners))
            context = Ensemble(list(others), columns) if apart else None
            everything = Ensemble(list(learners), all_columns)
        uncalibrated = cls(everything, context, told or 0, {})
        judged = rows.where(fold < n_learners)
        log_rates = uncalibrated._blind(judged.features, judged.target, judged.configuration)
        return replace(uncalibrated, calibration=_calibrations(log_rates, judged))

    def lay_out(self) -> None:
        """Make ready what the first question would wait for."""
        self.everything.lay_out()
        if self.context is not None:
            self.context.lay_out()

    def leaves(self, features: FloatArray, target: FloatArray) -> Ends:
        """Return where each row ends in the trees: the most of the work, to be handed to the two methods below."""
        return [list(e.leaves(features[r], target[r])) for e, r in self._asked(features)]

    def curves(
        self,
        features: FloatArray,
        target: FloatArray,
        group: NDArray[np.int64],
        leaves: Ends | None = None,
    ) -> FloatArray:
        """Return calibrated P(onset by each edge), shape (n_rows, n_bins + 1)."""
        asked = self._asked(features)
        # Row by row where they are not at hand: a hundred kilobytes each.
        ends = (e.leaves(features[r], target[r]) for e, r in asked) if leaves is None else leaves
        parts = [e.log_rates(features[r], target[r], end) for (e, r), end in zip(asked, ends, strict=True)]
        return self._calibrated(self._averaged(features, parts), group)

    def blind_curves(
        self,
        features: FloatArray,
        target: FloatArray,
        group: NDArray[np.int64],
        configuration: NDArray[np.str_],
    ) -> FloatArray:
        """Return the same, each row from the learners that did not see its configuration."""
        return self._calibrated(self._blind(features, target, configuration), group)

    def contributions(
        self, features: FloatArray, target: FloatArray, bins: NDArray[np.intp], leaves: Ends
    ) -> FloatArray:
        """Return each feature's contribution to the log hazard at one bin of each row, before calibration.

        Shape (n_rows, n_features).
        """
        parts = [
            e.contributions(features[r], target[r], bins[r], end)
            for (e, r), end in zip(self._asked(features), leaves, strict=True)
        ]
        return self._averaged(features, parts)

    def importance(self, n_features: int) -> FloatArray:
        """Return how much each feature matters to learners that read all, shape (n_features,), summing to 1."""
        each = [m.importance(n_features) for m in self.everything.learners]
        return np.asarray(np.mean(each, axis=0))

    def _asked(self, features: FloatArray) -> list[tuple[Ensemble, NDArray[np.bool_]]]:
        """Return who is asked about which rows: of the context alone about those that tell it, if any does."""
        every = (self.everything, np.ones(len(features), dtype=bool))
        if self.context is None or not (tells := self._tells(features)).any():
            return [every]
        return [every, (self.context, tells)]

    def _tells(self, features: FloatArray) -> NDArray[np.bool_]:
        return np.isfinite(features[:, self.told])

    def _averaged(self, features: FloatArray, parts: Sequence[FloatArray]) -> FloatArray:
        """Return what all features say of each row, and in part what the context says where it is told."""
        whole, *of_context = parts
        if of_context:
            tells = self._tells(features)
            whole[tells] = (1 - CONTEXT_SHARE) * whole[tells] + CONTEXT_SHARE * of_context[0]
        return whole

    def _blind(self, features: FloatArray, target: FloatArray, configuration: NDArray[np.str_]) -> FloatArray:
        fold = fold_of(configuration, "fit")
        parts = [e.blind_log_rates(features[r], target[r], fold[r]) for e, r in self._asked(features)]
        return self._averaged(features, parts)

    def _calibrated(self, log_rates: FloatArray, group: NDArray[np.int64]) -> FloatArray:
        out = np.empty((len(log_rates), len(EDGES)))
        for g in np.unique(group):
            rows = group == g
            out[rows] = self.calibration.get(int(g), self.calibration[_EVERYTHING])(log_rates[rows])
        return out


def _learner(rows: Rows, names: Sequence[str], linear_columns: Sequence[int]) -> Learner:
    periods = person_periods(rows.x, rows.event)
    return Learner.fit(rows.features, names, rows.target, periods, rows.weight, linear_columns)


def _calibrations(log_rates: FloatArray, rows: Rows) -> dict[int, Calibration]:
    maps = {_EVERYTHING: Calibration.fit(log_rates, rows)}
    for g in np.unique(rows.group):
        members = rows.group == g
        if len(np.unique(rows.configuration[members & rows.event])) >= _MIN_EVENTS:
            maps[int(g)] = Calibration.fit(log_rates[members], rows.where(members))
    return maps
