"""What an entry may be used for, by rules that docs/leaderboard.md states."""

from collections.abc import Mapping

from predictor.benchmark.bootstrap import Interval
from predictor.leaderboard.result import Status, TaskFigures
from predictor.leaderboard.score import ALARM_FPR
from predictor.leaderboard.task import CORPUS_TASKS

LEAST_CONFIGURATIONS = 100
MOST_MOVED = 0.05
LEAST_ANNOUNCED = 0.5

RULES: dict[Status, str] = {
    "INCONCLUSIVE": (
        f"A quick run, a first task with fewer than {LEAST_CONFIGURATIONS} configurations, or an AUROC there whose interval reaches 0.5: no better than chance can be "
        "told."
    ),
    "UNSTABLE": (
        f"Fitted again, with 0.1 % of noise on every signal, more than 5 % of the probabilities move by more than {MOST_MOVED}; or at some task "
        "the whole interval of AUROC lies below 0.5."
    ),
    "SUPPORTED_FOR_ALARM": (
        f"At the first task, with the threshold of the other folds at a false-alarm rate of {ALARM_FPR:.0%}, the interval of false alarms "
        f"reaches down to {ALARM_FPR:.0%} or below, that of onsets announced lies above {LEAST_ANNOUNCED:.0%}, and at every task that of the Brier skill lies above 0."
    ),
    "RANK_ONLY": "Everything else: it ranks runs better than chance, and neither its alarms nor its probabilities are to be relied on.",
}
"""Each status and its rule; the first that holds counts."""


def status_of(tasks: Mapping[str, TaskFigures], moved: float, *, quick: bool) -> Status:
    """Return the status of an entry from its figures on the tasks of our own runs, of which the first decides most."""
    tasks = {name: figures for name, figures in tasks.items() if name in CORPUS_TASKS}
    first = next(iter(tasks.values()))
    if quick or first.task.configurations < LEAST_CONFIGURATIONS or not _above(first.auroc, 0.5):
        return "INCONCLUSIVE"
    if moved > MOST_MOVED or any(_below(figures.auroc, 0.5) for figures in tasks.values()):
        return "UNSTABLE"
    alarms = (
        first.false_alarms.low is not None
        and first.false_alarms.low <= ALARM_FPR
        and _above(first.announced, LEAST_ANNOUNCED)
        and all(_above(figures.brier_skill, 0) for figures in tasks.values())
    )
    return "SUPPORTED_FOR_ALARM" if alarms else "RANK_ONLY"


def _above(figure: Interval, value: float) -> bool:
    return figure.low is not None and figure.low > value


def _below(figure: Interval, value: float) -> bool:
    return figure.high is not None and figure.high < value
