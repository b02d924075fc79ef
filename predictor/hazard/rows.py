"""What a hazard is fitted on: rows with their censored times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.context_features import CONTEXT_MARKER
from features.table import FeatureTable
from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.time_bins import decades_after
from training_runs.arrays import FloatArray

# Times the weight of a row with it, that of one without learning rate or weight decay: most of what is sent is like that, and has
# only the curve to go by (docs/decisions.md).
_WITHOUT_CONTEXT = 1.6


@dataclass(frozen=True, eq=False)
class Rows:
    """What a hazard model learns from; arrays of length n_rows.

    Attributes
    ----------
    features : shape (n_rows, n_features); of some of the rows, those are chosen and not copied.
    target : the requested target accuracy.
    group : which calibration a row belongs to.
    x, event : decades followed after the landmark, and whether that ended in onset.
    configuration : the unit of folds.
    weight : as of the table, and more where the context does not say learning rate and weight decay.
    """

    features: FloatArray | ChosenRows
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
            weight=table.weight * np.where(np.isnan(table.feature(CONTEXT_MARKER)), _WITHOUT_CONTEXT, 1.0),
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Return some of the rows."""
        others = {name: values[chosen] for name, values in vars(self).items() if name != "features"}
        return Rows(features=ChosenRows.of(self.features, chosen), **others)
