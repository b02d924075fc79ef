"""Salah & Yevick's network (arXiv 2507.11645, section 2): two embeddings, concatenated, ReLU units, one logit a symbol."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.generator.networks.network import Activations, Parameters, draw
from training_runs.generator.networks.noise import Noise


@dataclass(frozen=True)
class EmbeddingMLP:
    """Embedding-MLP over pairs of symbols.

    The first layer is linear in the concatenated embeddings, so it acts on the embeddings of each side rather than on
    every pair: `relu(E Wa [i] + E Wb [j] + b)`. This is exact, and saves the largest product. Noise on the embedding
    of each sample forbids it.
    """

    symbols: int  # p
    embedding_dim: int  # d
    width: int  # h
    embedding_relu: bool

    @classmethod
    def of(cls, config: RunConfig) -> "EmbeddingMLP":
        """Return the network of a config."""
        return cls(config.classes, config.embedding_dim, config.width, config.embedding_relu)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one run."""
        p, d, h = self.symbols, self.embedding_dim, self.width
        return {
            "embedding": (p, d),
            "hidden_left": (d, h),
            "hidden_right": (d, h),
            "hidden_bias": (h,),
            "output_weight": (h, p),
            "output_bias": (p,),
        }

    def initial(self, config: RunConfig, generator: torch.Generator) -> Parameters:
        """Draw N(0, 2 / (n_in + n_out)) times alpha, biases included (eq. 1), unless the config says otherwise."""
        p, d, h = self.symbols, self.embedding_dim, self.width
        fan = {"embedding": p + d, "hidden": 2 * d + h, "output": h + p}
        parameters = {}
        for name, shape in self.shapes().items():
            std = math.sqrt(2.0 / fan[name.split("_")[0]])
            default = std * torch.randn(shape, generator=generator)
            parameters[name] = draw(config, name, default, generator)
        return parameters

    def __call__(self, parameters: Parameters, inputs: Tensor, noise: Noise) -> Activations:
        """Run the stack on pairs of symbols, shape (n_runs, n_pairs, 2)."""
        embedding = parameters["embedding"]  # (n_runs, p, d)
        if self.embedding_relu:
            embedding = embedding.relu()
        if noise.on_embeddings:
            hidden = self._noisy(parameters, embedding, inputs, noise)
        else:
            hidden = self._shortcut(parameters, embedding, inputs)
        hidden = noise.hidden(hidden.relu_())
        logits = torch.baddbmm(parameters["output_bias"][:, None], hidden, parameters["output_weight"])
        return Activations(logits, hidden, hidden)

    def _shortcut(self, parameters: Parameters, embedding: Tensor, inputs: Tensor) -> Tensor:
        n_runs = embedding.shape[0]
        left = torch.bmm(embedding, parameters["hidden_left"])  # (n_runs, p, h)
        right = torch.baddbmm(parameters["hidden_bias"][:, None], embedding, parameters["hidden_right"])
        i, j = rows_of_stack(inputs, self.symbols)
        hidden = left.flatten(0, 1).index_select(0, i) + right.flatten(0, 1).index_select(0, j)
        return hidden.view(n_runs, -1, self.width)

    def _noisy(self, parameters: Parameters, embedding: Tensor, inputs: Tensor, noise: Noise) -> Tensor:
        i, j = rows_of_stack(inputs, self.symbols)
        rows = embedding.flatten(0, 1)
        shape = (*inputs.shape[:2], self.embedding_dim)
        both = torch.cat([rows[i].view(shape), rows[j].view(shape)], -1)
        weight = torch.cat([parameters["hidden_left"], parameters["hidden_right"]], 1)
        return torch.baddbmm(parameters["hidden_bias"][:, None], noise.embedded(both), weight)


def rows_of_stack(inputs: Tensor, symbols: int) -> tuple[Tensor, Tensor]:
    """Return the rows of each pair's symbols in the embeddings of all runs laid end to end."""
    offset = symbols * torch.arange(inputs.shape[0], device=inputs.device)[:, None, None]
    i, j = (inputs + offset).unbind(-1)
    return i.flatten(), j.flatten()
