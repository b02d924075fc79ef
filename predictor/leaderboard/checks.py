"""Whether a method knew what came, and whether its answers stay where they are."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.table import with_noise
from predictor.benchmark.bootstrap import Interval, interval
from predictor.leaderboard.answers import Answers, Method
from predictor.leaderboard.result import Leakage
from predictor.leaderboard.task import Task
from training_runs.arrays import FloatArray

MOST_AT_ONSET = 0.2  # a forecast as sharp as two seeds of one configuration allow has 0.1
_AROUND = 1.02  # the horizon just before and just after a step, as factors
_CLEAR = 1.1  # steps nearer to the landmark, to the horizon or to the onset are left out
_NOISE = 1e-3


class Checks(NamedTuple):
    """What checks of a method found; `moved` is the 95th percentile of how far probabilities move."""

    moved: float
    leakage: Leakage


def check(task: Task, method: Method, answers: Answers) -> Checks:
    """Fit a method again on the first fold of a task, and ask it the same rows in two other ways.

    With 0.1 % of noise on every signal, as another log of the run would have it: answers should stay. And with the horizon just before and just after the
    true onset, and a step as far away at which nothing happened: whoever does not know the onset cannot tell the two apart.
    """
    learnt, asked = task.folds()[0]
    rng = np.random.default_rng(0)
    questions = [task.questions[k] for k in asked]
    noisy = [replace(q, history=with_noise(q.history, _NOISE, rng)) for q in questions]
    around = list(_around(task, asked, rng))
    horizons = [(k, step * factor) for k, *steps in around for step in steps for factor in (1 / _AROUND, _AROUND)]
    shifted = [replace(task.questions[k], horizon=round(horizon)) for k, horizon in horizons]
    rows = np.append(asked, np.array([k for k, _ in horizons], dtype=np.intp))
    found = method(
        [task.questions[k] for k in learnt], task.outcomes(learnt), noisy + shifted, task.rows.configuration[rows]
    )
    before = answers.probability[np.searchsorted(np.flatnonzero(task.judged), asked)]
    moved = float(np.quantile(np.abs(found.probability[: len(asked)] - before), 0.95))
    at_onset = _more_at_onset(found.probability[len(asked) :], task.rows.configuration[[k for k, *_ in around]])
    touched = tuple(sorted({*answers.touched, *found.touched}))
    return Checks(round(moved, 4), Leakage(touched, at_onset, bool(touched) or _is_sign(at_onset)))


def _around(task: Task, asked: NDArray[np.intp], rng: np.random.Generator) -> Iterator[tuple[int, float, float]]:
    """Yield rows with an onset, its step, and a step without: the onset of another row, as a multiple of the landmark."""
    rows = task.rows
    onset = asked[task.onset_by_horizon()[asked]]
    delays = rows.time[onset] / rows.landmark[onset]
    for k in onset:
        first, last = rows.landmark[k] * _CLEAR, rows.budget[k] / _CLEAR
        others = rows.landmark[k] * delays
        far = np.abs(np.log(others / rows.time[k])) > np.log(_CLEAR)
        others = others[(others > first) & (others < last) & far]
        if first < rows.time[k] < last and len(others):
            yield int(k), float(rows.time[k]), float(rng.choice(others))


def _more_at_onset(probability: FloatArray, configuration: NDArray[np.str_]) -> Interval:
    """Return by how much more probabilities rise at the onset than elsewhere; they come in fours, before and after each."""
    if not len(configuration):
        return Interval(None, None, None)
    before, after, before_other, after_other = probability.reshape(-1, 4).T
    more = (after - before) - (after_other - before_other)
    return interval(lambda i: float(more[i].mean()), configuration)


def _is_sign(at_onset: Interval) -> bool:
    value, low = at_onset.value, at_onset.low
    return value is not None and low is not None and value > MOST_AT_ONSET and low > 0
