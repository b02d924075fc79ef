"""What the corpus as a whole did: how soon its runs generalised, and how soon they memorised."""

import numpy as np
from numpy.typing import NDArray

from features.phase import PHASES
from features.table import FeatureTable
from predictor.hazard.rows import Rows
from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs.arrays import FloatArray


def onset_by_phase(rows: Rows, phase: NDArray[np.int64]) -> FloatArray:
    """Return P(onset by each edge) of the rows in each phase but the last, of shape (n_phases - 1, n_edges)."""
    return np.stack([_onset(rows, phase == number) for number in range(len(PHASES) - 1)])


def _onset(rows: Rows, members: NDArray[np.bool_]) -> FloatArray:
    times, cdf, _ = kaplan_meier(rows.x[members], rows.event[members], rows.weight[members])
    return cdf_at(EDGES, times, cdf)


def memorization_of(table: FeatureTable) -> FloatArray:
    """Return P(memorised by each edge) of rows that record training accuracy and are not confirmed to have memorised."""
    fitting = table.where(table.as_recorded & (table.feature("memorized") == 0))
    x = decades_after(fitting.memorized_time, fitting.landmark)
    times, cdf, _ = kaplan_meier(x, fitting.memorized_event, fitting.weight)
    return cdf_at(EDGES, times, cdf)
