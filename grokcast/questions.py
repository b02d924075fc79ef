"""From files on disk to a question for the forecaster."""

import json
from pathlib import Path
from typing import Any

from predictor.forecast import Question
from training_runs import Context, InvalidInput
from training_runs.readers import Recording, read_recording


def read_question(
    history: str,
    format: str,
    run: str | None,
    context: Path | None,
    horizon: int | None,
    target_accuracy: float | None,
) -> tuple[Question, tuple[str, ...]]:
    """Return the question that `grokcast forecast` asks, and how the file's columns were read.

    Raises
    ------
    InvalidInput : a file that cannot be read, or several runs in it and none chosen.
    """
    recording = read_recording(history, format)
    fields, unknown = Context.from_mapping(_mapping(context) if context else {})
    warnings = [f"unknown context fields ignored: {', '.join(unknown)}"] if unknown else []
    question = Question(
        trajectory=recording.histories[_chosen(recording, run)],
        context=fields,
        horizon_step=horizon,
        target_accuracy=target_accuracy,
        warnings=(*warnings, *(n for n in recording.notes if n.startswith("ignored"))),
    )
    return question, recording.notes


def _chosen(recording: Recording, run: str | None) -> str:
    names = list(recording.histories)
    if run is None and len(names) == 1:
        return names[0]
    if run in names:
        return str(run)
    shown = ", ".join(names[:3]) + (f" ... ({len(names)} in all)" if len(names) > 3 else "")
    raise InvalidInput(
        field="--run",
        value=run,
        expected="one of the runs in the file",
        hint=f"it holds {shown}; choose one with --run",
    )


def _mapping(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(
            field="--context", value=str(path), expected="a JSON file", hint=str(error)
        ) from None
    if not isinstance(fields, dict):
        raise InvalidInput(field="--context", value=str(path), expected="a JSON object of fields")
    return fields
