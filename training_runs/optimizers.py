"""Optimisers over a stack of runs, each with its own learning rate and weight decay.

torch's own optimisers hold one learning rate per parameter group, so a stack needs these few lines; a test holds them
against torch.optim.
"""

import torch
from torch import Tensor


class AdamW:
    """Decoupled weight decay (Loshchilov & Hutter 2019), torch's defaults: betas 0.9, 0.999, eps 1e-8.

    Parameters
    ----------
    parameters : float32, shape (n,), every parameter of every run in one tensor; updated in place.
    learning_rate, weight_decay : float32, shape (n,), those of the run that each parameter belongs to.
    """

    _BETA1, _BETA2, _EPS = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Tensor, learning_rate: Tensor, weight_decay: Tensor) -> None:
        self._parameters = parameters
        self._lr, self._keep = learning_rate, 1 - learning_rate * weight_decay
        self._mean = torch.zeros_like(parameters)
        self._square = torch.zeros_like(parameters)
        self._step = 0

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update from the gradient, shape (n,)."""
        self._step += 1
        self._mean.lerp_(gradient, 1 - self._BETA1)
        self._square.mul_(self._BETA2).addcmul_(gradient, gradient, value=1 - self._BETA2)
        correction1 = 1 - self._BETA1**self._step
        correction2 = 1 - self._BETA2**self._step
        scale = self._square.sqrt().div_(correction2**0.5).add_(self._EPS)
        self._parameters.mul_(self._keep)
        self._parameters.sub_(self._mean.div(scale).mul_(self._lr), alpha=1 / correction1)

    def select(self, kept: Tensor, parameters: Tensor) -> None:
        """Go on with the parameters at some indices, which now live in another tensor."""
        self._parameters = parameters
        self._lr, self._keep = self._lr[kept], self._keep[kept]
        self._mean, self._square = self._mean[kept], self._square[kept]
