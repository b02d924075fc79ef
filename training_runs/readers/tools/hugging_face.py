"""Hugging Face's Trainer: `trainer_state.json`, in the output folder or its checkpoints."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.metric_names import hugging_face_name
from training_runs.readers.damage import note_on_damage, without_damaged_values
from training_runs.readers.recording import RawRun, Tool

FILE = "trainer_state.json"


def state_files(path: Path) -> list[Path]:
    """Return the states of a training, the newest first: a file, or those of an output folder or its checkpoints."""
    if path.is_file():
        return [path]
    checkpoints = {
        int(number[1]): folder / FILE
        for folder in path.glob("checkpoint-*")
        if (number := re.fullmatch(r"checkpoint-(\d+)", folder.name)) and (folder / FILE).is_file()
    }
    own = [path / FILE] if (path / FILE).is_file() else []
    return [*own, *(checkpoints[number] for number in sorted(checkpoints, reverse=True))]


def read_hugging_face(path: Path) -> dict[str, RawRun]:
    """Return the one run of a Trainer's state; its `max_steps` is the budget. The newest state that is not damaged counts.

    `loss` is the training loss since the last log, `eval_<metric>` of the evaluation set, `eval_<set>_<metric>` of one
    of several. The closing row, whose `train_loss` is a mean over the whole training, is left out.

    Raises
    ------
    InvalidInput : no state there, or none with a `log_history`.
    """
    problems: list[InvalidInput] = []
    for file in state_files(path):
        try:
            name, run = _read(file)
        except InvalidInput as problem:
            problems.append(problem)
            continue
        older = [f"{problem.value} is damaged: {file} is read" for problem in problems]
        return {name: replace(run, notes=(*older, *run.notes))}
    raise next(iter(problems), _unreadable(path, "no trainer_state.json there"))


def _read(file: Path) -> tuple[str, RawRun]:
    """Return the name and the run of a state; rows without a step and values that are no numbers are damaged."""
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
        logged = list(state["log_history"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(file, f"{type(error).__name__}: {error}"[:120]) from None
    damaged = note_on_damage("rows of log_history", [row for row in logged if not _is_sound(row)])
    rows = [row for row in logged if _is_sound(row) and "train_runtime" not in row]
    if not rows:
        raise _unreadable(file, "; ".join(damaged) or "its log_history is empty: set logging_steps and eval_steps")
    table, of_values = without_damaged_values(pd.DataFrame(rows))
    table = table.drop(columns=[c for c in table if re.search(r"_(runtime|per_second)$", str(c))])
    plain = _plain_names([str(c) for c in table.columns])
    folder = file.parent
    name = folder.parent.name if folder.name.startswith("checkpoint-") else folder.name
    notes = tuple(
        "loss is the training loss" if column == "loss" else f"{column} is read as {known}"
        for column, known in plain.items()
    )
    return name or "run", RawRun(table.rename(columns=plain), _context(state), (*damaged, *of_values, *notes))


def _is_sound(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("step"), int | float)


def _plain_names(columns: list[str]) -> dict[str, str]:
    """Return the columns that have a plainer name, and which; not one that another column has."""
    plain = {column: hugging_face_name(column) for column in columns}
    return {column: name for column, name in plain.items() if name not in columns}


def _context(state: dict[str, Any]) -> dict[str, Any]:
    budget = state.get("max_steps")
    return {"budget_step": budget} if isinstance(budget, int) and budget > 0 else {}


def _unreadable(path: Path, hint: str) -> InvalidInput:
    return InvalidInput(
        field="HISTORY",
        value=str(path),
        expected="a Trainer's output folder, or a trainer_state.json with a `log_history`",
        hint=hint,
    )


def _wrote(path: Path) -> bool:
    return bool(state_files(path)) if path.is_dir() else path.name == FILE


TOOL = Tool("hf", "Hugging Face", _wrote, read_hugging_face)
