"""How rugged the loss is around the parameters."""

from collections.abc import Callable

import torch
from torch import Tensor

from training_runs.generator.probes.registry import measures
from training_runs.generator.probes.weights import matrices

# Parameters -> the loss of each run, shape (n_runs,), not negative.
LossOf = Callable[[dict[str, Tensor]], Tensor]

# Half of each filter's own length. At 1 a filter of random direction has replaced the learnt one. Ours.
RADIUS = 0.5


@measures("landscape_ruggedness", reads=("loss_of", "parameters", "directions"))
def ruggedness(
    loss_of: LossOf,
    parameters: dict[str, Tensor],
    generator: torch.Generator,
    directions: int = 2,
    points: int = 11,
    radius: float = RADIUS,
) -> Tensor:
    """Return the total variation of log(1 + loss) along random lines through the parameters, mean over lines.

    Range and roughness in one number, shape (n_runs,): on a flat stretch 0, on a slope the range, and every further
    rise or fall on the way counts again. The logarithm keeps large losses from drowning the rest, while losses far
    below 1, which differ by decades in networks that have memorised, stay small. A line runs from -radius to +radius
    in a filter-normalised direction. Li & Sakib 3.3, who judge range and unevenness by eye.
    """
    offsets = torch.linspace(-radius, radius, points).tolist()
    variations = []
    for _ in range(directions):
        direction = filter_normalized(parameters, generator)
        heights = torch.stack([loss_of(_moved(parameters, direction, offset)).log1p() for offset in offsets])
        variations.append(heights.diff(dim=0).abs().sum(0))
    return torch.stack(variations).mean(0)


def filter_normalized(parameters: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """Return a random direction for each weight matrix, each filter of it as long as the filter of the weights.

    Li et al., NeurIPS 2018 (arXiv 1712.09913), section 4; biases do not move. The filter of a unit is its incoming
    weights: a column, for matrices are (inputs, outputs). The draw is shared by the runs of a stack, the lengths are
    each run's own.
    """
    direction = {}
    for name, value in matrices(parameters).items():
        draw = torch.randn(value.shape[1:], generator=generator, device=generator.device)
        unit = torch.nn.functional.normalize(draw.to(value), dim=-2)
        direction[name] = unit * value.norm(dim=-2, keepdim=True)
    return direction


def _moved(parameters: dict[str, Tensor], direction: dict[str, Tensor], offset: float) -> dict[str, Tensor]:
    moved = {name: parameters[name] + offset * step for name, step in direction.items()}
    return {**parameters, **moved}
