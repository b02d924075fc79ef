"""Figures of answers: whether, when, and alarms, each with its interval."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from predictor.answering.advice import threshold_for
from predictor.benchmark import metrics
from predictor.benchmark.baselines.context_and_population import kaplan_meier_curve
from predictor.benchmark.bootstrap import Interval, interval
from predictor.leaderboard.answers import Answers
from predictor.leaderboard.result import TaskFigures
from predictor.leaderboard.task import Task
from training_runs.arrays import FloatArray

ALARM_FPR = 0.05
_PENALTY = 2 / 0.1  # of an onset outside, a decade; 0.1 is what lies outside of a 90 % interval


def task_figures(task: Task, answers: Answers) -> TaskFigures:
    """Return the figures of answers to the rows of a task that are judged, in the order of the task."""
    judged = np.flatnonzero(task.judged)
    rows, fold = task.rows.where(judged), task.fold[judged]
    event, dated = task.onset_by_horizon()[judged], task.dated[judged]
    probability, (low, median, high) = answers.probability, answers.quantiles.T
    reference = _reference(task)[judged]
    alarm = probability >= _thresholds(probability, ~event, fold)
    inside = (low <= rows.time) & (rows.time <= high)
    score = interval_score(np.log10(low), np.log10(high), np.log10(np.maximum(rows.time, 1)))

    def figure(measure: Callable[[NDArray[np.intp]], float], among: NDArray[np.bool_] | None = None) -> Interval:
        def of_some(i: NDArray[np.intp]) -> float:
            kept = i if among is None else i[among[i]]
            return measure(kept) if len(kept) else float("nan")

        return interval(of_some, rows.configuration)

    return TaskFigures(
        task=task.summary(),
        auroc=figure(lambda i: metrics.auroc(probability[i], event[i]), ~rows.blocked),
        brier=figure(lambda i: metrics.brier(probability[i], event[i])),
        brier_skill=figure(
            lambda i: 1 - metrics.brier(probability[i], event[i]) / metrics.brier(reference[i], event[i])
        ),
        log10_mae=figure(lambda i: metrics.log10_mae(median[i], rows.time[i]), dated),
        coverage90=figure(lambda i: _share(inside[i], score[i]), event),
        interval_score=figure(lambda i: float(score[i].mean()), event),
        false_alarms=figure(lambda i: float(alarm[i].mean()), ~event),
        announced=figure(lambda i: float(alarm[i].mean()), event),
    )


def interval_score(low: FloatArray, high: FloatArray, value: FloatArray) -> FloatArray:
    """Return the interval score of central 90 % intervals: their width, and twenty times how far a value lies outside.

    Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102, 359, equation 43.
    """
    return high - low + _PENALTY * (np.maximum(low - value, 0) + np.maximum(value - high, 0))


def _share(inside: NDArray[np.bool_], score: FloatArray) -> float:
    """Return the share of onsets inside; NaN for a method that gives no intervals."""
    return float(inside.mean()) if np.isfinite(score).all() else float("nan")


def _reference(task: Task) -> FloatArray:
    """Return the probability of each row by the Kaplan-Meier curve of the rows that it may be learnt from."""
    found = np.full(len(task.rows), np.nan)
    for learnt, asked in task.folds():
        found[asked] = kaplan_meier_curve(task.rows.where(learnt), task.rows.where(asked)).probability
    return found


def _thresholds(probability: FloatArray, negative: NDArray[np.bool_], fold: NDArray[np.int64]) -> FloatArray:
    """Return for each row the threshold that 5 % of the rows without onset in other folds reach."""
    found = np.ones(len(fold))
    for k in np.unique(fold):
        found[fold == k] = threshold_for(probability[negative & (fold != k)].tolist(), ALARM_FPR)
    return found
