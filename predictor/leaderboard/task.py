"""What a leaderboard asks: rows of runs cut at a landmark, in folds of configurations, each with what it may be told."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable, table_at
from predictor.benchmark.external import HORIZONS, source_landmarks
from predictor.benchmark.rows import ANY, HEADLINE, LANDMARKS
from predictor.hazard.folds import fold_of
from training_runs import Context, Run, Trajectory

# The rows at any landmark are ten times as many, and seldom change an order: `grokcast benchmark` has them.
CORPUS_TASKS = tuple(name for name in LANDMARKS if name != ANY)


@dataclass(frozen=True, eq=False)
class Question:
    """All that a method is told of a row, and all that it is given to answer it.

    Attributes
    ----------
    history : the recording up to the landmark, an object that does not hold what came later.
    context : the hyperparameters that are known.
    target_accuracy : validation accuracy that counts as onset.
    horizon : step by which the onset is asked for.
    """

    history: Trajectory
    context: Context
    target_accuracy: float
    horizon: int

    def sent(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any], int]:
        """Return history, context and horizon in plain words: what is sent to a method, to the last bit."""
        signals = {name: self.history.signals[name] for name in self.history.recorded_names()}
        context = {**self.context.as_dict(), "target_accuracy": self.target_accuracy}
        return {"step": self.history.steps, **signals}, context, self.horizon


@dataclass(frozen=True)
class Outcome:
    """What came of a row that a method may learn from.

    Attributes
    ----------
    onset_step : None where none was seen.
    followed_until : the onset, or the last step that was recorded: without onset the row is censored there.
    horizon : the run's budget.
    blocked : whether it never could, by construction (no context says so, but a fit may leave such rows out).
    group : number of the configuration: runs of one differ in their seed, and belong in one fold of a cross-validation.
    """

    onset_step: int | None
    followed_until: int
    horizon: int
    blocked: bool
    group: int


@dataclass(frozen=True)
class TaskSummary:
    """A task in numbers. `fingerprint` changes with any row: its history, context, horizon, fold or outcome."""

    rows: int
    onsets: int
    configurations: int
    folds: int
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Task:
    """Rows that are judged, and rows that are learnt from.

    Attributes
    ----------
    name : in every table.
    rows : all rows, labelled; their `budget` is the horizon.
    questions : one for each row.
    fold : rows are judged by what was fitted on the other folds, shape (n_rows,); -1 for rows that are in no fold, from which
        every fit learns.
    judged : which rows have figures, shape (n_rows,).
    dated : of which the error of the onset step is taken, shape (n_rows,): those with an onset, of our own runs those that
        grok, as in docs/benchmark.md.
    """

    name: str
    rows: FeatureTable
    questions: list[Question]
    fold: NDArray[np.int64]
    judged: NDArray[np.bool_]
    dated: NDArray[np.bool_]

    def folds(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return the rows to learn from and the rows to answer, for each fold that has any to answer."""
        asked = [(k, np.flatnonzero((self.fold == k) & self.judged)) for k in np.unique(self.fold[self.fold >= 0])]
        return [(np.flatnonzero(self.fold != k), rows) for k, rows in asked if len(rows)]

    def outcomes(self, rows: NDArray[np.intp]) -> list[Outcome]:
        """Return what came of some rows."""
        table = self.rows.where(rows)
        _, group = np.unique(table.configuration, return_inverse=True)
        columns = (table.event, table.time, table.budget, table.blocked, group)
        return [
            Outcome(int(time) if event else None, int(time), int(horizon), bool(blocked), int(number))
            for event, time, horizon, blocked, number in zip(*columns, strict=True)
        ]

    def onset_by_horizon(self) -> NDArray[np.bool_]:
        """Return, for each row, whether its onset came by the horizon."""
        return self.rows.event & (self.rows.time <= self.rows.budget)

    def summary(self) -> TaskSummary:
        """Return its numbers and its fingerprint."""
        judged = self.rows.where(self.judged)
        return TaskSummary(
            rows=len(judged),
            onsets=int(self.onset_by_horizon()[self.judged].sum()),
            configurations=len(np.unique(judged.configuration)),
            folds=len(self.folds()),
            fingerprint=self._fingerprint(),
        )

    def _fingerprint(self) -> str:
        found = hashlib.sha256(self.name.encode())
        labels = (self.rows.event, self.rows.time, self.rows.blocked, self.rows.configuration, self.fold, self.judged)
        for question, label in zip(self.questions, zip(*(a.tolist() for a in labels), strict=True), strict=True):
            history, context, horizon = question.sent()
            found.update(json.dumps([sorted(history), context, horizon, label], sort_keys=True).encode())
            for name in sorted(history):
                found.update(np.ascontiguousarray(history[name]).tobytes())
        return found.hexdigest()[:16]


def corpus_tasks(runs: Sequence[Run], names: Sequence[str] = CORPUS_TASKS) -> list[Task]:
    """Return the benchmark's rows at each kind of landmark, before the rise, in its outer folds of configurations."""
    return [_corpus_task(runs, name) for name in names]


def _corpus_task(runs: Sequence[Run], name: str) -> Task:
    rows = table_at(runs, LANDMARKS[name]).early()
    fold = fold_of(rows.configuration, "benchmark")
    return Task(name, rows, questions_of(runs, rows), fold, np.ones(len(rows), dtype=bool), rows.grokking())


def public_tasks(own: Sequence[Run], sources: Mapping[str, Sequence[Run]]) -> list[Task]:
    """Return rows of runs recorded elsewhere before their rise, whole sources in one fold, as far ahead as `grokcast benchmark --external`.

    Every fold learns from our own runs at memorisation and from the sources of the others. Rows whose recording ends before the
    horizon without onset are learnt from, and not judged.
    """
    public = [run for runs in sources.values() for run in runs]
    elsewhere = table_at(public, source_landmarks)
    elsewhere = elsewhere.where(elsewhere.landmark < elsewhere.rise)
    learnt = table_at(own, LANDMARKS[HEADLINE]).early()
    return [_public_task([*own, *public], learnt, elsewhere, multiple) for multiple in HORIZONS]


def _public_task(runs: Sequence[Run], learnt: FeatureTable, elsewhere: FeatureTable, multiple: int) -> Task:
    horizon = multiple * elsewhere.landmark
    onset = elsewhere.event & (elsewhere.time <= horizon)
    rows = FeatureTable.concatenate([learnt, replace(elsewhere, budget=horizon)])
    never = np.zeros(len(learnt), dtype=bool)
    return Task(
        name=f"public sources, {multiple}x ahead",
        rows=rows,
        questions=questions_of(runs, rows),
        fold=np.concatenate([np.full(len(learnt), -1), fold_of(elsewhere.configuration, "fit")]),
        judged=np.concatenate([never, onset | (elsewhere.time >= horizon)]),
        dated=np.concatenate([never, onset]),
    )


def questions_of(runs: Sequence[Run], rows: FeatureTable) -> list[Question]:
    """Return what may be told of rows: of each run its history up to the landmark, and nothing of what came later."""
    by_id = {run.run_id: run for run in runs}
    found = []
    for name, landmark, target, budget in zip(rows.run.tolist(), rows.landmark, rows.target, rows.budget, strict=True):
        run = by_id[name]
        found.append(Question(run.trajectory.prefix(int(landmark)), run.context, float(target), int(budget)))
    return found
