"""Composition of permutations of five things, the group S5 (Power et al., arXiv 2201.02177)."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig


_ELEMENTS = 120  # 5!


def permutation_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all 120 x 120 pairs (f, g), labelled by f after g."""
    import torch

    train, val = split(config, generator)
    group = torch.tensor(list(permutations(range(5))))  # (120, 5)
    f, g = torch.cartesian_prod(torch.arange(_ELEMENTS), torch.arange(_ELEMENTS)).unbind(1)
    composed = group[f].gather(1, group[g])  # (f . g)(k) = f(g(k))
    # A permutation's digits in base 5 name it.
    base = 5 ** torch.arange(5)
    number = torch.zeros(5**5, dtype=torch.int64)
    number[(group * base).sum(1)] = torch.arange(_ELEMENTS)
    return Task(torch.stack([f, g], 1), number[(composed * base).sum(1)], train, val)


FAMILY = TaskFamily(
    name="permutation",
    networks=("embedding_mlp", "transformer", "lstm"),
    classes=lambda config: _ELEMENTS,
    samples=lambda config: _ELEMENTS**2,
    inputs=lambda config: _ELEMENTS,
    make=permutation_task,
    is_of_pairs=True,
)
