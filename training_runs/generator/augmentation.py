"""Random rotation and blur of images while training (Li & Sakib, section 4)."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from training_runs.config import RunConfig

_DEGREES = 30.0  # times sigma: the largest rotation


def augmented(
    inputs: Tensor,
    configs: Sequence[RunConfig],
    generators: Sequence[torch.Generator],
    counts: Sequence[int],
) -> Tensor:
    """Return inputs (n_runs, n_samples, pixels) with each run's images turned and blurred by its own sigma.

    Parameters
    ----------
    counts : images of each run; more rows than that only pad.
    """
    if not any(c.augmentation for c in configs):
        return inputs
    runs = zip(inputs, configs, generators, counts, strict=True)
    return torch.stack([_changed(own, c.augmentation, g, n) for own, c, g, n in runs])


def _changed(images: Tensor, sigma: float, generator: torch.Generator, count: int) -> Tensor:
    if not sigma:
        return images
    changed = _blurred(_turned(images[:count], sigma, generator), sigma)
    return torch.cat([changed, images[count:]])


def _turned(images: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """Turn each image by an angle from U(-30 sigma, 30 sigma) degrees."""
    side = math.isqrt(images.shape[1])
    angle = (2 * torch.rand(len(images), generator=generator) - 1) * math.radians(_DEGREES * sigma)
    zero = torch.zeros_like(angle)
    rows = [torch.stack([angle.cos(), -angle.sin(), zero], 1), torch.stack([angle.sin(), angle.cos(), zero], 1)]
    square = images.view(-1, 1, side, side)
    grid = F.affine_grid(torch.stack(rows, 1).to(images), list(square.shape), align_corners=False)
    return F.grid_sample(square, grid, align_corners=False).flatten(1)


def _blurred(images: Tensor, sigma: float) -> Tensor:
    """Blur with a Gaussian of standard deviation sigma / 2 on 3 x 3 pixels."""
    side = math.isqrt(images.shape[1])
    line = torch.exp(-(torch.arange(-1, 2) ** 2) / (2 * (sigma / 2) ** 2)).to(images)
    kernel = torch.outer(line, line) / line.sum() ** 2
    square = images.view(-1, 1, side, side)
    return F.conv2d(square, kernel.view(1, 1, 3, 3), padding=1).flatten(1)
