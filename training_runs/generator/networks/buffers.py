"""What gradients that are written out have in common: buffers that stay, and the gradient of a loss."""

import torch
from torch import Tensor

from training_runs.generator.samples import Batch


class Buffers:
    """Tensors by name and shape, made once and used again at each step.

    First writes to fresh memory cost more than the arithmetic: half of a step of the embedding-MLP.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._held: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def __call__(self, name: str, *shape: int) -> Tensor:
        """Return the buffer of a name and shape, with whatever was last written to it."""
        if (name, shape) not in self._held:
            self._held[name, shape] = torch.empty(shape, device=self._device)
        return self._held[name, shape]


def loss_gradient(loss: str, logits: Tensor, batch: Batch, buffers: Buffers) -> Tensor:
    """Return the gradient of each run's weighted loss with respect to its logits, (n_runs, n_samples, n_classes).

    The logits may be overwritten.
    """
    target = -torch.ones_like(batch.weight)[..., None]
    if loss == "mse":
        errors = logits.scatter_add_(2, batch.labels[..., None], target)
        return errors.mul_(2 / logits.shape[2] * batch.weight[..., None])
    errors = buffers("errors", *logits.shape)
    torch.softmax(logits, 2, out=errors)
    errors.scatter_add_(2, batch.labels[..., None], target)
    return errors.mul_(batch.weight[..., None])
