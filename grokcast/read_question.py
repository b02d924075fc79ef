"""From histories as they were read to questions for the forecaster."""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from grokcast.contexts import Contexts, read_contexts
from grokcast.histories import History
from predictor.question import Question
from training_runs import Context, InvalidInput
from training_runs.context_words import ContextReading, read_context

Asked = tuple[Question | InvalidInput, tuple[str, ...]]


def questions_of(
    histories: Sequence[History],
    context: Mapping[str, Any] | str | Path | None,
    **asked: Any,
) -> list[Asked]:
    """Return the question about each history, or why there is none, and notes on how it came about.

    Parameters
    ----------
    asked : fields of `Question` for all of them (`horizon_step`, `cost_per_hour` ...), before those in a recording; None is
        left out.

    Raises
    ------
    InvalidInput : contexts that cannot be read, or that name no run that is there.
    """
    contexts = read_contexts(context)
    unused = contexts.unused({name for history in histories for name in history.names})
    if contexts.by_run and len(unused) == len(contexts.by_run):
        raise InvalidInput(
            field="--context",
            value=f"contexts of {', '.join(unused[:3])}",
            expected=f"names of runs that are there: {', '.join(h.run for h in histories[:3])} ...",
        )
    given = {name: value for name, value in asked.items() if value is not None}
    return [_question(history, contexts, given) for history in histories]


def _question(history: History, contexts: Contexts, given: Mapping[str, Any]) -> Asked:
    if history.trajectory is None:
        assert history.problem is not None
        return history.problem, history.notes
    stated = contexts.of(history.names)
    try:
        readings = _readings([history.recorded, history.beside, stated])
    except InvalidInput as error:
        return error, history.notes
    fields = _merged(readings)
    recorded, given_beside = readings[0].context.as_dict(), _merged(readings[1:]).as_dict()
    warnings = [warning for reading in readings for warning in reading.warnings]
    question = Question(
        trajectory=history.trajectory,
        context=fields,
        warnings=(*warnings, *(n for n in history.notes if n.startswith(("ignored", "not read")))),
        **{**history.question, **given},
    )
    taken = (
        *(f"context: {note}" for reading in readings for note in reading.notes),
        *_note("context", recorded, set(given_beside)),
        *_note("question", history.question, set(given)),
    )
    return question, (*history.notes, *taken)


def _readings(contexts: Sequence[Mapping[str, Any]]) -> list[ContextReading]:
    """Return contexts as they are understood, each in the light of those before it."""
    readings: list[ContextReading] = []
    for context in contexts:
        readings.append(read_context(context, beside=_merged(readings)))
    return readings


def _merged(readings: Sequence[ContextReading]) -> Context:
    """Return one context, later fields in place of earlier ones."""
    return Context(**{name: value for reading in readings for name, value in reading.context.as_dict().items()})


def _note(what: str, recorded: Mapping[str, Any], except_: Set[str]) -> tuple[str, ...]:
    """Return a note that lists what is taken from the recording, except what the caller gave."""
    fields = [f"{name} {_short(value)}" for name, value in recorded.items() if name not in except_]
    return (f"{what} from the recording: {', '.join(fields)}",) if fields else ()


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
