"""Composition of permutations of five things, the group S5 (Power et al., arXiv 2201.02177)."""

from itertools import permutations
from pathlib import Path

import torch

from training_runs.config import RunConfig
from training_runs.generator.tasks.task import Task, split


def permutation_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all 120 x 120 pairs (f, g), labelled by f after g."""
    train, val = split(config, generator)
    group = torch.tensor(list(permutations(range(5))))  # (120, 5)
    f, g = torch.cartesian_prod(torch.arange(120), torch.arange(120)).unbind(1)
    composed = group[f].gather(1, group[g])  # (f . g)(k) = f(g(k))
    # A permutation's digits in base 5 name it.
    base = 5 ** torch.arange(5)
    number = torch.zeros(5**5, dtype=torch.int64)
    number[(group * base).sum(1)] = torch.arange(120)
    return Task(torch.stack([f, g], 1), number[(composed * base).sum(1)], train, val)
