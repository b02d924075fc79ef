"""The task of a config, with its noisy labels."""

from dataclasses import replace
from pathlib import Path

import torch

from training_runs.config import RunConfig
from training_runs.tasks import Task, family_of


def make_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None = None) -> Task:
    """Return the task of a config; its noisy labels are drawn last, so that noise changes nothing else."""
    task = family_of(config.task_family).make(config, generator, data_dir)
    return _with_noise(task, config, generator) if config.label_noise else task


def _with_noise(task: Task, config: RunConfig, generator: torch.Generator) -> Task:
    """Replace a share of the training labels by labels drawn at random; validation labels stay true."""
    noisy = torch.rand(len(task.train), generator=generator) < config.label_noise
    drawn = torch.randint(config.classes, (len(task.train),), generator=generator)
    labels = task.labels.clone()
    labels[task.train[noisy]] = drawn[noisy]
    return replace(task, labels=labels)
