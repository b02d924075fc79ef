"""Random perturbations of a forward pass: dropout and noise on embeddings, while training or while probing."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Noise:
    """No perturbation at all; what the others refine."""

    on_embeddings = False

    def hidden(self, activations: Tensor) -> Tensor:
        """Return hidden activations, perturbed."""
        return activations

    def embedded(self, embeddings: Tensor) -> Tensor:
        """Return embeddings of samples, perturbed."""
        return embeddings


NONE = Noise()


class TrainingNoise(Noise):
    """Dropout and Gaussian noise, each run with its own rate and its own generator: a run in a stack sees the noise
    that it would see alone.
    """

    def __init__(
        self,
        dropout: Sequence[float],
        embedding_std: Sequence[float],
        generators: Sequence[torch.Generator],
    ) -> None:
        self._dropout, self._std, self._generators = dropout, embedding_std, generators
        self.on_embeddings = any(embedding_std)

    def hidden(self, activations: Tensor) -> Tensor:
        """Zero a share of the activations and scale up the others."""
        if not any(self._dropout):
            return activations
        masks = [
            (torch.rand(activations.shape[1:], generator=g) >= rate) / (1 - rate)
            if rate
            else torch.ones(activations.shape[1:])
            for rate, g in zip(self._dropout, self._generators, strict=True)
        ]
        return activations * torch.stack(masks).to(activations.device)

    def embedded(self, embeddings: Tensor) -> Tensor:
        """Add Gaussian noise."""
        if not self.on_embeddings:
            return embeddings
        noise = [
            std * torch.randn(embeddings.shape[1:], generator=g) if std else torch.zeros(embeddings.shape[1:])
            for std, g in zip(self._std, self._generators, strict=True)
        ]  # fmt: skip
        return embeddings + torch.stack(noise).to(embeddings.device)


class ProbingDropout(Noise):
    """Dropout at inference, at one rate, with masks that all runs of a stack share."""

    def __init__(self, rate: float, generator: torch.Generator) -> None:
        self._rate, self._generator = rate, generator

    def hidden(self, activations: Tensor) -> Tensor:
        """Zero a share of the activations and scale up the others."""
        if self._rate == 0:
            return activations
        kept = torch.rand(activations.shape[1:], generator=self._generator) >= self._rate
        return activations * (kept / (1 - self._rate)).to(activations.device)
