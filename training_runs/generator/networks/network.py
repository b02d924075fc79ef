"""What a network is: shapes, initial weights, and a forward pass, with a leading dimension over the runs of a stack.

The first word of a parameter's name is its layer group: embedding, attention, hidden or output.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from training_runs.config import RunConfig, parse_init
from training_runs.generator.networks.noise import Noise

Parameters = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Activations:
    """What a forward pass shows.

    Attributes
    ----------
    logits : shape (n_runs, n_samples, n_classes).
    hidden : the last hidden layer after its ReLU, (n_runs, n_samples, n_units); None where there is no ReLU.
    representation : what the output layer reads, (n_runs, n_samples, width).
    attention : weights that the answer's position gives to each token, (n_runs, n_samples, n_layers, n_heads,
        n_tokens); None without attention.
    states : of hidden layers without a ReLU, of either sign, (n_runs, n_samples, n_units); None elsewhere.
    """

    logits: Tensor
    hidden: Tensor | None
    representation: Tensor
    attention: Tensor | None = None
    states: Tensor | None = None


class Network(Protocol):
    """One architecture at one size; equal networks can be trained as one stack."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one run."""
        ...

    def initial(self, config: RunConfig, generator: torch.Generator) -> Parameters:
        """Draw the parameters of one run."""
        ...

    def __call__(self, parameters: Parameters, inputs: Tensor, noise: Noise) -> Activations:
        """Run the stack on inputs of shape (n_runs, n_samples, ...)."""
        ...


def draw(config: RunConfig, name: str, default: Tensor, generator: torch.Generator) -> Tensor:
    """Return a parameter's initial values times alpha: those of the config if it sets them, else the default."""
    setting = config.embedding_init if name.startswith("embedding") else config.other_init
    kind, values = parse_init("init", setting)
    if kind == "normal" and values:
        default = values[0] + values[1] * torch.randn(default.shape, generator=generator)
    elif kind == "uniform":
        low, high = values
        default = low + (high - low) * torch.rand(default.shape, generator=generator)
    elif kind == "constant":
        default = torch.full_like(default, values[0])
    return default * config.init_scale


def linear_default(shape: tuple[int, ...], fan_in: int, generator: torch.Generator) -> Tensor:
    """Return U(-1, 1) / sqrt(fan_in): what torch.nn.Linear starts from, weights and biases alike."""
    uniform: Tensor = 2 * torch.rand(shape, generator=generator) - 1
    return uniform / math.sqrt(fan_in)
