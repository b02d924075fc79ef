"""An LSTM that reads a review (Liu et al., arXiv 2210.01117; Golechha, App. D) or a pair of symbols."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.generator.networks.network import Activations, Parameters, draw, linear_default
from training_runs.generator.networks.noise import Noise
from training_runs.tasks import family_of


@dataclass(frozen=True)
class LSTM:
    """Embedded words, LSTM layers, and a linear output on the last state."""

    vocabulary: int
    embedding_dim: int
    width: int
    layers: int
    classes: int

    @classmethod
    def of(cls, config: RunConfig) -> "LSTM":
        """Return the network of a config."""
        vocabulary = family_of(config.task_family).inputs(config)
        return cls(vocabulary, config.embedding_dim, config.width, config.layers, config.classes)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one run."""
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.vocabulary, self.embedding_dim)}
        for k in range(self.layers):
            n_in = self.width if k else self.embedding_dim
            shapes[f"hidden_input{k}"] = (n_in, 4 * self.width)
            shapes[f"hidden_recurrent{k}"] = (self.width, 4 * self.width)
            shapes[f"hidden_bias{k}"] = (4 * self.width,)
        return {
            **shapes,
            "output_weight": (self.width, self.classes),
            "output_bias": (self.classes,),
        }

    def initial(self, config: RunConfig, generator: torch.Generator) -> Parameters:
        """Draw what torch starts from, times alpha: N(0, 1) embeddings, U(-1, 1) / sqrt(width) elsewhere."""
        parameters = {}
        for name, shape in self.shapes().items():
            if name == "embedding":
                default = torch.randn(shape, generator=generator)
            else:
                default = linear_default(shape, self.width, generator)
            parameters[name] = draw(config, name, default, generator)
        return parameters

    def __call__(self, parameters: Parameters, inputs: Tensor, noise: Noise) -> Activations:
        """Run the stack on words, shape (n_runs, n_reviews, length)."""
        n_runs, n, length = inputs.shape
        offset = self.vocabulary * torch.arange(n_runs, device=inputs.device)[:, None, None]
        table = parameters["embedding"].flatten(0, 1)
        words = table.index_select(0, (inputs + offset).flatten())
        sequence = noise.embedded(words.view(n_runs, n, length, self.embedding_dim))
        layer = self._fused_layer if sequence.is_cuda else self._layer
        last = []
        for k in range(self.layers):
            sequence = layer(parameters, sequence, k)
            last.append(sequence[:, :, -1])
        state = noise.hidden(last[-1])
        logits = torch.baddbmm(parameters["output_bias"][:, None], state, parameters["output_weight"])
        return Activations(logits, None, state, states=torch.cat(last, -1))

    def _fused_layer(self, parameters: Parameters, sequence: Tensor, k: int) -> Tensor:
        """Return the same as `_layer` by cuDNN, run by run: its kernels go through all words, ours are launched at each."""
        bias, parts = parameters[f"hidden_bias{k}"], []
        for run, words in enumerate(sequence):
            weights = (parameters[f"hidden_{name}{k}"][run].T.contiguous() for name in ("input", "recurrent"))
            start = words.new_zeros(1, words.shape[0], self.width)
            of_torch = [*weights, bias[run], torch.zeros_like(bias[run])]
            parts.append(torch.lstm(words, (start, start), of_torch, True, 1, 0.0, True, False, True)[0])
        return torch.stack(parts)

    def _layer(self, parameters: Parameters, sequence: Tensor, k: int) -> Tensor:
        """Return the states of a layer at every word, (n_runs, n_reviews, length, width)."""
        n_runs, n, length = sequence.shape[:3]
        bias, recurrent = parameters[f"hidden_bias{k}"], parameters[f"hidden_recurrent{k}"]
        driven = torch.baddbmm(bias[:, None], sequence.flatten(1, 2), parameters[f"hidden_input{k}"]).view(
            n_runs, n, length, -1
        )
        state = memory = sequence.new_zeros(n_runs, n, self.width)
        states = []
        for t in range(length):
            gates = torch.baddbmm(driven[:, :, t], state, recurrent)
            write, keep, new, show = gates.chunk(4, -1)
            memory = keep.sigmoid() * memory + write.sigmoid() * new.tanh()
            state = show.sigmoid() * memory.tanh()
            states.append(state)
        return torch.stack(states, 2)
