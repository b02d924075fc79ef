"""Which networks have a gradient that is written out, instead of autograd's."""

from collections.abc import Callable

from training_runs.generator.networks.embedding_mlp import EmbeddingMLP
from training_runs.generator.networks.mlp import MLP
from training_runs.generator.networks.mlp_gradient import MLPGradient
from training_runs.generator.networks.network import Network, Parameters
from training_runs.generator.networks.pair_gradient import PairGradient
from training_runs.generator.networks.transformer import Transformer
from training_runs.generator.networks.transformer_gradient import TransformerGradient
from training_runs.generator.samples import Batch

# Writes the gradient of each run's weighted loss over a batch: parameters, gradient, batch.
WrittenOut = Callable[[Parameters, Parameters, Batch], None]


def written_out(network: Network, loss: str, device: str) -> WrittenOut | None:
    """Return the gradient of a network's training loss without dropout or noise, where it is written out."""
    match network:
        case EmbeddingMLP():
            return PairGradient(network, loss, device)
        case MLP():
            return MLPGradient(network, loss, device)
        case Transformer():
            return TransformerGradient(network, loss, device)
        case _:
            return None
