"""What the hidden units do. Activations are (n_runs, n_samples, n_units), after the ReLU.

Units of several layers are concatenated along the last dimension; positions of a sequence count as samples.
"""

import math

from torch import Tensor

from training_runs.generator.probes.registry import measures
from training_runs.generator.probes.spectrum import entropy, singular_values

# The threshold below which Golechha counts an activation as off is not printed in the paper; this one is ours.
TAU = 0.1


@measures("inactive_frac", reads=("hidden",))
def inactive_frac(hidden: Tensor) -> Tensor:
    """Return the share of units that are zero on a sample, averaged over samples; Salah & Yevick 3.4, figure 11."""
    return (hidden <= 0).float().flatten(1).mean(1)


@measures("dead_frac", reads=("hidden",))
def dead_frac(hidden: Tensor) -> Tensor:
    """Return the share of units that are zero on every sample; after Salah & Yevick 3.4."""
    return (hidden <= 0).all(1).float().mean(1)


@measures("activation_sparsity", reads=("sizes",))
def activation_sparsity(sizes: Tensor, tau: float = TAU) -> Tensor:
    """Return the share of activations whose size is below tau, averaged over samples and units; Golechha 4.1."""
    return (sizes < tau).float().flatten(1).mean(1)


@measures("representation_entropy", reads=("representation",))
def representation_entropy(hidden: Tensor) -> Tensor:
    """Return the spectral entropy of the covariance of the penultimate representation, from 0 to 1.

    The entropy of the covariance's eigenvalues made to sum to one, divided by the logarithm of the largest rank that
    it can have, min(n_samples - 1, n_units). arXiv 2604.13123 divides by log n_units: the same with enough samples.
    Samples that repeat count as often: runs with fewer than 256 in a split were recorded so, and stay below 1. NaN if
    the representation is constant.
    """
    _, n_samples, n_units = hidden.shape
    centred = hidden - hidden.mean(1, keepdim=True)
    return entropy(singular_values(centred).square()) / math.log(min(n_samples - 1, n_units))
