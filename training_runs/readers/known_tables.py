"""Tables of programs whose names say less than their columns hold: fastai's, Ultralytics' and the Trainer's metrics are validation's."""

import pandas as pd

from training_runs.metric_names import canonical_name, value_meaning

_OF_TRAINER = {"Accuracy", "Top1 Accuracy", "Error Rate"}  # what people compute beside the losses of its table
_FASTAI = ["epoch", "train_loss", "valid_loss"]  # its first columns; `time` is its last


def with_their_split(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in whose names stands the split that its program leaves unsaid, and a note; others as they are.

    >>> table, notes = with_their_split(pd.DataFrame(columns=["epoch", "train_loss", "valid_loss", "accuracy", "time"]))
    >>> table.columns.tolist(), notes
    (['epoch', 'train_loss', 'valid_loss', 'valid_accuracy', 'time'], ("accuracy is validation's, as fastai writes it",))
    """
    columns = [str(column).strip() for column in table.columns]
    if {"loss", "train_loss", "train_runtime"} <= set(columns):
        note = "train_loss, the mean over the whole training beside train_runtime, is left out: loss is training's"
        return table.drop(columns="train_loss").rename(columns={"loss": "train_loss"}), (note,)
    names: dict[str, str] = {}
    if columns[:3] == _FASTAI and columns[-1] == "time":
        program, names = "fastai", {column: f"valid_{column}" for column in columns[3:-1]}
    elif {"train/loss", "val/loss", "metrics/accuracy_top1"} <= set(columns):
        program, names = "Ultralytics", {"metrics/accuracy_top1": "val/accuracy_top1"}
    elif {"Training Loss", "Validation Loss"} <= set(columns) and {"Step", "Epoch"} & set(columns):
        program, names = "the Trainer", {c: f"Validation {c}" for c in columns if c in _OF_TRAINER}
    names = {column: name for column, name in names.items() if canonical_name(name) or value_meaning(name)}
    if not names:
        return table, ()
    return table.rename(columns=names), (f"{', '.join(names)} is validation's, as {program} writes it",)
