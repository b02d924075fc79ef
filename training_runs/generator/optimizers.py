"""Optimisers over a stack of runs, each run with its own hyperparameters.

torch's own optimisers hold one learning rate per parameter group, so a stack needs these few lines; tests hold them
against torch.optim.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

# Views of a flat tensor as one block (n_runs, *shape) for each parameter, by name.
Blocks = Callable[[Tensor], dict[str, Tensor]]
# A number that all runs share, or float32 of shape (n,), that of the run which each parameter belongs to.
Value = float | Tensor


@dataclass(frozen=True)
class Hyperparameters:
    """What the runs of a stack are optimised with; the defaults are those of `RunConfig`.

    Attributes
    ----------
    learning_rate, weight_decay : float32, shape (n,), those of the run that each parameter belongs to.
    beta1, beta2 : of the running means of AdamW, Adam, Lion and Muon.
    momentum, nesterov : of SGD.
    warmup_steps : the learning rate of step t is min(1, t / warmup_steps) of the whole.
    """

    learning_rate: Tensor
    weight_decay: Tensor
    beta1: Value = 0.9
    beta2: Value = 0.999
    momentum: Value = 0.9
    nesterov: bool = False
    warmup_steps: Value = 0.0

    def select(self, kept: Tensor) -> "Hyperparameters":
        """Return those of the parameters at some indices."""
        own: dict[str, Any] = {name: value[kept] for name, value in vars(self).items() if isinstance(value, Tensor)}
        return replace(self, **own)


class Optimizer(Protocol):
    """Updates all parameters of all runs, which live in one flat tensor."""

    def step(self, gradient: Tensor) -> None:
        """Apply one update, in place, from the gradient, shape (n,)."""
        ...

    def select(self, kept: Tensor, parameters: Tensor) -> None:
        """Go on with the parameters at some indices, which now live in another tensor."""
        ...

    def state(self) -> list[Tensor]:
        """Return every tensor that a step changes beside the parameters."""
        ...


class _PerParameter:
    """State that every optimiser here keeps for each parameter.

    Parameters
    ----------
    parameters : float32, shape (n,), every parameter of every run in one tensor; updated in place.
    """

    _state: tuple[str, ...] = ("_mean",)

    def __init__(self, parameters: Tensor, values: Hyperparameters) -> None:
        self._parameters = parameters
        self._values = values
        self._mean = torch.zeros_like(parameters)
        self._scratch = torch.empty_like(parameters)  # of intermediate values, so that a step allocates nothing large
        # Steps done. On a GPU they are counted there, so that a step can be captured once and replayed.
        self._t: Value = torch.zeros((), dtype=torch.float64, device=parameters.device) if parameters.is_cuda else 0.0

    def select(self, kept: Tensor, parameters: Tensor) -> None:
        self._parameters = parameters
        self._scratch = torch.empty_like(parameters)
        self._values = self._values.select(kept)
        for name in self._state:
            setattr(self, name, getattr(self, name)[kept])

    def state(self) -> list[Tensor]:
        counted = [self._t] if isinstance(self._t, Tensor) else []
        return [getattr(self, name) for name in self._state] + counted

    def _begin(self) -> Tensor:
        """Count a step and return its learning rates."""
        self._t += 1
        rate, warmup = self._values.learning_rate, self._values.warmup_steps
        if isinstance(warmup, float) and (warmup == 0 or (isinstance(self._t, float) and self._t >= warmup)):
            return rate
        return rate * torch.as_tensor(self._t / warmup).clamp(max=1)

    def _decay(self, rate: Tensor) -> None:
        """Apply decoupled weight decay."""
        torch.mul(rate, self._values.weight_decay, out=self._scratch)
        self._parameters.mul_(self._scratch.neg_().add_(1))

    def _decayed(self, gradient: Tensor) -> Tensor:
        """Return the gradient with weight decay as part of it."""
        return gradient + self._values.weight_decay * self._parameters


class AdamW(_PerParameter):
    """Decoupled weight decay (Loshchilov & Hutter 2019), with torch's eps, 1e-8."""

    _EPS = 1e-8
    _state = (*_PerParameter._state, "_square")

    def __init__(self, parameters: Tensor, values: Hyperparameters) -> None:
        super().__init__(parameters, values)
        self._square = torch.zeros_like(parameters)

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        rate = self._begin()
        self._decay(rate)
        self._parameters.sub_(self._direction(gradient).mul_(rate))

    def _direction(self, gradient: Tensor) -> Tensor:
        beta1, beta2 = self._values.beta1, self._values.beta2
        self._mean.lerp_(gradient, 1 - beta1)
        self._square.mul_(beta2)
        if isinstance(beta2, Tensor):
            self._square.addcmul_(gradient * gradient, 1 - beta2)
        else:
            self._square.addcmul_(gradient, gradient, value=1 - beta2)
        scale = torch.sqrt(self._square, out=self._scratch).div_((1 - beta2**self._t) ** 0.5).add_(self._EPS)
        return torch.div(self._mean, scale, out=self._scratch).div_(1 - beta1**self._t)


class Adam(AdamW):
    """Weight decay as part of the gradient, as torch.optim.Adam has it (Kingma & Ba 2015)."""

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        rate = self._begin()
        self._parameters.sub_(self._direction(self._decayed(gradient)).mul_(rate))


class SGD(_PerParameter):
    """Stochastic gradient descent with momentum, Nesterov's where set, and weight decay as part of the gradient."""

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        rate, momentum = self._begin(), self._values.momentum
        decayed = self._decayed(gradient)
        self._mean.mul_(momentum).add_(decayed)
        update = decayed + self._mean * momentum if self._values.nesterov else self._mean
        self._parameters.sub_(update * rate)


class RMSprop(_PerParameter):
    """Steps divided by the root of a running mean of squares (Tieleman & Hinton 2012), torch's defaults: alpha 0.99,
    eps 1e-8, no momentum; weight decay as part of the gradient.
    """

    _ALPHA, _EPS = 0.99, 1e-8

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        rate, decayed = self._begin(), self._decayed(gradient)
        self._mean.mul_(self._ALPHA).addcmul_(decayed, decayed, value=1 - self._ALPHA)
        self._parameters.sub_(decayed.div_(self._mean.sqrt().add_(self._EPS)).mul_(rate))


class Lion(_PerParameter):
    """Steps of one size, in the sign of an interpolated momentum; decoupled weight decay (Chen et al., arXiv 2302.06675)."""

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Apply one update."""
        rate = self._begin()
        self._decay(rate)
        sign = self._mean.lerp(gradient, 1 - self._values.beta1).sign_()
        self._parameters.sub_(sign.mul_(rate))
        self._mean.lerp_(gradient, 1 - self._values.beta2)


class Muon(AdamW):
    """Orthogonalised momentum for hidden matrices, AdamW for all else (Jordan et al. 2024).

    Updates of a matrix (a, b) are scaled by 0.2 sqrt(max(a, b)), so that they are as large as AdamW's and one
    learning rate serves both (Moonlight, arXiv 2502.16982).
    """

    _MOMENTUM = 0.95
    _state = (*AdamW._state, "_momentum")

    def __init__(self, parameters: Tensor, values: Hyperparameters, blocks: Blocks) -> None:
        super().__init__(parameters, values)
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


def optimizer_of(name: str, parameters: Tensor, values: Hyperparameters, blocks: Blocks) -> Optimizer:
    """Return an optimiser by its name in `RunConfig`."""
    match name:
        case "adam":
            return Adam(parameters, values)
        case "sgd":
            return SGD(parameters, values)
        case "rmsprop":
            return RMSprop(parameters, values)
        case "lion":
            return Lion(parameters, values)
        case "muon":
            return Muon(parameters, values, blocks)
        case _:
            return AdamW(parameters, values)
