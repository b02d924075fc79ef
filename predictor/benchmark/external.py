"""The forecaster as it is, on runs recorded elsewhere: early landmarks, horizons in multiples of the landmark.

Recordings made elsewhere stop when their owners lost interest, often soon after onset: their length must not be used.
So each row is scored at a fixed multiple of its landmark, and rows whose recording ends before that without onset are
counted and left out.

The forecaster was developed in sight of these runs, but for half of the configurations of one source, chosen by hash:
they are locked, scored once for a release, and they alone are quoted as a result.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable, table_at
from predictor.benchmark import metrics
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.result import ExternalMeans, ExternalResult, ExternalRow
from predictor.benchmark.rows import checkpoint_at
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


def benchmark_external(forecaster: OnsetForecaster, folders: Sequence[Path], *, locked: bool = False) -> ExternalResult:
    """Return one row for each source, with or without its context, and horizon, and means of the scored sources.

    With `locked`, the locked half alone is scored; without, everything but that.
    """
    rows = []
    for folder in folders:
        for source, runs in read_source_folder(folder).items():
            chosen = [r for r in runs if is_locked(source, r) == locked]
            for with_context in (True, False) if chosen else ():
                table = table_at(chosen, _landmarks, hide_context=not with_context)
                rows += [_row(forecaster, source, table, horizon, with_context) for horizon in HORIZONS]
    return ExternalResult(forecaster.version, locked, tuple(rows), tuple(_means(rows, h) for h in HORIZONS))


def is_locked(source: str, run: Run) -> bool:
    """Whether a run is of the half that no development may look at."""
    digest = hashlib.sha256(run.configuration_id.encode()).digest()
    return source == LOCKED_SOURCE and digest[-1] % 2 == 1


def _means(rows: Sequence[ExternalRow], horizon: int) -> ExternalMeans:
    """Return each figure's mean over the scored sources, with and without context."""
    scored = [r for r in rows if r.source in SCORED_SOURCES and r.horizon == horizon]

    def mean(figures: Iterable[Interval]) -> float | None:
        defined = [f.value for f in figures if f.value is not None]
        return round(float(np.mean(defined)), 4) if defined else None

    return ExternalMeans(
        horizon=horizon,
        auroc=mean(r.auroc for r in scored),
        log10_mae=mean(r.log10_mae for r in scored),
        coverage90=mean(r.coverage90 for r in scored),
        too_early=mean(r.too_early for r in scored),
        held=mean(r.held for r in scored),
    )


def _landmarks(run: Run) -> list[int]:
    confirmed = memorization(run.trajectory).confirmed_step
    if confirmed is None and "train_acc" in run.trajectory.recorded_names():
        return []
    if confirmed is None:
        wanted = [share * run.trajectory.observed_until for share in _RECORDING_SHARES]
    else:
        wanted = [float(k * confirmed) for k in _MEMORIZATION_MULTIPLES]
    return sorted({step for w in wanted for step in checkpoint_at(run, w)})


def _row(
    forecaster: OnsetForecaster, source: str, table: FeatureTable, multiple: int, with_context: bool
) -> ExternalRow:
    early = table.where(table.landmark < table.rise)
    horizon = multiple * early.landmark
    event = early.event & (early.time <= horizon)
    known = event | (early.time >= horizon)
    held_if_right, figures = _figures(forecaster, early.where(known), event[known], multiple)
    return ExternalRow(
        source=source,
        horizon=multiple,
        with_context=with_context,
        already_rising=len(table) - len(early),
        rows=int(known.sum()),
        onsets=int(event.sum()),
        left_out=int((~known).sum()),
        held_if_right=held_if_right,
        auroc=figures["auroc"],
        log10_mae=figures["log10_mae"],
        coverage90=figures["coverage90"],
        too_early=figures["too_early"],
        held=figures["held"],
    )


def _figures(
    forecaster: OnsetForecaster, rows: FeatureTable, event: NDArray[np.bool_], multiple: int
) -> tuple[float | None, dict[str, Interval]]:
    """Return the share of onsets that right forecasts would hold, and every figure, of onsets by the horizon."""
    if not len(rows):
        return None, dict.fromkeys(_FIGURES, Interval(None, None, None))
    curves = forecaster.curves(rows, to_reach=False)
    probability = curves.probability(np.full(len(rows), np.log10(multiple)))
    median = rows.landmark * 10 ** np.nan_to_num(curves.quantile(0.5 * probability))
    low, high = (rows.landmark * 10 ** curves.quantile(np.full(len(rows), level)) for level in (0.05, 0.95))
    inside = metrics.open_coverage(low, high, rows.time, event, multiple * rows.landmark)
    too_early = event & (rows.time < np.nan_to_num(low, nan=np.inf))
    likely = np.minimum(probability, 0.95) - np.minimum(probability, 0.05)  # within the interval

    def when(i: np.ndarray) -> float:
        i = i[event[i]]
        return metrics.log10_mae(median[i], rows.time[i])

    measures: dict[str, Callable[[np.ndarray], float]] = {
        "auroc": lambda i: metrics.auroc(probability[i], event[i]),
        "log10_mae": when,
        "coverage90": lambda i: float(inside[i].mean()),
        "too_early": lambda i: float(too_early[i].mean()),
        "held": lambda i: float(inside[i][event[i]].mean()) if event[i].any() else float("nan"),
    }
    figures = {name: interval(measure, rows.configuration) for name, measure in measures.items()}
    return round(float(likely.sum() / probability.sum()), 4), figures
