"""What a method predicts of each row, and what makes such predictions: the shape of every baseline."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.table import FeatureTable
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.time_bins import decades_after
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """P(onset by the budget) and the median onset step, given onset by then; shape (n_rows,) each.

    The median is NaN where a method does not predict when. `low` and `high` are the 5 % and 95 % quantiles, given onset by the
    budget too, of methods that have a whole curve.
    """

    probability: FloatArray
    median: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None


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
    low, median, high = (np.nan_to_num(curves.quantile(level * by_budget)) for level in (0.05, 0.5, 0.95))
    return Prediction(by_budget, *(table.landmark * 10**x for x in (median, low, high)))
