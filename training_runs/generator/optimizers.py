"""Optimisers over a stack of runs, each with its own learning rate and weight decay.

torch's own optimisers hold one learning rate per parameter group, so a stack needs these few lines; tests hold them
against torch.optim.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

# Views of a flat tensor as one block (n_runs, *shape) for each parameter, by name.
Blocks = Callable[[Tensor], dict[str, Tensor]]


class Optimizer(Protocol):
    """Updates all parameters of all runs, which live in one flat tensor."""

    def step(self, gradient: Tensor) -> None:
        """Apply one update, in place, from the gradient, shape (n,)."""
        ...

    def select(self, kept: Tensor, parameters: Tensor) -> None:
        """Go on with the parameters at some indices, which now live in another tensor."""
        ...


class _PerParameter:
    """State that every optimiser here keeps for each parameter.

    Parameters
    ----------
    parameters : float32, shape (n,), every parameter of every run in one tensor; updated in place.
    learning_rate, weight_decay : float32, shape (n,), those of the run that each parameter belongs to.
    """

    _state: tuple[str, ...] = ("_lr", "_decay", "_mean")

    def __init__(self, parameters: Tensor, learning_rate: Tensor, weight_decay: Tensor) -> None:
        self._parameters = parameters
        self._lr, self._decay = learning_rate, weight_decay
        self._mean = torch.zeros_like(parameters)
        self._step = 0

    def select(self, kept: Tensor, parameters: Tensor) -> None:
        self._parameters = parameters
        for name in self._state:
            setattr(self, name, getattr(self, name)[kept])


class AdamW(_PerParameter):
    """Decoupled weight decay (Loshchilov & Hutter 2019), torch's defaults: betas 0.9, 0.999, eps 1e-8."""

    _BETA1, _BETA2, _EPS = 0.9, 0.999, 1e-8
    _state = (*_PerParameter._state, "_square")

    def __init__(self, parameters: Tensor, learning_rate: Tensor, weight_decay: Tensor) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self._square = torch.zeros_like(parameters)

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        self._parameters.mul_(1 - self._lr * self._decay)
        self._parameters.sub_(self._direction(gradient).mul_(self._lr))

    def _direction(self, gradient: Tensor) -> Tensor:
        self._step += 1
        self._mean.lerp_(gradient, 1 - self._BETA1)
        self._square.mul_(self._BETA2).addcmul_(gradient, gradient, value=1 - self._BETA2)
        scale = self._square.sqrt().div_((1 - self._BETA2**self._step) ** 0.5).add_(self._EPS)
        return self._mean.div(scale).div_(1 - self._BETA1**self._step)


class Adam(AdamW):
    """Weight decay as part of the gradient, as torch.optim.Adam has it (Kingma & Ba 2015)."""

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        direction = self._direction(gradient + self._decay * self._parameters)
        self._parameters.sub_(direction.mul_(self._lr))


class SGD(_PerParameter):
    """Stochastic gradient descent with momentum 0.9 and weight decay as part of the gradient."""

    _MOMENTUM = 0.9

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        self._mean.mul_(self._MOMENTUM).add_(gradient + self._decay * self._parameters)
        self._parameters.sub_(self._mean * self._lr)


class RMSprop(_PerParameter):
    """Steps divided by the root of a running mean of squares (Tieleman & Hinton 2012), torch's defaults: alpha 0.99,
    eps 1e-8, no momentum; weight decay as part of the gradient.
    """

    _ALPHA, _EPS = 0.99, 1e-8

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        decayed = gradient + self._decay * self._parameters
        self._mean.mul_(self._ALPHA).addcmul_(decayed, decayed, value=1 - self._ALPHA)
        self._parameters.sub_(decayed.div_(self._mean.sqrt().add_(self._EPS)).mul_(self._lr))


class Muon(AdamW):
    """Orthogonalised momentum for hidden matrices, AdamW for all else (Jordan et al. 2024).

    Updates of a matrix (a, b) are scaled by 0.2 sqrt(max(a, b)), so that they are as large as AdamW's and one
    learning rate serves both (Moonlight, arXiv 2502.16982).
    """

    _MOMENTUM = 0.95
    _state = (*AdamW._state, "_momentum")

    def __init__(self, parameters: Tensor, learning_rate: Tensor, weight_decay: Tensor, blocks: Blocks) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self._momentum = torch.zeros_like(parameters)
        self._blocks = blocks

    def _direction(self, gradient: Tensor) -> Tensor:
        direction = super()._direction(gradient)
        self._momentum.mul_(self._MOMENTUM).add_(gradient)
        nesterov = gradient + self._MOMENTUM * self._momentum
        blocks = self._blocks(direction)
        for name, update in self._blocks(nesterov).items():
            if update.ndim == 3 and name.startswith(("hidden", "attention")):
                blocks[name].copy_(0.2 * max(update.shape[1:]) ** 0.5 * orthogonalized(update))
        return direction


def orthogonalized(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Return matrices (n_runs, a, b) with their singular values moved near 1, by Newton-Schulz iterations."""
    a, b, c = 3.4445, -4.7750, 2.0315  # Jordan et al.: fast growth of small singular values
    x = matrices / (torch.linalg.matrix_norm(matrices, keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x.mT if tall else x
    return result


def optimizer_of(
    name: str, parameters: Tensor, learning_rate: Tensor, weight_decay: Tensor, blocks: Blocks
) -> Optimizer:
    """Return an optimiser by its name in `RunConfig`."""
    match name:
        case "adam":
            return Adam(parameters, learning_rate, weight_decay)
        case "sgd":
            return SGD(parameters, learning_rate, weight_decay)
        case "rmsprop":
            return RMSprop(parameters, learning_rate, weight_decay)
        case "muon":
            return Muon(parameters, learning_rate, weight_decay, blocks)
        case _:
            return AdamW(parameters, learning_rate, weight_decay)
