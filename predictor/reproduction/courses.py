"""The usual course of a signal over many runs, each on its own clock."""

from collections.abc import Callable

import numpy as np

from predictor.reproduction.claim import Series, band, line
from predictor.reproduction.evidence import Runs, rise
from training_runs.labelled_run import LabelledRun

_GRID = np.logspace(-2, 2, 61)  # of the step over that of an event
_FEWEST = 0.2  # of the runs: where fewer were recorded, the median is of other runs than beside it


def course(name: str, runs: Runs, signal: str, origin: Callable[[LabelledRun], float] = rise) -> list[Series]:
    """Return the median of a signal and the band between its quartiles, over step / step of an event."""
    rows = []
    for run in runs:
        steps, values = run.run.trajectory.recorded(signal)
        if np.isfinite(origin(run)) and len(steps):
            at = np.log10(np.maximum(steps, 1) / max(origin(run), 1))
            rows.append(np.interp(np.log10(_GRID), at, values, left=np.nan, right=np.nan))
    if not rows:
        return []
    table = np.array(rows)
    table = table[:, np.isfinite(table).sum(0) >= max(1, _FEWEST * len(rows))]
    shown = _GRID[np.isfinite(np.array(rows)).sum(0) >= max(1, _FEWEST * len(rows))]
    low, middle, high = np.nanquantile(table, [0.25, 0.5, 0.75], axis=0)
    return [band(name, shown, low, high), line(name, shown, middle)]
