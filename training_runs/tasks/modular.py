"""Modular arithmetic: every pair of residues, labelled by an operation modulo a prime (Power et al., arXiv 2201.02177)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.config import RunConfig


@dataclass(frozen=True)
class PairTask:
    """All pairs over `p` symbols in row-major order, their labels, and which of them train.

    Attributes
    ----------
    labels : int64, shape (p * p,); the pair (i, j) is row i * p + j.
    train : int64, shape (n_train,), sorted rows of the training pairs; the others validate.
    """

    labels: Tensor
    train: Tensor


def modular_task(config: RunConfig, generator: torch.Generator) -> PairTask:
    """Return the task of a config; the generator draws the split, and the labels of a random table."""
    p = config.modulus
    a = torch.arange(p)[:, None]
    b = torch.arange(p)[None, :]
    shuffled = torch.randperm(p * p, generator=generator)
    match config.operation:
        case "add":
            labels = (a + b) % p
        case "sub":
            labels = (a - b) % p
        case "mul":
            labels = (a * b) % p
        case _:  # random_table: labels without structure, so nothing can generalise
            labels = torch.randint(p, (p, p), generator=generator)
    return PairTask(labels.reshape(-1), shuffled[: config.train_size].sort().values)
