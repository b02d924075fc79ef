"""scikit-learn's 1,797 digits of 8 x 8 pixels: the image task that needs no download."""

from pathlib import Path

import torch
from sklearn.datasets import load_digits

from training_runs.config import RunConfig
from training_runs.generator.tasks.task import Task, split


def digits_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all digits, pixels in [0, 1], flattened."""
    train, val = split(config, generator)
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16
    return Task(images, torch.tensor(digits.target, dtype=torch.int64), train, val)
