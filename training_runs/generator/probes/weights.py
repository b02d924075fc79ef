"""Sizes and distributions of the weights.

Parameters are {name: tensor of shape (n_runs, *shape)}; the first word of a name is its layer group.
"""

import torch
from torch import Tensor


def matrices(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weight matrices among the parameters: two dimensions or more beside the runs, and not a bias."""
    return {name: value for name, value in parameters.items() if value.ndim >= 3 and "bias" not in name}


def norm(parameters: dict[str, Tensor]) -> Tensor:
    """Return the L2 norm over all parameters together."""
    squares = [value.flatten(1).square().sum(1) for value in parameters.values()]
    return torch.stack(squares).sum(0).sqrt()


def group_norms(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return `weight_norm_<group>` for each layer group: the first word of a parameter's name."""
    groups: dict[str, dict[str, Tensor]] = {}
    for name, value in parameters.items():
        groups.setdefault(name.split("_")[0], {})[name] = value
    return {f"weight_norm_{group}": norm(members) for group, members in groups.items()}


def moments(parameters: dict[str, Tensor], group: str) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation over the weight matrices of a layer group, each of shape (n_runs,).

    Salah & Yevick 3.3, figures 6 and 8. Biases are left out: they are few, and follow another distribution.

    Raises ValueError if the group has no weight matrix.
    """
    members = [v.flatten(1) for n, v in matrices(parameters).items() if n.split("_")[0] == group]
    if not members:
        groups = sorted({name.split("_")[0] for name in matrices(parameters)})
        raise ValueError(f"no weight matrix in group {group!r}; groups with one: {groups}")
    spread, mean = torch.std_mean(torch.cat(members, 1), 1, correction=0)
    return mean, spread


def weight_entropy(parameters: dict[str, Tensor]) -> Tensor:
    """Return minus the sum of |w| log |w| over all weight matrices, with 0 log 0 = 0, shape (n_runs,).

    Golechha, section 4.2. It grows with the number of weights, and is negative where large weights dominate.
    """
    per_matrix = [torch.special.entr(v.abs()).flatten(1).sum(1) for v in matrices(parameters).values()]
    return torch.stack(per_matrix).sum(0)
