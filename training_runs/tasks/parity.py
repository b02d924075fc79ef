"""Sparse parity: the parity of a few of many random bits (Barak et al., arXiv 2207.08799; Merrill et al., 2303.11873)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig


_SAMPLES = 20_000
_ENUMERATED = 16  # up to so many bits no input is drawn twice


def parity_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return random inputs of -1 and 1, the same for every run, labelled by the parity of the first `parity_bits`.

    Which bits matter is no loss of generality: the networks see no order among them.
    """
    import torch

    if config.parity_bits > config.bits:
        raise InvalidInput(field="parity_bits", value=config.parity_bits, expected=f"at most bits, {config.bits}")
    train, val = split(config, generator)
    pool = torch.Generator().manual_seed(0)
    if config.bits <= _ENUMERATED:
        # Few enough that draws would repeat: training inputs among the validation ones.
        numbers = torch.randperm(2**config.bits, generator=pool)[: config.samples]
        bits = numbers[:, None] >> torch.arange(config.bits) & 1
    else:
        bits = torch.randint(2, (config.samples, config.bits), generator=pool)
    labels = bits[:, : config.parity_bits].sum(1) % 2
    return Task(2.0 * bits - 1, labels, train, val)


FAMILY = TaskFamily(
    name="parity",
    networks=("mlp",),
    classes=lambda config: 2,
    samples=lambda config: min(1 << config.bits, _SAMPLES),
    inputs=lambda config: config.bits,
    make=parity_task,
)
