"""Modular arithmetic: pairs of residues, labelled by an operation modulo a prime (Power et al., arXiv 2201.02177)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from training_runs.config import RunConfig


OPERATIONS = ("add", "sub", "mul", "div", "x2_y2", "x2_xy_y2", "x3_xy", "random_table")


def modular_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all pairs (a, b) in row-major order; division leaves b = 0 out."""
    import torch

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
    import torch

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


def _check(config: RunConfig) -> None:
    if config.operation not in OPERATIONS:
        raise InvalidInput(field="operation", value=config.operation, expected=f"one of {', '.join(OPERATIONS)}")
    check_modulus(config)


def check_modulus(config: RunConfig) -> None:
    """Raise InvalidInput where the modulus is not a prime, or is too large."""
    if not _is_prime(config.modulus):
        raise InvalidInput(field="modulus", value=config.modulus, expected="a prime number from 5 to 997")


def _is_prime(number: int) -> bool:
    return 5 <= number < 1000 and all(number % k for k in range(2, int(number**0.5) + 1))


FAMILY = TaskFamily(
    name="modular",
    networks=("embedding_mlp", "transformer", "lstm"),
    classes=lambda config: config.modulus,
    # Division by zero is left out.
    samples=lambda config: config.modulus * (config.modulus - (config.operation == "div")),
    inputs=lambda config: config.modulus,
    make=modular_task,
    check=_check,
    is_of_pairs=True,
)
