"""Time to an event in absolute steps, from the context alone: five cross-fitted sums of boosted trees, and a calibration.

The hazard is constant within bins of log10 of the step, a piecewise exponential model as that of forecasts
(`predictor.hazard.time_bins`), with steps counted from the start of training: the `x` of rows is log10 of the step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.boosting import fit_hazard
from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.probability_calibration import CalibrationMap, fit_calibration
from predictor.hazard.rows import Rows
from predictor.hazard.time_bins import onset_probability, person_periods, thinned
from predictor.hazard.trees.boosted_trees import BoostedTrees
from predictor.hazard.trees.evaluate import TreeSum
from training_runs.arrays import FloatArray

# log10 of the step, from 10 to two million.
GRID: FloatArray = np.round(np.linspace(1.0, 6.3, 54), 2)
_CENTRES: FloatArray = (GRID[:-1] + GRID[1:]) / 2
# Few and large steps: as good here as three times as many, and a third of the bytes.
N_TREES, _LEARNING_RATE = 150, 0.1


@dataclass(frozen=True, eq=False)
class TimeToEvent:
    """P(event by a step) of a setting.

    Attributes
    ----------
    learners : the k-th has not seen fold k.
    calibration : by group.
    blind_calibration : the same for each fold, without the rows of that fold.
    """

    learners: Sequence[BoostedTrees]
    calibration: dict[int, CalibrationMap]
    blind_calibration: Sequence[dict[int, CalibrationMap]]

    @classmethod
    def fit(cls, rows: Rows, n_trees: int | None = None) -> "TimeToEvent":
        """Fit learners on all folds but one each, and calibrate them on the fold that each has not seen."""
        fold = fold_of(rows.configuration, "fit")
        learners = [_learner(rows.where(fold != k), n_trees or N_TREES) for k in range(N_FOLDS)]
        uncalibrated = cls(learners, {}, ())
        raw = uncalibrated._blind(rows.features, rows.target, fold)
        whole = _calibrations(raw, rows)
        blind = [_calibrations(raw[fold != k], rows.where(fold != k)) for k in range(N_FOLDS)]
        return replace(uncalibrated, calibration=whole, blind_calibration=blind)

    @cached_property
    def trees(self) -> TreeSum:
        """All learners, added up."""
        return TreeSum(BoostedTrees.concatenate(self.learners), _CENTRES)

    def curves(self, features: FloatArray, target: FloatArray, group: NDArray[np.int64]) -> FloatArray:
        """Return P(event by each step of `GRID`), shape (n_rows, n_steps)."""
        log_rates = self.trees.sums(np.column_stack([features, target])) / len(self.learners)
        return _calibrated(self.calibration, onset_probability(log_rates, GRID), group)

    def blind_curves(
        self,
        features: FloatArray | ChosenRows,
        target: FloatArray,
        group: NDArray[np.int64],
        configuration: NDArray[np.str_],
    ) -> FloatArray:
        """Return the same, each row by a learner and a calibration that did not see its configuration."""
        fold = fold_of(configuration, "fit")
        curves = self._blind(features, target, fold)
        for k in np.unique(fold):
            curves[fold == k] = _calibrated(self.blind_calibration[k], curves[fold == k], group[fold == k])
        return curves

    def state(self) -> dict[str, Any]:
        """Return the state of each part."""
        return {
            "learners": [learner.state() for learner in self.learners],
            "calibration": _state(self.calibration),
            "blind_calibration": [_state(maps) for maps in self.blind_calibration],
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "TimeToEvent":
        """Return the model whose state this is."""
        return cls(
            [BoostedTrees.of_state(learner) for learner in state["learners"]],
            _of_state(state["calibration"]),
            [_of_state(maps) for maps in state["blind_calibration"]],
        )

    def _blind(self, features: FloatArray | ChosenRows, target: FloatArray, fold: NDArray[np.int64]) -> FloatArray:
        curves = np.zeros((len(features), len(GRID)))
        for k in np.unique(fold):
            rows = fold == k
            trees = TreeSum(self.learners[k], _CENTRES)
            curves[rows] = onset_probability(trees.sums(np.column_stack([features[rows], target[rows]])), GRID)
        return curves


def at_step(curves: FloatArray, step: FloatArray) -> FloatArray:
    """Read each curve off at log10 of a step, shape (n_rows,)."""
    return np.array([np.interp(s, GRID, curve) for s, curve in zip(step, curves, strict=True)], dtype=float)


def _learner(rows: Rows, n_trees: int) -> BoostedTrees:
    periods = thinned(person_periods(rows.x, rows.event, GRID))
    mean = np.log(periods.event.sum() / periods.exposure.sum())
    start = np.full((len(rows.x), len(_CENTRES)), mean)
    trees = fit_hazard(
        rows.features, rows.target, periods, rows.weight, start, n_trees, centres=_CENTRES, learning_rate=_LEARNING_RATE
    )
    # The start becomes part of the first tree: a learner is a sum of trees and nothing else.
    value = trees.value.copy()
    value[: trees.n_leaves[0]] += np.float32(mean)
    return replace(trees, value=value)


def _calibrations(raw: FloatArray, rows: Rows) -> dict[int, CalibrationMap]:
    return {int(g): _calibration(raw[rows.group == g], rows.where(rows.group == g)) for g in np.unique(rows.group)}


def _calibration(raw: FloatArray, rows: Rows) -> CalibrationMap:
    each = rows.weight * (len(np.unique(rows.configuration)) / rows.weight.sum())
    return fit_calibration(at_step(raw, rows.x), rows.event & (rows.x <= GRID[-1]), each)


def _calibrated(maps: dict[int, CalibrationMap], curves: FloatArray, group: NDArray[np.int64]) -> FloatArray:
    out = curves.copy()
    for g in np.unique(group):
        if int(g) in maps:
            out[group == g] = maps[int(g)](curves[group == g])
    return out


def _state(maps: dict[int, CalibrationMap]) -> dict[str, Any]:
    return {str(g): calibration.state() for g, calibration in sorted(maps.items())}


def _of_state(state: dict[str, Any]) -> dict[int, CalibrationMap]:
    return {int(g): CalibrationMap(**maps) for g, maps in state.items()}
