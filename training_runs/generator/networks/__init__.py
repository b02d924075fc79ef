"""The networks being trained, one file per architecture, each for a stack of runs at once."""

from collections.abc import Callable

from training_runs.config import RunConfig
from training_runs.generator.networks.embedding_mlp import EmbeddingMLP
from training_runs.generator.networks.lstm import LSTM
from training_runs.generator.networks.mlp import MLP
from training_runs.generator.networks.network import Activations, Network
from training_runs.generator.networks.transformer import Transformer

__all__ = ["NETWORKS", "Activations", "Network", "network_of"]

# By `RunConfig.architecture`.
NETWORKS: dict[str, Callable[[RunConfig], Network]] = {
    "embedding_mlp": EmbeddingMLP.of,
    "transformer": Transformer.of,
    "mlp": MLP.of,
    "lstm": LSTM.of,
}


def network_of(config: RunConfig) -> Network:
    """Return the network of a config."""
    return NETWORKS[config.architecture](config)
