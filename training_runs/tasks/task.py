"""What a task family is, and the task that it makes of a config.

Nothing of a family needs torch before a task is made: what follows from a config is known where torch is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from training_runs.config import RunConfig


@dataclass(frozen=True, eq=False)
class Task:
    """Samples, labels, and which of them train.

    Attributes
    ----------
    inputs : shape (n_samples, ...): pairs of symbols, tokens (int64), bits or pixels (float32). Equal for every run
        of one task family and size, so that a stack shares them.
    labels : int64, shape (n_samples,).
    train, val : int64 rows of the samples that train and that validate.
    """

    inputs: Tensor
    labels: Tensor
    train: Tensor
    val: Tensor


def _nothing_more(config: RunConfig) -> None:
    """Check nothing beside what holds for every family."""


@dataclass(frozen=True)
class TaskFamily:
    """One kind of task; a file of this package that has one as `FAMILY` makes it known.

    Attributes
    ----------
    name : `RunConfig.task_family`.
    networks : the architectures that can be trained on it.
    classes : number of labels.
    samples : number of samples that are divided into training and validation.
    inputs : numbers in an input vector, or how many symbols an input may be made of.
    make : draws the task of a run, from a generator for what differs between runs (the split, the labels of a random table)
        and the folder of its data, if given.
    check : raises InvalidInput where fields that only this family reads cannot be.
    is_of_pairs : whether its samples are all pairs of symbols, whose order is that of a group operation.
    """

    name: str
    networks: tuple[str, ...]
    classes: Callable[[RunConfig], int]
    samples: Callable[[RunConfig], int]
    inputs: Callable[[RunConfig], int]
    make: Callable[[RunConfig, torch.Generator, Path | None], Task]
    check: Callable[[RunConfig], None] = _nothing_more
    is_of_pairs: bool = False


def split(config: RunConfig, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw which of the samples train, as increasing rows, and which validate."""
    import torch

    shuffled = torch.randperm(config.samples, generator=generator)
    return (
        shuffled[: config.train_size].sort().values,
        shuffled[config.train_size :].sort().values,
    )
