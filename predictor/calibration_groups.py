"""The groups that forecasts are calibrated in: by phase, and by what is known of the context."""

import numpy as np
from numpy.typing import NDArray

from features.context_features import CONTEXT_MARKER
from features.phase import PHASES
from features.table import FeatureTable
from training_runs.arrays import FloatArray

_NEARLY = 0.02  # of accuracy: a run that rises and is this near its target has all but arrived


def calibration_group(
    phase: NDArray[np.int64], target: FloatArray, *, val_acc: FloatArray, marker: FloatArray
) -> NDArray[np.int64]:
    """Return the group that each row is calibrated in: by phase, and by whether learning rate and weight decay are known.

    Without them a forecast is more often wrong, and has to be less sure. Runs that rise and have come near their target stand
    in the place of those that generalised, which nobody forecasts: next to all of them are confirmed within two checkpoints.

    Parameters
    ----------
    phase, target : of each row, shape (n_rows,).
    val_acc : its recent validation accuracy; NaN where there is none.
    marker : the feature `CONTEXT_MARKER`.
    """
    arriving = (phase == PHASES.index("rising")) & (val_acc >= target - _NEARLY)
    stage = np.where(arriving, PHASES.index("generalized"), phase)
    return np.asarray(stage + len(PHASES) * np.isnan(marker))


def group_of(table: FeatureTable) -> NDArray[np.int64]:
    """Return the groups of a table's rows, of shape (n_rows,)."""
    val_acc, marker = table.feature("val_acc_level"), table.feature(CONTEXT_MARKER)
    return calibration_group(table.phase, table.target, val_acc=val_acc, marker=marker)
