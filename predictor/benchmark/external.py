"""The forecaster as it is, on runs recorded elsewhere: early landmarks, horizons in multiples of the landmark.

Recordings made elsewhere stop when their owners lost interest, often soon after onset: their length must not be used.
So each row is scored at a fixed multiple of its landmark, and rows whose recording ends before that without onset are
counted and left out.

The forecaster was developed in sight of these runs, but for half of the configurations of one source, chosen by hash:
they are locked, scored once for a release, and they alone are quoted as a result.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features.table import FeatureTable, table_at
from predictor.benchmark import metrics
from predictor.benchmark.bootstrap import Interval, interval
from predictor.fitting_tables import checkpoint_at
from predictor.forecaster import OnsetForecaster
from training_runs import Run
from training_runs.onset import memorization
from training_runs.readers import read_source_folder

HORIZONS = (10, 30)
LOCKED_SOURCE = "tnediserp_miml"
# Sources with enough runs of either outcome to be averaged over; the others are described.
SCORED_SOURCES = ("atgugu_sweeps", LOCKED_SOURCE)
_FIGURES = ("auroc", "log10_mae", "coverage90", "too_early", "held")
_MEMORIZATION_MULTIPLES = (1, 2, 4)
# Without a training accuracy there is no memorisation: these shares of the recording instead.
_RECORDING_SHARES = (0.01, 0.02, 0.05, 0.10)


def benchmark_external(forecaster: OnsetForecaster, folders: Sequence[Path], *, locked: bool = False) -> dict[str, Any]:
    """Return one row for each source, horizon, and with or without the context, and their means by horizon.

    With `locked`, the locked half alone is scored; without, everything but that.

    `coverage90` counts rows: one without onset counts as covered where its interval reaches beyond the horizon. So even a
    forecast that is right is above 90 %. What it hides is beside it: `held`, the share of onsets within their intervals,
    with what that would be if the forecasts were right, and `too_early`, the share of rows with an onset before the 5 %
    quantile, at most 0.05 if they were.
    """
    rows = []
    for folder in folders:
        for source, runs in read_source_folder(folder).items():
            chosen = [r for r in runs if is_locked(source, r) == locked]
            for with_context in (True, False) if chosen else ():
                table = table_at(chosen, _landmarks, hide_context=not with_context)
                early = _early(table)
                for horizon in HORIZONS:
                    rows.append(
                        {
                            "source": source,
                            "horizon": horizon,
                            "with_context": with_context,
                            "already_rising": len(table) - len(early),
                            **_figures(forecaster, early, horizon),
                        }
                    )
    return {
        "forecaster": forecaster.version,
        "locked": locked,
        "rows": rows,
        "means": [_mean(rows, horizon) for horizon in HORIZONS],
    }


def is_locked(source: str, run: Run) -> bool:
    """Say whether a run is of the half that no development may look at."""
    digest = hashlib.sha256(run.configuration_id.encode()).digest()
    return source == LOCKED_SOURCE and digest[-1] % 2 == 1


def _mean(rows: list[dict[str, Any]], horizon: int) -> dict[str, Any]:
    """Return each figure's mean over the scored sources, with and without context."""
    scored = [r for r in rows if r["source"] in SCORED_SOURCES and r["horizon"] == horizon]
    values = {f: [r[f]["value"] for r in scored if r[f]["value"] is not None] for f in _FIGURES}
    return {
        "horizon": horizon,
        **{f: round(float(np.mean(v)), 4) if v else None for f, v in values.items()},
    }


def _landmarks(run: Run) -> list[int]:
    confirmed = memorization(run.trajectory).confirmed_step
    if confirmed is None and "train_acc" in run.trajectory.recorded_names():
        return []
    if confirmed is None:
        wanted = [share * run.trajectory.observed_until for share in _RECORDING_SHARES]
    else:
        wanted = [float(k * confirmed) for k in _MEMORIZATION_MULTIPLES]
    return sorted({step for w in wanted for step in checkpoint_at(run, w)})


def _early(table: FeatureTable) -> FeatureTable:
    return table.where(table.landmark < table.rise)


def _figures(forecaster: OnsetForecaster, table: FeatureTable, multiple: int) -> dict[str, Any]:
    horizon = multiple * table.landmark
    event = table.event & (table.time <= horizon)
    known = event | (table.time >= horizon)
    rows, event, horizon = table.where(known), event[known], horizon[known]
    if not len(rows):
        nothing = vars(Interval(None, None, None))
        figures = dict.fromkeys(_FIGURES, nothing)
        return {"rows": 0, "onsets": 0, "left_out": len(table), "held_if_right": None, **figures}
    curves = forecaster.curves(rows, to_reach=False)
    probability = curves.probability(np.full(len(rows), np.log10(multiple)))
    median = rows.landmark * 10 ** np.nan_to_num(curves.quantile(0.5 * probability))
    low, high = (rows.landmark * 10 ** curves.quantile(np.full(len(rows), level)) for level in (0.05, 0.95))
    inside = metrics.open_coverage(low, high, rows.time, event, horizon)
    early = event & (rows.time < np.nan_to_num(low, nan=np.inf))
    likely = np.minimum(probability, 0.95) - np.minimum(probability, 0.05)  # within the interval

    def when(i: np.ndarray) -> float:
        i = i[event[i]]
        return metrics.log10_mae(median[i], rows.time[i])

    measures: dict[str, Callable[[np.ndarray], float]] = {
        "auroc": lambda i: metrics.auroc(probability[i], event[i]),
        "log10_mae": when,
        "coverage90": lambda i: float(inside[i].mean()),
        "too_early": lambda i: float(early[i].mean()),
        "held": lambda i: float(inside[i][event[i]].mean()) if event[i].any() else float("nan"),
    }
    return {
        "rows": len(rows),
        "onsets": int(event.sum()),
        "left_out": int((~known).sum()),
        "held_if_right": round(float(likely.sum() / probability.sum()), 4),
        **{name: vars(interval(measure, rows.configuration)) for name, measure in measures.items()},
    }
