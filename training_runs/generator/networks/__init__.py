"""The networks being trained, one file per architecture, each for a stack of runs at once."""

from training_runs.generator.networks.network import Activations, Network, network_of

__all__ = ["Activations", "Network", "network_of"]
