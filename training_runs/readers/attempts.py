"""Trainings that were rewound or begun again within one table."""

import numpy as np
import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.readers.column_choice import Choice, numbers_of
from training_runs.readers.recording import ReadOptions

_SHARE_OF_RETURNS = 0.1  # of rows; more, and each step once, are rows in no order
_MOST_RETURNS = 1000


def split_attempts(
    table: pd.DataFrame, choice: Choice, source: str, options: ReadOptions
) -> list[tuple[pd.DataFrame, tuple[str, ...]]]:
    """Return the rows of each attempt at a training with notes; of an attempt that was rewound, what was kept of it.

    A return of the steps to before the second checkpoint begins a new attempt; to a later one, it is a rewind: what was
    recorded from there on goes, as in TensorBoard.

    Raises
    ------
    InvalidInput : rows in no order.
    """
    table, counted_on = _from_the_first_epoch(table, choice, source, options)
    if counted_on:
        return [(table, counted_on)]
    steps = numbers_of(table[choice.step])
    steps = np.where(np.isinf(steps), np.nan, steps)
    if options.sort:
        return [(table.iloc[np.argsort(steps, kind="stable")], (f"rows are sorted by {choice.step}",))]
    known = steps[~np.isnan(steps)]
    falls = np.diff(known)
    if not (falls < 0).any():
        return [(table, ())]
    if (falls <= 0).all():
        return [(table.iloc[::-1], (f"rows are in reversed order: sorted by {choice.step}",))]
    present = np.zeros((len(table), len(choice.metrics)), dtype=bool)
    for k, column in enumerate(choice.metrics):
        present[:, k] = ~np.isnan(numbers_of(table[column]))
    _require_order(steps, present, source)
    attempts, notes = _followed(steps, present)
    return [(table.iloc[rows], tuple(notes[k])) for k, rows in enumerate(attempts)]


def _from_the_first_epoch(
    table: pd.DataFrame, choice: Choice, source: str, options: ReadOptions
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose steps begin again with each epoch with steps that are counted on, and a note; others as they are.

    Raises
    ------
    InvalidInput : steps that begin again, and nobody says how many an epoch has.
    """
    if choice.epoch in (None, choice.step):
        return table, ()
    steps, epochs = numbers_of(table[choice.step]), numbers_of(table[choice.epoch])
    falls, rises = np.diff(steps) < 0, np.diff(epochs) > 0
    if not falls.any() or (falls != rises).any() or (np.diff(epochs) < 0).any():
        return table, ()
    per_epoch = options.steps_per_epoch
    if per_epoch is None:
        raise InvalidInput(
            field=source,
            value=f"{choice.step} {steps[1:][falls][0]:g} after {steps[:-1][falls][0]:g}, where {choice.epoch} rises",
            expected="steps counted from the beginning of the training",
            hint="they begin again with each epoch: --steps-per-epoch N counts them on",
        )
    counted = steps + (epochs - epochs[0]) * per_epoch
    note = f"{choice.step} begins again with each {choice.epoch}: counted on, {per_epoch:g} an epoch"
    return table.assign(**{choice.step: counted}), (note,)


def _require_order(steps: np.ndarray, present: np.ndarray, source: str) -> None:
    measured = steps[present.any(axis=1) & ~np.isnan(steps)]
    returns = int((np.diff(measured) < 0).sum())
    is_once = all(len(np.unique(steps[column])) == column.sum() for column in present.T)
    if returns > _MOST_RETURNS or (is_once and returns > max(1, _SHARE_OF_RETURNS * len(measured))):
        if _is_in_blocks(steps, present):
            return
        at = int(np.argmax(np.diff(measured) < 0))
        raise InvalidInput(
            field=source,
            value=f"step {measured[at + 1]:g} after {measured[at]:g}, {returns} such rows",
            expected="rows in the order of training: steps must be strictly increasing",
            hint="--sort sorts them by step",
        )


def _is_in_blocks(steps: np.ndarray, present: np.ndarray) -> bool:
    """Return True if the steps of every signal increase on their own."""
    return all((np.diff(steps[column]) > 0).all() for column in present.T)


def _followed(steps: np.ndarray, present: np.ndarray) -> tuple[list[list[int]], list[list[str]]]:
    attempts: list[list[int]] = [[]]
    notes: list[list[str]] = [[]]
    last = np.full(present.shape[1], -np.inf)
    for row, step in enumerate(steps):
        if (last[present[row]] > step).any():
            rows = attempts[-1]
            distinct = np.unique(steps[rows])
            if len(distinct) < 2 or step < distinct[1]:
                attempts.append([])
                notes.append([])
                last[:] = -np.inf
            else:
                kept = [k for k in rows if not steps[k] >= step]
                notes[-1].append(
                    f"training went back from step {np.nanmax(steps[rows]):g} to {step:g}: "
                    f"{len(rows) - len(kept)} rows that were recorded from there on before are left out"
                )
                attempts[-1] = kept
                last = np.where(last >= step, -np.inf, last)
        attempts[-1].append(row)
        last[present[row]] = np.maximum(last[present[row]], step)
    return attempts, notes
