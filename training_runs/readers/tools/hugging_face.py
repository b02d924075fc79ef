"""Hugging Face's Trainer: `trainer_state.json`, in the output folder or its checkpoints."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.readers.metric_names import hugging_face_name
from training_runs.readers.recording import RawRun, Tool

FILE = "trainer_state.json"


def state_file(path: Path) -> Path | None:
    """Return the newest state of a training in a file or an output folder; None where there is none."""
    if path.is_file():
        return path
    if (path / FILE).is_file():
        return path / FILE
    checkpoints = {
        int(number[1]): folder / FILE
        for folder in path.glob("checkpoint-*")
        if (number := re.fullmatch(r"checkpoint-(\d+)", folder.name)) and (folder / FILE).is_file()
    }
    return checkpoints[max(checkpoints)] if checkpoints else None


def read_hugging_face(path: Path) -> dict[str, RawRun]:
    """Return the one run of a Trainer's state; its `max_steps` is the budget.

    `loss` is the training loss since the last log, `eval_<metric>` of the evaluation set, `eval_<set>_<metric>` of one
    of several. The closing row, whose `train_loss` is a mean over the whole training, is left out.

    Raises
    ------
    InvalidInput : no state there, or not one with a `log_history`.
    """
    file = state_file(path)
    if file is None:
        raise _unreadable(path, "no trainer_state.json there")
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
        rows = [dict(row) for row in state["log_history"] if "train_runtime" not in row]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(file, f"{type(error).__name__}: {error}"[:120]) from None
    if not rows:
        raise _unreadable(file, "its log_history is empty: set logging_steps and eval_steps")
    table = pd.DataFrame(rows)
    table = table.drop(columns=[c for c in table if re.search(r"_(runtime|per_second)$", str(c))])
    plain = _plain_names([str(c) for c in table.columns])
    folder = file.parent
    name = folder.parent.name if folder.name.startswith("checkpoint-") else folder.name
    notes = tuple(
        "loss is the training loss" if column == "loss" else f"{column} is read as {known}"
        for column, known in plain.items()
    )
    return {name or "run": RawRun(table.rename(columns=plain), _context(state), notes)}


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
    return state_file(path) is not None if path.is_dir() else path.name == FILE


TOOL = Tool("hf", "Hugging Face", _wrote, read_hugging_face)
