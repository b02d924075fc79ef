"""Random perturbations of a forward pass: dropout and noise on embeddings, while training or while probing."""

from collections.abc import Iterator, Sequence

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
    """Dropout and Gaussian noise, each run with its own rate, its own generator and for its own samples alone: a run in
    a stack sees the noise that it would see alone, however many rows pad it.
    """

    def __init__(
        self,
        dropout: Sequence[float],
        embedding_std: Sequence[float],
        generators: Sequence[torch.Generator],
        counts: Sequence[int],
    ) -> None:
        self._dropout, self._std, self._generators = dropout, embedding_std, generators
        self._counts = counts
        self.on_embeddings = any(embedding_std)

    def hidden(self, activations: Tensor) -> Tensor:
        """Zero a share of the activations and scale up the others."""
        if not any(self._dropout):
            return activations
        masks = torch.ones(activations.shape)
        for mask, rate, count, g in self._each(masks, self._dropout):
            mask[:count] = (torch.rand(mask[:count].shape, generator=g) >= rate) / (1 - rate)
        return activations * masks.to(activations.device)

    def embedded(self, embeddings: Tensor) -> Tensor:
        """Add Gaussian noise."""
        if not self.on_embeddings:
            return embeddings
        noise = torch.zeros(embeddings.shape)
        for own, std, count, g in self._each(noise, self._std):
            own[:count] = std * torch.randn(own[:count].shape, generator=g)
        return embeddings + noise.to(embeddings.device)

    def _each(self, values: Tensor, strength: Sequence[float]) -> Iterator[tuple[Tensor, float, int, torch.Generator]]:
        """Yield what belongs to each run that is perturbed at all."""
        runs = zip(values, strength, self._counts, self._generators, strict=True)
        return (run for run in runs if run[1])


class DeviceNoise(Noise):
    """Dropout and Gaussian noise drawn on a GPU for the whole stack at once, each run with its own rate.

    What is drawn for a run depends on its stack: drawing for one run after the other takes longer than the step.
    """

    def __init__(self, dropout: Sequence[float], embedding_std: Sequence[float], device: str) -> None:
        self._dropout, self._std = (torch.tensor(v, device=device) for v in (dropout, embedding_std))
        self.on_embeddings, self._drops = any(embedding_std), any(dropout)

    def hidden(self, activations: Tensor) -> Tensor:
        """Zero a share of the activations and scale up the others."""
        if not self._drops:
            return activations
        rate = self._dropout.view(-1, *[1] * (activations.ndim - 1))
        return activations * ((torch.rand_like(activations) >= rate) / (1 - rate))

    def embedded(self, embeddings: Tensor) -> Tensor:
        """Add Gaussian noise."""
        if not self.on_embeddings:
            return embeddings
        return embeddings + self._std.view(-1, *[1] * (embeddings.ndim - 1)) * torch.randn_like(embeddings)


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
