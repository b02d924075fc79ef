"""Boosted hazards from five folds of configurations, and one calibration for each phase of a run.

Each booster has seen four fifths of the configurations. A forecast averages all five; a row of the corpus is judged
by the one booster that did not see its configuration, so that the very model that is shipped can be calibrated and
compared on configurations new to it (cross-fitting; CV+ of Barber et al. 2021, arXiv 1905.02928, is its kin).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from predictor.boosting import fit_hazard, mean_log_rates, onset_probability
from predictor.calibration import CalibrationMap, fit_calibration
from predictor.curves import OnsetCurves
from predictor.folds import N_FOLDS, fold_of
from predictor.hazard import EDGES

# A phase with fewer onsets than this is calibrated together with the others.
_MIN_EVENTS = 40
_EVERYTHING = -1


@dataclass(frozen=True, eq=False)
class Rows:
    """What a hazard model learns from; arrays of length n_rows.

    Attributes
    ----------
    features : shape (n_rows, n_features).
    target : accuracy asked about.
    group : which calibration a row belongs to (its phase).
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


@dataclass(frozen=True, eq=False)
class HazardModel:
    """Five boosters, and calibration maps by group; the map of group -1 serves groups with too few onsets."""

    boosters: Sequence[lgb.Booster]
    calibration: dict[int, CalibrationMap]

    @classmethod
    def fit(
        cls, rows: Rows, names: Sequence[str], on_fold: Callable[[], None] = lambda: None
    ) -> "HazardModel":
        """Fit boosters on all folds but one each, and calibrate them on the fold that each has not seen."""
        fold = fold_of(rows.configuration, "fit")

        def booster_blind_to(k: int) -> lgb.Booster:
            seen = fold != k
            booster = fit_hazard(
                rows.features[seen],
                names,
                rows.target[seen],
                rows.x[seen],
                rows.event[seen],
                rows.weight[seen],
            )
            on_fold()
            return booster

        # Threads, not processes: LightGBM works without the interpreter's lock.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            boosters = list(pool.map(booster_blind_to, range(N_FOLDS)))
        uncalibrated = cls(boosters, {})
        raw = uncalibrated._blind(rows.features, rows.target, rows.configuration)
        return cls(boosters, _calibrations(raw, rows))

    def curves(
        self, features: FloatArray, target: FloatArray, group: NDArray[np.int64]
    ) -> FloatArray:
        """Return calibrated P(onset by each edge), shape (n_rows, n_bins + 1)."""
        raw = onset_probability(mean_log_rates(self.boosters, features, target))
        return self._calibrated(raw, group)

    def blind_curves(
        self,
        features: FloatArray,
        target: FloatArray,
        group: NDArray[np.int64],
        configuration: NDArray[np.str_],
    ) -> FloatArray:
        """Return the same, each row from the booster that did not see its configuration."""
        return self._calibrated(self._blind(features, target, configuration), group)

    def _blind(
        self, features: FloatArray, target: FloatArray, configuration: NDArray[np.str_]
    ) -> FloatArray:
        fold = fold_of(configuration, "fit")
        cdf = np.zeros((len(features), len(EDGES)))
        for k in np.unique(fold):
            rows = fold == k
            rates = mean_log_rates([self.boosters[k]], features[rows], target[rows])
            cdf[rows] = onset_probability(rates)
        return cdf

    def _calibrated(self, cdf: FloatArray, group: NDArray[np.int64]) -> FloatArray:
        out = np.empty_like(cdf)
        for g in np.unique(group):
            rows = group == g
            out[rows] = self.calibration.get(int(g), self.calibration[_EVERYTHING])(cdf[rows])
        return out


def _calibrations(raw: FloatArray, rows: Rows) -> dict[int, CalibrationMap]:
    at_end = OnsetCurves(raw, np.full(len(raw), EDGES[-1])).probability(rows.x)
    event = rows.event & (rows.x <= EDGES[-1])
    maps = {_EVERYTHING: fit_calibration(at_end, event, rows.weight)}
    for g in np.unique(rows.group):
        members = rows.group == g
        if len(np.unique(rows.configuration[members & event])) >= _MIN_EVENTS:
            maps[int(g)] = fit_calibration(at_end[members], event[members], rows.weight[members])
    return maps
