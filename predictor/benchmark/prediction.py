"""What a method predicts of each row, and what makes such predictions: the shape of every baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.time_bins import decades_after
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """P(onset by the budget) and the median onset step, given onset by then; shape (n_rows,) each.

    The median is NaN where a method does not predict when. `low` and `high` are the 5 % and 95 % quantiles, given onset by the
    budget too, of methods that have a whole curve. `silent` marks the rows of which a method says nothing itself, and gives the
    population's answer; None where a method answers every row.
    """

    probability: FloatArray
    median: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    silent: NDArray[np.bool_] | None = None

    def where(self, kept: NDArray[np.bool_]) -> "Prediction":
        """Return that of some rows, without the quantiles."""
        silent = None if self.silent is None else self.silent[kept]
        return Prediction(self.probability[kept], self.median[kept], silent=silent)

    @classmethod
    def concatenate(cls, parts: Sequence["Prediction"]) -> "Prediction":
        """Return the rows of several predictions of one method, without the quantiles."""
        silent = [p.silent for p in parts if p.silent is not None]
        return cls(
            np.concatenate([p.probability for p in parts]),
            np.concatenate([p.median for p in parts]),
            silent=np.concatenate(silent) if silent else None,
        )


Predictor = Callable[[FeatureTable, FeatureTable], Prediction]
"""From training rows `at` one kind of landmark, and `test` rows at the same kind, to predictions of the test rows."""

FitBaseline = Callable[[FeatureTable], Predictor]
"""From the forecaster's own training table, rows at all landmarks, to a predictor."""


def at_landmark(predictor: Predictor) -> FitBaseline:
    """Return a baseline that learns only from the rows at its landmark, nothing from the training table."""
    return lambda train: predictor


def predict(curves: OnsetCurves, table: FeatureTable) -> Prediction:
    """Read the probability by the budget, and quantiles given onset by then, off curves."""
    by_budget = curves.probability(decades_after(table.budget, table.landmark))
    low, median, high = (
        table.landmark * 10 ** np.nan_to_num(curves.quantile(level * by_budget)) for level in (0.05, 0.5, 0.95)
    )
    return Prediction(by_budget, median, low, high)
