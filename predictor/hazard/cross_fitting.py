"""Hazards from five folds of configurations, and one calibration for each group of rows.

Each learner has seen four fifths of the configurations. A forecast averages all five; a row of the corpus is judged by
the one that did not see its configuration, so that the very model that is shipped can be calibrated and compared on
configurations new to it (cross-fitting; CV+ of Barber et al. 2021, arXiv 1905.02928, is its kin).

A second ensemble sees only the hyperparameters. With all 220 features the first underuses them; mixing in 20 % of the
second corrects this (docs/decisions.md).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from predictor.arenas import give_back
from predictor.hazard.calibration import GroupCalibration
from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.ensemble import Ensemble, PreparedRows
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.learner import Learner
from predictor.hazard.rows import Rows
from predictor.hazard.time_bins import EDGES, N_BINS, person_periods
from training_runs.arrays import FloatArray

# Of the log hazard, where a context is given: more of it does better at home and dates worse elsewhere (docs/decisions.md).
CONTEXT_SHARE = 0.2
_AT_ONCE = 64  # rows prepared together: each takes some hundred kilobytes


@dataclass(frozen=True, eq=False)
class PreparedQuestions:
    """Rows prepared for both ensembles, to be handed to `curves` and `contributions`.

    Attributes
    ----------
    shape : (n_rows, n_features).
    full : every row, for the learners that read every feature.
    has_context : which rows have a context, shape (n_rows,).
    context : those, for the learners of the context alone; None where there are no such learners or rows.
    """

    shape: tuple[int, ...]
    full: PreparedRows
    has_context: NDArray[np.bool_]
    context: PreparedRows | None


@dataclass(frozen=True, eq=False)
class HazardModel:
    """Log hazards of learners that read every feature, in part those of learners that read the context alone; calibrated.

    Attributes
    ----------
    full_model : learners that read every feature.
    context_model : learners that read the context alone; None where there is nothing else to read, or no context was given.
    context_marker : position of the feature that is known where a row has a context.
    calibration : by group.
    blind_calibration : the same for each fold, without the rows of that fold.
    """

    full_model: Ensemble
    context_model: Ensemble | None
    context_marker: int
    calibration: GroupCalibration
    blind_calibration: Sequence[GroupCalibration]

    @classmethod
    def fit(
        cls,
        rows: Rows,
        context_columns: Sequence[int],
        on_fold: Callable[[], None] = lambda: None,
        *,
        context_marker: int | None = None,
        n_learners: int = N_FOLDS,
        n_trees: int | None = None,
    ) -> "HazardModel":
        """Fit learners on all folds but one each, and calibrate them on the fold that each has not seen.

        Parameters
        ----------
        context_columns : positions of the features that log-linear parts read, and learners of the context alone.
        context_marker : position of a feature that is missing where no context is given; None leaves learners of the
            context alone out.
        n_learners : fewer than five leave rows that no learner is blind to: those are not calibrated on.
        n_trees : of each learner; by default as many as `fit_hazard` takes.
        """
        columns = np.array(context_columns, dtype=np.intp)
        fold = fold_of(rows.configuration, "fit")
        marked = np.zeros(len(fold), dtype=bool)
        if context_marker is not None:
            marked = np.isfinite(rows.features[:, context_marker])
        # Learners of the context need onsets of rows that have it, beside the fold that each has not seen.
        apart = len(set(fold[marked & rows.event & (rows.x <= EDGES[-1])])) > 1

        of_context_alone = replace(rows, features=rows.features[:, columns])

        def of_all(k: int) -> Learner:
            fitted = _learner(rows.where(fold != k), context_columns, n_trees)
            on_fold()
            return fitted

        def of_context(k: int) -> Learner:
            return _learner(of_context_alone.where((fold != k) & marked), range(len(columns)), n_trees)

        # Threads, not processes: LightGBM works without the interpreter's lock.
        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
            context_learners = pool.map(of_context, range(n_learners if apart else 0))
            learners = pool.map(of_all, range(n_learners))
            context_model = Ensemble(list(context_learners), columns) if apart else None
            full_model = Ensemble(list(learners), np.arange(rows.features.shape[1]))
        uncalibrated = cls(full_model, context_model, context_marker or 0, GroupCalibration({}), ())
        judged = fold < n_learners
        rows, fold = rows.where(judged), fold[judged]
        log_rates = uncalibrated._blind(rows.features, rows.target, fold)

        def calibrated(seen: NDArray[np.bool_]) -> GroupCalibration:
            return GroupCalibration.fit(log_rates[seen], rows.where(seen))

        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
            # A learner alone has no other's folds to be calibrated on.
            others = [fold != k for k in range(n_learners)] if n_learners > 1 else []
            calibration, *blind = pool.map(calibrated, [fold >= 0, *others])
        return replace(uncalibrated, calibration=calibration, blind_calibration=blind or [calibration])

    def warm_up(self) -> None:
        """Make ready what the first question would wait for, by answering one about which nothing is known.

        Raises
        ------
        ValueError, IndexError : the parts of the model do not fit together.
        """
        n_features = len(self.full_model.columns)
        for features in (np.full((1, n_features), np.nan), np.zeros((1, n_features))):
            rows = self.prepare(features, np.ones(1))
            self.curves(rows, np.zeros(1, dtype=np.int64))
            self.contributions(rows, np.zeros(1, dtype=np.intp))
        groups = np.array(list(self.calibration.by_group))
        self.calibration(np.zeros((len(groups), N_BINS)), groups)

    def prepare(self, features: FloatArray, target: FloatArray) -> PreparedQuestions:
        """Return rows made ready for `curves` and `contributions`: the most of the work of both."""
        has_context, context = self._has_context(features), None
        if self.context_model is not None and has_context.any():
            context = self.context_model.prepare(features[has_context], target[has_context])
        return PreparedQuestions(features.shape, self.full_model.prepare(features, target), has_context, context)

    def curves(self, rows: PreparedQuestions, group: NDArray[np.int64]) -> FloatArray:
        """Return calibrated P(onset by each edge), shape (n_rows, n_bins + 1)."""
        log_rates = self.full_model.log_rates(rows.full)
        if self.context_model is not None and rows.context is not None:
            _mix_in(log_rates, rows.has_context, self.context_model.log_rates(rows.context))
        return self.calibration(log_rates, group)

    def contributions(self, rows: PreparedQuestions, bins: NDArray[np.intp]) -> FloatArray:
        """Return each feature's contribution to the log hazard at one bin of each row, before calibration.

        Shape (n_rows, n_features).
        """
        moved = np.zeros(rows.shape)
        moved[:, self.full_model.columns] = self.full_model.contributions(rows.full, bins)
        if self.context_model is not None and rows.context is not None:
            of_context = np.zeros((int(rows.has_context.sum()), rows.shape[1]))
            own = self.context_model.contributions(rows.context, bins[rows.has_context])
            of_context[:, self.context_model.columns] = own
            _mix_in(moved, rows.has_context, of_context)
        return moved

    def table_curves(self, features: FloatArray, target: FloatArray, group: NDArray[np.int64]) -> FloatArray:
        """Return the curves of any number of rows, some at a time: prepared, all of a table would take gigabytes."""
        parts = [slice(k, k + _AT_ONCE) for k in range(0, len(features), _AT_ONCE)]
        curves = [self.curves(self.prepare(features[p], target[p]), group[p]) for p in parts]
        return np.concatenate([np.empty((0, len(EDGES))), *curves])

    def blind_curves(
        self,
        features: FloatArray,
        target: FloatArray,
        group: NDArray[np.int64],
        configuration: NDArray[np.str_],
    ) -> FloatArray:
        """Return the same, each row by a learner and a calibration that did not see its configuration."""
        fold = fold_of(configuration, "fit")
        log_rates, curves = self._blind(features, target, fold), np.empty((len(features), len(EDGES)))
        for k in np.unique(fold):
            rows = fold == k
            curves[rows] = self.blind_calibration[k](log_rates[rows], group[rows])
        return curves

    def importance(self) -> FloatArray:
        """Return the importance of each feature to the learners that read all, shape (n_features,), summing to 1."""
        return np.asarray(np.mean([m.importance() for m in self.full_model.learners], axis=0))

    def state(self) -> dict[str, Any]:
        """Return the state of each part."""
        return {
            "full_model": self.full_model.state(),
            "context_model": None if self.context_model is None else self.context_model.state(),
            "context_marker": self.context_marker,
            "calibration": self.calibration.state(),
            "blind_calibration": [calibration.state() for calibration in self.blind_calibration],
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "HazardModel":
        """Return the model whose state this is."""
        context = state["context_model"]
        return cls(
            full_model=Ensemble.of_state(state["full_model"]),
            context_model=None if context is None else Ensemble.of_state(context),
            context_marker=int(state["context_marker"]),
            calibration=GroupCalibration.of_state(state["calibration"]),
            blind_calibration=[GroupCalibration.of_state(c) for c in state["blind_calibration"]],
        )

    def _has_context(self, features: FloatArray) -> NDArray[np.bool_]:
        return np.isfinite(features[:, self.context_marker])

    def _blind(self, features: FloatArray | ChosenRows, target: FloatArray, fold: NDArray[np.int64]) -> FloatArray:
        """Return the log hazard of each row by the learners that have not seen its fold."""
        log_rates = np.empty((len(features), N_BINS))
        for k in np.unique(fold):
            rows = fold == k
            log_rates[rows] = self._of_learner(k, features[rows], target[rows])
        return log_rates

    def _of_learner(self, k: int, features: FloatArray, target: FloatArray) -> FloatArray:
        log_rates = self.full_model.of_learner(k, features, target)
        rows = self._has_context(features)
        if self.context_model is not None and rows.any():
            _mix_in(log_rates, rows, self.context_model.of_learner(k, features[rows], target[rows]))
        return log_rates


def _mix_in(full: FloatArray, has_context: NDArray[np.bool_], of_context: FloatArray) -> None:
    """Give the learners of the context alone their share of the rows that have one."""
    full[has_context] = (1 - CONTEXT_SHARE) * full[has_context] + CONTEXT_SHARE * of_context


def _learner(rows: Rows, linear_columns: Sequence[int], n_trees: int | None) -> Learner:
    periods = person_periods(rows.x, rows.event)
    fitted = Learner.fit(rows.features, rows.target, periods, rows.weight, linear_columns, n_trees)
    give_back()
    return fitted
