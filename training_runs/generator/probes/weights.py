"""Sizes and distributions of the weights.

Parameters are {name: tensor of shape (n_runs, *shape)}; the first word of a name is its layer group.
"""

import torch
from torch import Tensor

from training_runs.generator.probes.registry import measures


def matrices(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weight matrices among the parameters: two dimensions or more beside the runs, and not a bias."""
    return {name: value for name, value in parameters.items() if value.ndim >= 3 and "bias" not in name}


@measures("weight_norm", reads=("parameters",))
@measures("weight_norm_embedding", reads=("embedding_parameters",))
@measures("weight_norm_attention", reads=("attention_parameters",))
@measures("weight_norm_hidden", reads=("hidden_parameters",))
@measures("weight_norm_output", reads=("output_parameters",))
@measures("grad_norm", reads=("gradient",))
@measures("update_norm", reads=("update",))
def norm(parameters: dict[str, Tensor]) -> Tensor:
    """Return the L2 norm over all parameters together."""
    squares = [value.flatten(1).square().sum(1) for value in parameters.values()]
    return torch.stack(squares).sum(0).sqrt()


def of_group(parameters: dict[str, Tensor], group: str) -> dict[str, Tensor]:
    """Return the parameters of a layer group: those whose name begins with its word."""
    return {name: value for name, value in parameters.items() if name.split("_")[0] == group}


@measures("weight_mean_hidden", "weight_std_hidden", reads=("hidden_matrices",))
@measures("weight_mean_output", "weight_std_output", reads=("output_matrices",))
def moments(matrices: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation over some weight matrices, each of shape (n_runs,).

    Salah & Yevick 3.3, figures 6 and 8. Biases are left out: they are few, and follow another distribution.
    """
    spread, mean = torch.std_mean(torch.cat([v.flatten(1) for v in matrices.values()], 1), 1, correction=0)
    return mean, spread


@measures("weight_entropy", reads=("matrices",))
def weight_entropy(parameters: dict[str, Tensor]) -> Tensor:
    """Return minus the sum of |w| log |w| over all weight matrices, with 0 log 0 = 0, shape (n_runs,).

    Golechha, section 4.2. It grows with the number of weights, and is negative where large weights dominate.
    """
    per_matrix = [torch.special.entr(v.abs()).flatten(1).sum(1) for v in matrices(parameters).values()]
    return torch.stack(per_matrix).sum(0)
