"""The forecaster on runs recorded elsewhere: early landmarks, horizons in multiples of the landmark.

Recordings made elsewhere stop when their owners lost interest, often soon after onset: their length must not be used.
So each row is scored at a fixed multiple of its landmark, and rows whose recording ends before that without onset are
counted and left out.

A source that taught the forecaster is judged leave-one-source-out: by the one learner that has not seen the source (nor
those that share its fold), calibrated without it. Any other is judged by the forecaster as it is. Sources with fewer than
ten runs of either outcome are pooled.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable, table_at
from predictor.benchmark import metrics
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.result import ContextGiven, ExternalMeans, ExternalResult, ExternalRow, IfRight
from predictor.benchmark.rows import checkpoint_at
from predictor.forecaster import OnsetForecaster
from predictor.hazard.curves import OnsetCurves
from training_runs import Context, Run
from training_runs.onset import memorization
from training_runs.readers import read_source_folder

HORIZONS = (10, 30)
POOLED = "smaller sources, pooled"
LEAST_RUNS = 10  # of either outcome: a source with fewer has no figures of its own
UNLIKELY = 0.1
_GRID_POINTS = 200
_FIGURES = ("auroc", "log10_mae", "coverage90", "too_early", "held", "unlikely_happened")
_MEMORIZATION_MULTIPLES = (1, 2, 4)
# Without a training accuracy there is no memorisation: these shares of the recording instead.
_RECORDING_SHARES = (0.01, 0.02, 0.05, 0.10)


def half_context(run: Run) -> Context:
    """Return the context of a run with each field given or not by the toss of a coin; always the same for one run."""
    seed = hashlib.sha256(f"half/{run.run_id}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    return replace(run.context, **{name: None for name in run.context.as_dict() if rng.random() < 0.5})


CONTEXTS: dict[ContextGiven, Callable[[Run], Context]] = {
    "full": lambda run: run.context,
    "half": half_context,
    "none": lambda run: Context(),
}


def benchmark_external(forecaster: OnsetForecaster, folders: Sequence[Path]) -> ExternalResult:
    """Return one row for each source, how much of its context is given, and horizon, and means of the sources."""
    sources = {name: runs for folder in folders for name, runs in read_source_folder(folder).items()}
    seen = {name for name, runs in sources.items() if _taught(forecaster, runs)}
    rows = [row for given in CONTEXTS for row in _rows(forecaster, sources, seen, given)]
    means = tuple(_means(rows, given, horizon) for given in CONTEXTS for horizon in HORIZONS)
    return ExternalResult(forecaster.version, tuple(sorted(seen)), tuple(rows), means)


def _taught(forecaster: OnsetForecaster, runs: Sequence[Run]) -> bool:
    return any(run.origin in forecaster.sources for run in runs)


def _rows(
    forecaster: OnsetForecaster, sources: dict[str, list[Run]], seen: set[str], given: ContextGiven
) -> Iterator[ExternalRow]:
    parts = {}
    for name, runs in sources.items():
        table = table_at(runs, source_landmarks, context=CONTEXTS[given])
        parts[name] = _Judged.of(forecaster, runs, table, CONTEXTS[given], blind=name in seen)
    for horizon in HORIZONS:
        alone = [name for name, part in parts.items() if part.enough(horizon)]
        for name in alone:
            yield _row(name, parts[name], horizon, given)
        rest = [part for name, part in parts.items() if name not in alone]
        if rest:
            yield _row(POOLED, _Judged.concatenate(rest), horizon, given)


class _Judged:
    """Rows of a source, with curves and whether each is in support."""

    def __init__(self, table: FeatureTable, curves: OnsetCurves, in_support: NDArray[np.bool_]) -> None:
        self.table, self.curves, self.in_support = table, curves, in_support

    @classmethod
    def of(
        cls,
        forecaster: OnsetForecaster,
        runs: Sequence[Run],
        table: FeatureTable,
        context: Callable[[Run], Context],
        *,
        blind: bool,
    ) -> "_Judged":
        given = {run.run_id: context(run) for run in runs}
        curves = forecaster.curves(table, blind=blind, to_reach=False)
        supported = forecaster.in_support(table, [given[str(name)] for name in table.run])
        return cls(table, curves, supported)

    @classmethod
    def concatenate(cls, parts: Sequence["_Judged"]) -> "_Judged":
        curves = OnsetCurves(
            np.concatenate([p.curves.cdf for p in parts]), np.concatenate([p.curves.reach for p in parts])
        )
        table = FeatureTable.concatenate([p.table for p in parts])
        return cls(table, curves, np.concatenate([p.in_support for p in parts]))

    def where(self, kept: NDArray[np.bool_]) -> "_Judged":
        curves = OnsetCurves(self.curves.cdf[kept], self.curves.reach[kept])
        return _Judged(self.table.where(kept), curves, self.in_support[kept])

    def early(self) -> "_Judged":
        return self.where(self.table.landmark < self.table.rise)

    def enough(self, multiple: int) -> bool:
        """Whether enough runs have an onset by the horizon, and enough others are known to have none."""
        table = self.early().table
        event, known = _outcome(table, multiple)
        return all(len(np.unique(table.run[of])) >= LEAST_RUNS for of in (event, known & ~event))


def _outcome(table: FeatureTable, multiple: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, for each row, whether its onset came by the horizon, and whether that is known."""
    horizon = multiple * table.landmark
    event = table.event & (table.time <= horizon)
    return event, event | (table.time >= horizon)


def _means(rows: Sequence[ExternalRow], given: ContextGiven, horizon: int) -> ExternalMeans:
    """Return each figure's mean over the sources, the pooled ones as one."""
    scored = [r for r in rows if r.context == given and r.horizon == horizon]

    def mean(figures: Iterable[float | None]) -> float | None:
        defined = [f for f in figures if f is not None]
        return round(float(np.mean(defined)), 4) if defined else None

    right = [r.if_right for r in scored]

    return ExternalMeans(
        horizon=horizon,
        context=given,
        auroc=mean(r.auroc.value for r in scored),
        log10_mae=mean(r.log10_mae.value for r in scored),
        coverage90=mean(r.coverage90.value for r in scored),
        too_early=mean(r.too_early.value for r in scored),
        held=mean(r.held.value for r in scored),
        in_support=mean(r.in_support for r in scored),
        unlikely_happened=mean(r.unlikely_happened.value for r in scored),
        if_right=IfRight(
            mean(r.log10_mae for r in right), mean(r.coverage90 for r in right), mean(r.held for r in right)
        ),
    )


def source_landmarks(run: Run) -> list[int]:
    """Return the checkpoints at once, twice and four times memorisation; shares of a recording without training accuracy."""
    confirmed = memorization(run.trajectory).confirmed_step
    if confirmed is None and "train_acc" in run.trajectory.recorded_names():
        return []
    if confirmed is None:
        wanted = [share * run.trajectory.observed_until for share in _RECORDING_SHARES]
    else:
        wanted = [float(k * confirmed) for k in _MEMORIZATION_MULTIPLES]
    return sorted({step for w in wanted for step in checkpoint_at(run, w)})


def _row(source: str, judged: _Judged, multiple: int, given: ContextGiven) -> ExternalRow:
    early = judged.early()
    event, known = _outcome(early.table, multiple)
    scored = early.where(known)
    figures = _figures(scored, event[known], multiple)
    return ExternalRow(
        source=source,
        horizon=multiple,
        context=given,
        already_rising=len(judged.table) - len(early.table),
        rows=int(known.sum()),
        onsets=int(event.sum()),
        left_out=int((~known).sum()),
        in_support=round(float(scored.in_support.mean()), 4) if known.any() else None,
        if_right=if_right(scored.curves, multiple),
        auroc=figures["auroc"],
        log10_mae=figures["log10_mae"],
        coverage90=figures["coverage90"],
        too_early=figures["too_early"],
        held=figures["held"],
        unlikely_happened=figures["unlikely_happened"],
    )


def _figures(scored: _Judged, event: NDArray[np.bool_], multiple: int) -> dict[str, Interval]:
    """Return every figure, of onsets by the horizon."""
    rows, curves = scored.table, scored.curves
    if not len(rows):
        return dict.fromkeys(_FIGURES, Interval(None, None, None))
    probability = curves.probability(np.full(len(rows), np.log10(multiple)))
    median = rows.landmark * 10 ** np.nan_to_num(curves.quantile(0.5 * probability))
    low, high = (rows.landmark * 10 ** curves.quantile(np.full(len(rows), level)) for level in (0.05, 0.95))
    inside = metrics.open_coverage(low, high, rows.time, event, multiple * rows.landmark)
    too_early = event & (rows.time < np.nan_to_num(low, nan=np.inf))
    unlikely = scored.in_support & (probability < UNLIKELY)

    def when(i: np.ndarray) -> float:
        i = i[event[i]]
        return metrics.log10_mae(median[i], rows.time[i])

    measures: dict[str, Callable[[np.ndarray], float]] = {
        "auroc": lambda i: metrics.auroc(probability[i], event[i]),
        "log10_mae": when,
        "coverage90": lambda i: float(inside[i].mean()),
        "too_early": lambda i: float(too_early[i].mean()),
        "held": lambda i: float(inside[i][event[i]].mean()) if event[i].any() else float("nan"),
        "unlikely_happened": lambda i: float(event[i][unlikely[i]].mean()) if unlikely[i].any() else float("nan"),
    }
    return {name: interval(measure, rows.configuration) for name, measure in measures.items()}


def if_right(curves: OnsetCurves, multiple: int) -> IfRight:
    """Return what some figures would be if each onset were drawn from the curve of its row: as near as such doubt can come.

    A row counts as often as it would have an onset by the horizon. Its mean absolute deviation from the median is the area under
    the smaller of F and 1 - F, where F is the curve given that.
    """
    if not len(curves):
        return IfRight(None, None, None)
    end = np.log10(multiple)
    probability = curves.probability(np.full(len(curves), end))
    too_early, too_late = np.minimum(probability, 0.05), np.where(probability > 0.95, 0.05, 0.0)
    held = np.minimum(probability, 0.95) - too_early
    grid = np.linspace(0, end, _GRID_POINTS)
    cdf = np.stack([curves.probability(np.full(len(curves), x)) for x in grid], axis=1)
    deviation = np.trapezoid(np.minimum(cdf, probability[:, None] - cdf), grid, axis=1)
    error, of_onsets = (float(f.sum() / probability.sum()) for f in (deviation, held))
    return IfRight(round(error, 4), round(float(1 - (too_early + too_late).mean()), 4), round(of_onsets, 4))
