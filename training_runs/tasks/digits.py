"""scikit-learn's 1,797 digits of 8 x 8 pixels: the image task that needs no download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig


def digits_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all digits, pixels in [0, 1], flattened."""
    import torch
    from sklearn.datasets import load_digits

    train, val = split(config, generator)
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16
    return Task(images, torch.tensor(digits.target, dtype=torch.int64), train, val)


FAMILY = TaskFamily(
    name="digits",
    networks=("mlp",),
    classes=lambda config: 10,
    samples=lambda config: 1797,
    inputs=lambda config: 64,
    make=digits_task,
)
