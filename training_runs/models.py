"""The networks being trained, for a stack of runs at once: every parameter has a leading dimension over runs."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.config import RunConfig


@dataclass(frozen=True)
class EmbeddingMLP:
    """Salah & Yevick, section 2: two embeddings, concatenated, 256 ReLU units, one logit per residue.

    The first layer is linear in the concatenated embeddings, so it acts on the p embeddings of each side rather than
    on every pair: `relu(E Wa [i] + E Wb [j] + b)`. This is exact, and saves the largest product.
    """

    modulus: int  # p
    embedding_dim: int  # d
    width: int  # h

    @classmethod
    def of(cls, config: RunConfig) -> "EmbeddingMLP":
        """Return the network of a config; configs with equal networks can be trained as one stack."""
        return cls(config.modulus, config.embedding_dim, config.width)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one run. The first word of a name is its layer group."""
        p, d, h = self.modulus, self.embedding_dim, self.width
        return {
            "embedding": (p, d),
            "hidden_left": (d, h),
            "hidden_right": (d, h),
            "hidden_bias": (h,),
            "output_weight": (h, p),
            "output_bias": (p,),
        }

    def initial(self, init_scale: float, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw the parameters of one run: N(0, 2 / (n_in + n_out)) times alpha, biases included (eq. 1)."""
        p, d, h = self.modulus, self.embedding_dim, self.width
        fan = {"embedding": p + d, "hidden": 2 * d + h, "output": h + p}
        return {
            name: torch.randn(shape, generator=generator)
            * (init_scale * math.sqrt(2.0 / fan[name.split("_")[0]]))
            for name, shape in self.shapes().items()
        }

    def logits(self, parameters: dict[str, Tensor], pairs: Tensor) -> Tensor:
        """Return logits, shape (n_runs, n_pairs, p), for pairs given as rows i * p + j, shape (n_runs, n_pairs)."""
        p, h = self.modulus, self.width
        embedding = parameters["embedding"]  # (n_runs, p, d)
        n_runs = embedding.shape[0]
        left = torch.bmm(embedding, parameters["hidden_left"])  # (n_runs, p, h)
        right = torch.baddbmm(
            parameters["hidden_bias"][:, None], embedding, parameters["hidden_right"]
        )
        offset = p * torch.arange(n_runs, device=pairs.device)[:, None]
        i = (pairs // p + offset).reshape(-1)
        j = (pairs % p + offset).reshape(-1)
        hidden = left.reshape(-1, h).index_select(0, i) + right.reshape(-1, h).index_select(0, j)
        hidden = hidden.relu_().view(n_runs, -1, h)
        return torch.baddbmm(
            parameters["output_bias"][:, None], hidden, parameters["output_weight"]
        )
