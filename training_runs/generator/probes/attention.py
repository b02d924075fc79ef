"""How alike the attention heads are. Attention weights are (n_runs, n_samples, n_layers, n_heads, n_tokens).

They are distributions over the tokens that the answer's position reads; a further dimension of reading positions may
stand before the tokens. All heads of all layers are compared.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from training_runs.generator.probes.registry import measures


@measures("attention_entropy_std", reads=("attention",))
def attention_entropy_std(attention: Tensor) -> Tensor:
    """Return the standard deviation over heads of their mean entropy over tokens, in nats; arXiv 2605.20441."""
    terms: Tensor = torch.special.entr(attention)
    per_head = terms.sum(-1).movedim(1, 3).flatten(3).mean(3)  # (n_runs, n_layers, n_heads)
    return per_head.flatten(1).std(1, correction=0)


@measures("attention_similarity", reads=("attention",))
def attention_similarity(attention: Tensor) -> Tensor:
    """Return the mean cosine similarity of two heads' patterns, over all pairs of heads; arXiv 2605.20441.

    The pattern of a head is its weights on all samples together. 1 if all heads attend alike; NaN with one head.
    """
    patterns = F.normalize(attention.movedim(1, 3).flatten(3).flatten(1, 2), dim=2)
    n_heads = patterns.shape[1]
    # |sum of unit vectors|^2 is the sum of all cosines, each head's own 1 included.
    every = patterns.sum(1).square().sum(1) - patterns.square().sum((1, 2))
    return every / (n_heads * (n_heads - 1)) if n_heads > 1 else torch.full_like(every, torch.nan)
