"""Puts a method through the tasks."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from predictor.benchmark.methods import FORECASTER
from predictor.forecaster import OnsetForecaster
from predictor.leaderboard.answers import Answers, Method
from predictor.leaderboard.checks import check
from predictor.leaderboard.isolated import IsolatedMethod, namespaces
from predictor.leaderboard.result import Result
from predictor.leaderboard.score import task_figures
from predictor.leaderboard.shipped import ShippedMethod
from predictor.leaderboard.status import status_of
from predictor.leaderboard.task import Task

Progress = Callable[[str, int, int], None]  # stage, done, total


def run(
    method: IsolatedMethod | OnsetForecaster,
    tasks: Sequence[Task],
    on_progress: Progress = lambda stage, done, total: None,
    *,
    quick: bool = False,
) -> Result:
    """Return what became of a file, or of a forecaster that knows each row's configuration as one of its folds.

    `quick` marks tasks of few runs: what comes of them is no status.

    Raises
    ------
    InvalidInput : the method failed, took too long, or answered what cannot be.
    """
    begun = time.monotonic()
    asked: Method = ShippedMethod(method) if isinstance(method, OnsetForecaster) else method
    answers = []
    for k, task in enumerate(tasks):
        on_progress(task.name, k, len(tasks))
        answers.append(_answers(task, asked))
    on_progress("checks", len(tasks), len(tasks))
    moved, leakage = check(tasks[0], asked, answers[0])
    seconds = time.monotonic() - begun
    figures = {task.name: task_figures(task, found) for task, found in zip(tasks, answers, strict=True)}
    name, title, identity = _identity(method)
    return Result(
        name=name,
        title=title,
        identity=identity,
        status=None if leakage.flagged else status_of(figures, moved, quick=quick),
        leakage=leakage,
        moved=moved,
        quick=quick,
        apart=isinstance(method, IsolatedMethod) and namespaces(),
        seconds=round(seconds, 1),
        tasks=figures,
    )


def _answers(task: Task, method: Method) -> Answers:
    """Return the answers to the rows that are judged, each fold by a fit of its own."""
    probability, quantiles = np.full(len(task.rows), np.nan), np.full((len(task.rows), 3), np.nan)
    touched: set[str] = set()
    for learnt, asked in task.folds():
        found = method(
            [task.questions[k] for k in learnt],
            task.outcomes(learnt),
            [task.questions[k] for k in asked],
            task.rows.configuration[asked],
        )
        probability[asked], quantiles[asked] = found.probability, found.quantiles
        touched |= {*found.touched}
    return Answers(probability[task.judged], quantiles[task.judged], tuple(sorted(touched)))


def _identity(method: IsolatedMethod | OnsetForecaster) -> tuple[str, str, str]:
    if isinstance(method, IsolatedMethod):
        return method.file.stem, method.title, method.sha256
    title = "The shipped forecaster, each run by the learner that has not seen its configuration"
    return FORECASTER, title, method.version
