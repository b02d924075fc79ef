"""Modular arithmetic: pairs of residues, labelled by an operation modulo a prime (Power et al., arXiv 2201.02177)."""

from pathlib import Path

import torch
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.generator.tasks.task import Task, split


def modular_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all pairs (a, b) in row-major order; division leaves b = 0 out."""
    p = config.modulus
    train, val = split(config, generator)
    a, b = torch.cartesian_prod(torch.arange(p), torch.arange(p)).unbind(1)
    if config.operation == "div":
        a, b = a[b != 0], b[b != 0]
    if config.operation == "random_table":
        labels = torch.randint(p, (p, p), generator=generator).flatten()
    else:
        labels = _answers(config.operation, a, b, p)
    return Task(torch.stack([a, b], 1), labels, train, val)


def _answers(operation: str, a: Tensor, b: Tensor, p: int) -> Tensor:
    match operation:
        case "add":
            return (a + b) % p
        case "sub":
            return (a - b) % p
        case "mul":
            return (a * b) % p
        case "div":
            inverse = torch.tensor([0, *(pow(k, -1, p) for k in range(1, p))])
            return (a * inverse[b]) % p
        case "x2_y2":
            return (a**2 + b**2) % p
        case "x2_xy_y2":
            return (a**2 + a * b + b**2) % p
        case "x3_xy":
            return (a**3 + a * b) % p
    raise ValueError(f"no such operation: {operation}")
