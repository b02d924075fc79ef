"""A decoder-only transformer on `a b =` (Power et al., arXiv 2201.02177; Li & Sakib, section 3).

Ours, where the papers are silent: layers normalise before they read (unless `layer_norm` is off), hidden units are ReLU, and the operation, the
same for all samples, has no token of its own. Only the answer's position is read, so the last layer works on that
position alone: exact, and a third of its cost.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.generator.networks.network import Activations, Parameters, draw
from training_runs.generator.networks.noise import Noise

_TOKENS = 3  # a, b and the sign that asks for the answer


@dataclass(frozen=True)
class Transformer:
    """One or more blocks of attention and a ReLU layer of four times the width."""

    symbols: int
    dim: int
    layers: int
    heads: int
    layer_norm: bool = True

    @classmethod
    def of(cls, config: RunConfig) -> "Transformer":
        """Return the network of a config."""
        return cls(config.classes, config.embedding_dim, config.layers, config.heads, config.layer_norm)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one run."""
        d = self.dim
        shapes: dict[str, tuple[int, ...]] = {
            "embedding_symbol": (self.symbols + 1, d),
            "embedding_position": (_TOKENS, d),
        }
        for k in range(self.layers):
            shapes |= {
                f"hidden_gain_a{k}": (d,),
                f"attention_q{k}": (d, d),
                f"attention_k{k}": (d, d),
                f"attention_v{k}": (d, d),
                f"hidden_mix{k}": (d, d),
                f"hidden_gain_b{k}": (d,),
                f"hidden_up{k}": (d, 4 * d),
                f"hidden_bias{k}": (4 * d,),
                f"hidden_down{k}": (4 * d, d),
            }
        shapes |= {"output_gain": (d,), "output_weight": (d, self.symbols)}
        return {name: shape for name, shape in shapes.items() if self.layer_norm or "gain" not in name}

    def initial(self, config: RunConfig, generator: torch.Generator) -> Parameters:
        """Draw Xavier normal matrices and N(0, 1 / dim) embeddings times alpha; gains are 1 and biases 0."""
        parameters = {}
        for name, shape in self.shapes().items():
            if "gain" in name:
                parameters[name] = torch.ones(shape)
            elif "bias" in name:
                parameters[name] = torch.zeros(shape)
            else:
                std = self.dim**-0.5 if name.startswith("embedding") else (2 / sum(shape)) ** 0.5
                default = std * torch.randn(shape, generator=generator)
                parameters[name] = draw(config, name, default, generator)
        return parameters

    def __call__(self, parameters: Parameters, inputs: Tensor, noise: Noise) -> Activations:
        """Run the stack on pairs of symbols, shape (n_runs, n_pairs, 2)."""
        stream = noise.embedded(self._embedded(parameters, inputs))  # (n_runs, n, tokens, dim)
        attention = []
        units = stream
        for k in range(self.layers):
            last = k == self.layers - 1
            read, weights = self._attend(parameters, stream, k, last)
            stream = (stream[:, :, -1:] if last else stream) + read
            units = self._normal(stream, parameters, f"hidden_gain_b{k}")
            units = _linear(units, parameters[f"hidden_up{k}"])
            units = noise.hidden((units + parameters[f"hidden_bias{k}"][:, None, None]).relu())
            stream = stream + _linear(units, parameters[f"hidden_down{k}"])
            attention.append(weights)
        answer = self._normal(stream, parameters, "output_gain")[:, :, -1]
        logits = torch.bmm(answer, parameters["output_weight"])
        return Activations(logits, units[:, :, -1], answer, torch.stack(attention, 2))

    def _embedded(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        n_runs, n = inputs.shape[:2]
        table = parameters["embedding_symbol"]
        sign = torch.full((n_runs, n, 1), self.symbols, device=inputs.device)
        offset = (self.symbols + 1) * torch.arange(n_runs, device=inputs.device)[:, None, None]
        rows = (torch.cat([inputs, sign], -1) + offset).flatten()
        symbols = table.flatten(0, 1).index_select(0, rows).view(n_runs, n, _TOKENS, self.dim)
        return symbols + parameters["embedding_position"][:, None]

    def _normal(self, x: Tensor, parameters: Parameters, gain: str) -> Tensor:
        return F.layer_norm(x, x.shape[-1:]) * parameters[gain][:, None, None] if self.layer_norm else x

    def _attend(self, parameters: Parameters, stream: Tensor, k: int, last: bool) -> tuple[Tensor, Tensor]:
        """Return what each position reads, and the answer's attention weights (n_runs, n, heads, tokens)."""
        n_runs, n = stream.shape[:2]
        normal = self._normal(stream, parameters, f"hidden_gain_a{k}")

        def heads(x: Tensor, name: str) -> Tensor:  # (n_runs, n, heads, positions, dim of a head)
            projected = _linear(x, parameters[f"attention_{name}{k}"])
            return projected.view(n_runs, n, x.shape[2], self.heads, -1).transpose(2, 3)

        queries = heads(normal[:, :, -1:] if last else normal, "q")
        keys, values = heads(normal, "k"), heads(normal, "v")
        scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5
        if not last:  # a position reads no later one
            later = torch.ones(_TOKENS, _TOKENS, device=scores.device).triu(1).bool()
            scores = scores.masked_fill(later, -torch.inf)
        weights = scores.softmax(-1)
        read = (weights @ values).transpose(2, 3).flatten(3)
        return _linear(read, parameters[f"hidden_mix{k}"]), weights[..., -1, :]


def _linear(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply (n_runs, n, positions, n_in) by (n_runs, n_in, n_out)."""
    return torch.bmm(x.flatten(1, 2), weight).view(*x.shape[:3], -1)
