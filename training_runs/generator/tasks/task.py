"""What a task is, and how a config becomes one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

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


# Draws what differs between runs: the split, the labels of a random table.
MakeTask = Callable[[RunConfig, torch.Generator, Path | None], Task]


def make_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None = None) -> Task:
    """Return the task of a config; its noisy labels are drawn last, so that noise changes nothing else."""
    from training_runs.generator.tasks import clusters, digits, mnist, modular, parity, permutation, reviews

    families: dict[str, MakeTask] = {
        "modular": modular.modular_task,
        "permutation": permutation.permutation_task,
        "parity": parity.parity_task,
        "clusters": clusters.clusters_task,
        "digits": digits.digits_task,
        "mnist": mnist.mnist_task,
        "reviews": reviews.reviews_task,
    }
    task = families[config.task_family](config, generator, data_dir)
    return _with_noise(task, config, generator) if config.label_noise else task


def split(config: RunConfig, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw which of the samples train, as increasing rows, and which validate."""
    shuffled = torch.randperm(config.samples, generator=generator)
    return (
        shuffled[: config.train_size].sort().values,
        shuffled[config.train_size :].sort().values,
    )


def _with_noise(task: Task, config: RunConfig, generator: torch.Generator) -> Task:
    """Replace a share of the training labels by labels drawn at random; validation labels stay true."""
    noisy = torch.rand(len(task.train), generator=generator) < config.label_noise
    drawn = torch.randint(config.classes, (len(task.train),), generator=generator)
    labels = task.labels.clone()
    labels[task.train[noisy]] = drawn[noisy]
    return replace(task, labels=labels)
