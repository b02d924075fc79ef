"""XOR clusters: Gaussian clusters around the corners of a cube in many dimensions, labelled by a parity of the corner.

Networks interpolate such data by noise of the other dimensions and find the corners later (Xu et al., arXiv 2310.02541).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig

_SAMPLES = 20_000
_CORNER = 3  # dimensions of the cube; its label reads the first `parity_bits` of them


def clusters_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return inputs of unit variance around corners at +-`separation`, the same for every run of one size.

    Where the cube lies is no loss of generality: the networks' initial weights know no direction.
    """
    import torch

    if config.dimensions < _CORNER:
        raise InvalidInput(field="dimensions", value=config.dimensions, expected=f"at least {_CORNER}")
    if config.parity_bits > _CORNER:
        raise InvalidInput(
            field="parity_bits",
            value=config.parity_bits,
            expected=f"at most {_CORNER} for clusters",
        )
    train, val = split(config, generator)
    pool = torch.Generator().manual_seed(0)
    corners = torch.randint(2, (config.samples, _CORNER), generator=pool)
    inputs = torch.randn((config.samples, config.dimensions), generator=pool)
    inputs[:, :_CORNER] += config.separation * (2 * corners - 1)
    return Task(inputs, corners[:, : config.parity_bits].sum(1) % 2, train, val)


FAMILY = TaskFamily(
    name="clusters",
    networks=("mlp",),
    classes=lambda config: 2,
    samples=lambda config: _SAMPLES,
    inputs=lambda config: config.dimensions,
    make=clusters_task,
)
