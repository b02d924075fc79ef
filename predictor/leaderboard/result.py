"""What became of an entry, as it is stored: a JSON file for each, in a folder."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from predictor.benchmark.bootstrap import Interval
from predictor.leaderboard.task import TaskSummary
from training_runs.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Status = Literal["SUPPORTED_FOR_ALARM", "RANK_ONLY", "UNSTABLE", "INCONCLUSIVE"]


@dataclass(frozen=True)
class TaskFigures:
    """The figures of an entry on one task, with 95 % intervals by bootstrap over configurations.

    Attributes
    ----------
    auroc : of rows that could generalise.
    brier_skill : 1 - Brier score / that of the Kaplan-Meier curve of the rows learnt from.
    log10_mae : mean absolute error of log10 of the median onset step, on the rows that are dated.
    coverage90, interval_score : of 5 % to 95 %, on all rows with an onset; the score in decades, lower is better.
    false_alarms, announced : shares of rows without and with onset at or above a threshold that the other folds set.
    """

    task: TaskSummary
    auroc: Interval
    brier: Interval
    brier_skill: Interval
    log10_mae: Interval
    coverage90: Interval
    interval_score: Interval
    false_alarms: Interval
    announced: Interval


@dataclass(frozen=True)
class Leakage:
    """Signs that a method knew the outcome.

    Attributes
    ----------
    touched : what it tried to use and may not: stored runs, the network, other processes.
    at_onset : by how much more its probability rises where the horizon passes the true onset than where it passes as late a
        step at which nothing happened.
    flagged : whether either is a sign.
    """

    touched: tuple[str, ...]
    at_onset: Interval
    flagged: bool


@dataclass(frozen=True)
class Result:
    """An entry of the leaderboard.

    Attributes
    ----------
    name, title : of the file, and what its first line says that it is.
    identity : SHA-256 of the file; of the shipped forecaster its version.
    status : None where leakage is flagged.
    moved : 95 % of probabilities move by less, fitted again and with 0.1 % of noise on every signal.
    quick : two fifths of the configurations of one task: to try a method, not to compare it.
    apart : whether it had no network and no folder of runs, rather than a guard that refuses both.
    seconds : that its answers took.
    """

    name: str
    title: str
    identity: str
    status: Status | None
    leakage: Leakage
    moved: float
    quick: bool
    apart: bool
    seconds: float
    tasks: dict[str, TaskFigures]


def write_result(folder: Path, result: Result) -> None:
    """Write a result, in place of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.name}.json").write_text(json.dumps(asdict(result), indent=1, allow_nan=False) + "\n")


def held_results(folder: Path) -> list[Result]:
    """Return the results that a folder holds, by name.

    Raises
    ------
    InvalidInput : a file is not what `write_result` wrote.
    """
    from pydantic import ValidationError

    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(_json_form().validate_json(file.read_text()))
        except ValidationError as error:
            raise InvalidInput(
                field=str(file),
                value=f"{error.error_count()} faults, the first at {error.errors()[0]['loc']}",
                expected="a result of `grokcast leaderboard run`",
                hint="run the method again",
            ) from error
    return found


def with_tasks_not_asked(result: Result, held: Iterable[Result]) -> Result:
    """Return a result with the tasks that it was not asked this time, as public sources without their folder, as they are held.

    They are kept of the same file, judged on the same rows; else they are figures of something else.
    """
    before = next((r for r in held if (r.name, r.identity) == (result.name, result.identity)), None)
    if before is None or any(before.tasks[n].task != f.task for n, f in result.tasks.items() if n in before.tasks):
        return result
    return replace(result, tasks={**result.tasks, **{n: f for n, f in before.tasks.items() if n not in result.tasks}})


def ranked(results: Iterable[Result]) -> list[Result]:
    """Return whole results that are not flagged, the best Brier skill at the first task first; those without skill last."""

    def skill(result: Result) -> float:
        first = next(iter(result.tasks.values())).brier_skill.value
        return -first if first is not None else float("inf")

    return sorted((r for r in results if r.status is not None and not r.quick), key=skill)


@cache
def _json_form() -> "TypeAdapter[Result]":
    from pydantic import TypeAdapter

    return TypeAdapter(Result)
