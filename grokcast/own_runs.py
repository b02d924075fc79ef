"""Histories that somebody recorded as runs to learn from: what `grokcast runs import` writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.storage.training_data import missing_for_training
from grokcast.histories import History
from grokcast.read_question import questions_of
from predictor.question import Question
from training_runs import Run, Trajectory
from training_runs.identifiers import configuration_identifier, identifier
from training_runs.onset import generalization, target_accuracy_of
from training_runs.run import Status


@dataclass(frozen=True, eq=False)
class OwnRun:
    """A history as a run to learn from, or the reason why it teaches nothing.

    Attributes
    ----------
    name : what it was read as.
    run : to learn from; None where there is a reason against it.
    said : how it ended, as its recording shows, or why it is left out.
    notes : how it was read, in words.
    """

    name: str
    run: Run | None
    said: str
    notes: tuple[str, ...] = ()


def own_runs(
    histories: Sequence[History], contexts: Mapping[str, Any] | Path | None = None, finished: bool | None = None
) -> Iterator[OwnRun]:
    """Yield each history as a run to learn from.

    Parameters
    ----------
    contexts : as `--context` of `grokcast forecast`.
    finished : whether those that did not generalise had ended; None: what each recording shows.
    """
    asked = questions_of(histories, contexts)
    for history, (question, notes) in zip(histories, asked, strict=True):
        if isinstance(question, Question):
            unread = tuple(warning for warning in question.warnings if warning not in notes)
            yield _own_run(history.run, question, (*notes, *unread), finished)
        else:
            yield OwnRun(history.run, None, f"cannot be read: {question}", notes)


def _own_run(name: str, question: Question, notes: tuple[str, ...], finished: bool | None) -> OwnRun:
    trajectory, context = question.trajectory, question.context
    if missing := missing_for_training(trajectory):
        return OwnRun(name, None, f"too little to learn from: {missing}", notes)
    last, budget = trajectory.observed_until, context.budget_step
    onset = generalization(trajectory, question.target_accuracy or target_accuracy_of(context)).step
    if onset is not None:
        status, said = _ended(last, budget), f"generalised at step {onset:,}"
    elif finished is False or (finished is None and budget is not None and _next_step(trajectory) < budget):
        of = "" if budget is None else f" of {budget:,}"
        return OwnRun(name, None, f"not finished, at step {last:,}{of}: left out; --finished takes it as ended", notes)
    else:
        assumed = "" if finished or budget is not None else ", taken as its end; --unfinished if it goes on"
        status, said = "finished", f"did not generalise by step {last:,}{assumed}"
    recorded = [trajectory.steps.tolist(), _values(trajectory)]
    run = Run(
        run_id=identifier(["import", *recorded, context.as_dict()]),
        configuration_id=configuration_identifier("import", context, recorded),
        context=context,
        trajectory=trajectory,
        budget_step=budget or last,
        status=status,
    )
    return OwnRun(name, run, said, notes)


def _next_step(trajectory: Trajectory) -> int:
    """Return where the next checkpoint would be: a loop over 20,000 steps that logs every 500th has its last at 19,500."""
    steps = trajectory.steps
    return int(2 * steps[-1] - steps[-2])


def _ended(last: int, budget: int | None) -> Status:
    return "stopped_early" if budget is not None and last < budget else "finished"


def _values(trajectory: Trajectory) -> dict[str, str]:
    return {name: trajectory.signals[name].tobytes().hex() for name in trajectory.recorded_names()}
