"""A plain ReLU network on vectors: 784-200-200-10 for MNIST (Liu et al., arXiv 2210.01117; Li & Sakib, section 4)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.generator.networks.network import Activations, Parameters, draw, linear_default
from training_runs.generator.networks.noise import Noise
from training_runs.tasks import family_of


@dataclass(frozen=True)
class MLP:
    """ReLU layers and a linear output."""

    inputs: int
    width: int
    layers: int  # hidden ones
    classes: int

    @classmethod
    def of(cls, config: RunConfig) -> "MLP":
        """Return the network of a config."""
        inputs = family_of(config.task_family).inputs(config)
        return cls(inputs, config.width, config.layers, config.classes)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one run."""
        sizes = [self.inputs, *[self.width] * self.layers]
        shapes: dict[str, tuple[int, ...]] = {}
        for k, (n_in, n_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
            shapes[f"hidden_weight{k}"] = (n_in, n_out)
            shapes[f"hidden_bias{k}"] = (n_out,)
        return {
            **shapes,
            "output_weight": (self.width, self.classes),
            "output_bias": (self.classes,),
        }

    def initial(self, config: RunConfig, generator: torch.Generator) -> Parameters:
        """Draw what torch.nn.Linear starts from, times alpha, as Liu et al. do, unless the config says otherwise."""
        parameters = {}
        fan_in = 1
        for name, shape in self.shapes().items():
            fan_in = shape[0] if len(shape) == 2 else fan_in
            parameters[name] = draw(config, name, linear_default(shape, fan_in, generator), generator)
        return parameters

    def __call__(self, parameters: Parameters, inputs: Tensor, noise: Noise) -> Activations:
        """Run the stack on vectors, shape (n_runs, n_samples, n_inputs)."""
        hidden = inputs
        for k in range(self.layers):
            hidden = torch.baddbmm(parameters[f"hidden_bias{k}"][:, None], hidden, parameters[f"hidden_weight{k}"])
            hidden = noise.hidden(hidden.relu_())
        logits = torch.baddbmm(parameters["output_bias"][:, None], hidden, parameters["output_weight"])
        return Activations(logits, hidden, hidden)
