"""From files on disk to a question for the forecaster."""

import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from predictor.question import Question
from training_runs import Context, InvalidInput
from training_runs.readers import ReadOptions, read_recording


def read_question(
    history: str,
    format: str,
    run: str | None,
    context: Path | None,
    horizon: int | None,
    target_accuracy: float | None,
    options: ReadOptions | None = None,
) -> tuple[Question, tuple[str, ...]]:
    """Return the question of `grokcast forecast`, and notes on how the file was read.

    Raises
    ------
    InvalidInput : a file that cannot be read, or several runs in it and none chosen.
    """
    recording = read_recording(history, format, options)
    _, chosen = recording.run(run)
    notes = tuple(dict.fromkeys([*recording.file_notes, *chosen.reading.notes]))
    recorded = dict(chosen.context)
    stated = _mapping(context) if context else {}
    fields, unknown = Context.from_mapping({**recorded, **stated})
    warnings = [f"unknown context fields ignored: {', '.join(unknown)}"] if unknown else []
    flags = {"horizon_step": horizon, "target_accuracy": target_accuracy}
    given = {name: value for name, value in flags.items() if value is not None}
    recorded_question = dict(chosen.question)
    question = Question(
        trajectory=chosen.trajectory,
        context=fields,
        warnings=(*warnings, *(n for n in notes if n.startswith(("ignored", "not read")))),
        **{**recorded_question, **given},
    )
    taken = (
        *_note("context", recorded, {*stated, *unknown}),
        *_note("question", recorded_question, set(given)),
    )
    return question, (*notes, *taken)


def _note(what: str, recorded: Mapping[str, Any], except_: Set[str]) -> tuple[str, ...]:
    """Return a note that lists what is taken from the recording, except what the caller gave."""
    fields = [f"{name} {_short(value)}" for name, value in recorded.items() if name not in except_]
    return (f"{what} from the recording: {', '.join(fields)}",) if fields else ()


def _mapping(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(field="--context", value=str(path), expected="a JSON file", hint=str(error)) from None
    if not isinstance(fields, dict):
        raise InvalidInput(field="--context", value=str(path), expected="a JSON object of fields")
    return fields


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
