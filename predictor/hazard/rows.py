"""What a hazard is fitted on: rows with their censored times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.hazard.time_bins import decades_after
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Rows:
    """What a hazard model learns from; arrays of length n_rows.

    Attributes
    ----------
    features : shape (n_rows, n_features).
    target : the requested target accuracy.
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
