"""From other people's column names to ours, and from a table of columns to a trajectory."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.signals import SIGNALS
from training_runs.trajectory import Trajectory

_STEP = {"step", "steps", "global_step", "iteration", "iterations", "iter", "optimizer_step"}
_SPLITS = {
    "train": {"train", "training", "tr"},
    "val": {"val", "valid", "validation", "eval", "test", "dev", "heldout"},
}
_METRICS = {"loss": {"loss"}, "acc": {"acc", "accuracy", "accuracies", "acc1", "top1"}}


@dataclass(frozen=True, eq=False)
class Recording:
    """What a file holds: a trajectory for each run in it, and how its columns were read."""

    histories: dict[str, Trajectory]
    notes: tuple[str, ...]


def canonical_name(column: str) -> str | None:
    """Return the signal (or `step`) that a column means; None where that is not certain.

    >>> [canonical_name(c) for c in ("valid/acc", "eval_accuracy", "Training Loss", "global_step", "lr")]
    ['val_acc', 'val_acc', 'train_loss', 'step', None]
    """
    name = re.sub(r"[^a-z0-9]+", "_", column.strip().lower()).strip("_")
    name = re.sub(r"(_acc|_accuracy|_loss)_(step|epoch)$", r"\1", name)  # Lightning's suffixes
    if name in SIGNALS:
        return name
    if name in _STEP:
        return "step"
    words = name.split("_")
    if len(words) == 2:
        for split, split_words in _SPLITS.items():
            for metric, metric_words in _METRICS.items():
                pair = {words[0], words[1]}
                if pair & split_words and pair & metric_words:
                    return f"{split}_{metric}"
    return None


def read_columns(table: pd.DataFrame, source: str) -> tuple[Trajectory, list[str]]:
    """Return the trajectory of a wide table with one row a checkpoint, and notes on how its columns were read.

    Rows of one step are merged: loggers often write training and validation metrics as two rows.
    """
    meaning = {str(c): canonical_name(str(c)) for c in table.columns}
    for name in {m for m in meaning.values() if m}:
        columns = [c for c, m in meaning.items() if m == name]
        if len(columns) > 1:
            raise InvalidInput(
                field=source,
                value=f"columns {', '.join(columns)}",
                expected=f"one column for {name}",
                hint="remove or rename all but one",
            )
    if "step" not in meaning.values():
        raise InvalidInput(
            field=source,
            value=f"columns {', '.join(meaning)[:200] or 'none'}",
            expected="a column `step` of optimiser steps",
            hint="have epochs? multiply them by the updates in one",
        )
    known = table[[c for c, m in meaning.items() if m]].rename(columns=meaning)
    try:
        numbers = known.apply(pd.to_numeric, errors="coerce").astype(float)
    except OverflowError:
        raise InvalidInput(
            field=source, value="a number of hundreds of digits", expected="numbers"
        ) from None
    broken = known.notna() & numbers.isna() & ~known.isin(["", "nan", "NaN", "null"])
    if broken.to_numpy().any():
        row, column = (int(k[0]) for k in np.nonzero(broken.to_numpy()))
        raise InvalidInput(
            field=f"{source}, row {row + 1}, {known.columns[column]}",
            value=known.iloc[row, column],
            expected="a number, or nothing where it is missing",
        )
    merged = numbers.groupby("step", sort=False, dropna=False).first()
    notes = [f"{c} is read as {m}" for c, m in meaning.items() if m and m != c]
    ignored = [c for c, m in meaning.items() if m is None]
    notes += [f"ignored: {', '.join(ignored)}"] if ignored else []
    signals = {str(name): merged[name].to_numpy() for name in merged.columns}
    return Trajectory(merged.index.to_numpy(), signals), notes
