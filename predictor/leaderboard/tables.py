"""Rows of a leaderboard as a table of features, and the benchmark's baselines as methods that read such tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from features.extract import COLUMNS, extract
from features.phase import phase_index, phase_of
from features.table import FeatureTable
from predictor.benchmark.prediction import FitBaseline, Prediction
from predictor.leaderboard.task import Outcome
from training_runs import Context, Trajectory

_Row = tuple[Trajectory, Context, float, int]  # history, context, target accuracy, horizon


def table_of(rows: Sequence[_Row]) -> FeatureTable:
    """Measure rows of which no outcome is known: labels are blank, and each row is a configuration."""
    n = len(rows)
    landmark = np.array([history.observed_until for history, _, _, _ in rows], dtype=float)
    blank, no = np.full(n, np.nan), np.zeros(n, dtype=bool)
    return FeatureTable(
        columns=COLUMNS,
        features=np.array([extract(h, c) for h, c, _, _ in rows]).reshape(-1, len(COLUMNS)),
        landmark=landmark,
        event=no,
        time=landmark,
        memorized_event=no,
        memorized_time=landmark,
        target=np.array([target for _, _, target, _ in rows], dtype=float),
        phase=np.array([phase_index(phase_of(h, c, target)) for h, c, target, _ in rows], dtype=np.int64),
        rise=blank,
        budget=np.array([horizon for _, _, _, horizon in rows], dtype=float),
        run=np.arange(n).astype(np.str_),
        configuration=np.arange(n).astype(np.str_),
        source=np.full(n, ""),
        blocked=no,
        as_recorded=~no,
        weight=np.ones(n),
    )


def with_outcomes(table: FeatureTable, outcomes: Sequence[Outcome]) -> FeatureTable:
    """Return a table with the outcomes of its rows, each configuration with a weight of one."""
    group = np.array([o.group for o in outcomes], dtype=np.int64)
    return replace(
        table,
        event=np.array([o.onset_step is not None for o in outcomes]),
        time=np.array([o.followed_until for o in outcomes], dtype=float),
        budget=np.array([o.horizon for o in outcomes], dtype=float),
        blocked=np.array([o.blocked for o in outcomes]),
        configuration=group.astype(np.str_),
        weight=1 / np.bincount(group)[group],
    )


class TableMethod:
    """A baseline as a method: `fit` and `predict_many` of docs/leaderboard.md."""

    def __init__(self, baseline: FitBaseline) -> None:
        self._baseline = baseline

    def fit(
        self, histories: Sequence[Mapping[str, Any]], contexts: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]
    ) -> None:
        """Learn from rows with their outcomes."""
        rows = [_row(h, c, o.horizon) for h, c, o in zip(histories, contexts, outcomes, strict=True)]
        self._learnt = with_outcomes(table_of(rows), outcomes)
        self._predictor = self._baseline(self._learnt)

    def predict_many(
        self, histories: Sequence[Mapping[str, Any]], contexts: Sequence[Mapping[str, Any]], horizons: Sequence[int]
    ) -> list[tuple[float, dict[float, float]]]:
        """Return probability and quantiles of each row."""
        asked = table_of([_row(*parts) for parts in zip(histories, contexts, horizons, strict=True)])
        found = self._predictor(self._learnt, asked)
        return [(float(p), _quantiles(found, k)) for k, p in enumerate(found.probability)]


def _row(history: Mapping[str, Any], context: Mapping[str, Any], horizon: int) -> _Row:
    signals = {name: values for name, values in history.items() if name != "step"}
    known, _ = Context.from_mapping(context)
    return Trajectory(history["step"], signals), known, float(context["target_accuracy"]), horizon


def _quantiles(found: Prediction, k: int) -> dict[float, float]:
    given = {0.05: found.low, 0.5: found.median, 0.95: found.high}
    return {level: float(steps[k]) for level, steps in given.items() if steps is not None and np.isfinite(steps[k])}
