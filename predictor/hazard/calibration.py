"""One calibration for each group of rows: of the hazard in each bin, and then of the probability that it adds up to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.curves import OnsetCurves
from predictor.hazard.hazard_calibration import HazardMap
from predictor.hazard.probability_calibration import CalibrationMap, fit_calibration
from predictor.hazard.rows import Rows
from predictor.hazard.time_bins import EDGES, onset_probability, person_periods
from training_runs.arrays import FloatArray

# A group with fewer onsets than this is calibrated together with the others.
_MIN_EVENTS = 40
_ALL = -1


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

    def state(self) -> dict[str, Any]:
        """Return the state of both."""
        return {"hazard": self.hazard.state(), "probability": self.probability.state()}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Calibration":
        """Return the calibration whose state this is."""
        return cls(HazardMap.of_state(state["hazard"]), CalibrationMap.of_state(state["probability"]))


@dataclass(frozen=True, eq=False)
class GroupCalibration:
    """A calibration for each group; that of group -1 serves groups with too few onsets."""

    by_group: dict[int, Calibration]

    @classmethod
    def fit(cls, log_rates: FloatArray, rows: Rows) -> "GroupCalibration":
        """Fit one to all rows, and one to each group of enough configurations with an onset."""
        by_group = {_ALL: Calibration.fit(log_rates, rows)}
        for g in np.unique(rows.group):
            members = rows.group == g
            if len(np.unique(rows.configuration[members & rows.event])) >= _MIN_EVENTS:
                by_group[int(g)] = Calibration.fit(log_rates[members], rows.where(members))
        return cls(by_group)

    def __call__(self, log_rates: FloatArray, group: NDArray[np.int64]) -> FloatArray:
        """Return P(onset by each edge) of each row by the calibration of its group, shape (n_rows, n_bins + 1)."""
        out = np.empty((len(log_rates), len(EDGES)))
        for g in np.unique(group):
            rows = group == g
            out[rows] = self.by_group.get(int(g), self.by_group[_ALL])(log_rates[rows])
        return out

    def state(self) -> dict[str, Any]:
        """Return the state of each calibration, by its group."""
        return {str(g): calibration.state() for g, calibration in sorted(self.by_group.items())}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "GroupCalibration":
        """Return the calibrations whose state this is."""
        if str(_ALL) not in state:
            raise ValueError("it has no calibration for rows of all groups")
        return cls({int(g): Calibration.of_state(calibration) for g, calibration in state.items()})
