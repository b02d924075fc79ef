"""The signals that are read off a stack of networks: pure functions, one value per run.

Sources are in `training_runs.signals`. Shapes: (n_runs, ...) in, (n_runs,) out.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each sample, shape (n_runs, n_samples), from logits (n_runs, n_samples, classes)."""
    flat = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return flat.view(labels.shape)


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """Return 1.0 where the largest logit is the label, shape (n_runs, n_samples)."""
    return (logits.argmax(-1) == labels).float()


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of values over the samples of a split, given as a 0/1 mask of the same shape."""
    return (values * mask).sum(1) / mask.sum(1)


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
