"""A network at a step, as the generator's probes see theirs."""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from grokcast.network_view import NetworkView
from training_runs.generator.probes import Checkpoint, fit, robustness
from training_runs.tasks import FAMILIES

# A larger table is a vocabulary of words: no order to find structure in, and long to decompose.
_MOST_SYMBOLS = 1_024
_ORDERED = {name for name, family in FAMILIES.items() if family.is_of_pairs}


class NetworkCheckpoint(Checkpoint):
    """A network at a step, as probes see it on some samples: a stack of one run.

    Losses and accuracies are left to the training loop, which knows them on the whole split.
    """

    def __init__(self, view: NetworkView, samples: int, step: int) -> None:
        self.step = step
        self._view, self._samples = view, samples
        self.chance = float(view.context.get("chance_accuracy") or 0.0)

    @cached_property
    def parameters(self) -> dict[str, Tensor]:
        """All of them, under the generator's kind of names."""
        return self._view.parameters()

    @cached_property
    def gradient(self) -> dict[str, Tensor] | None:
        """The last, where it is still there."""
        return self._view.gradients() or None

    @cached_property
    def embedding(self) -> Tensor | None:
        """The first table."""
        table = self._view.embedding_table()
        return None if table is None else table.detach().float()[None]

    @cached_property
    def symbols(self) -> Tensor | None:
        """The rows that are symbols of the task; a vocabulary of words is too large."""
        if self.embedding is None:
            return None
        context = self._view.context
        symbols = self.embedding[:, : int(context.get("classes") or context.get("modulus") or 10**9)]
        return symbols if 3 <= symbols.shape[1] <= _MOST_SYMBOLS else None

    @cached_property
    def ordered_symbols(self) -> Tensor | None:
        """The same where the task gives them an order."""
        return self.symbols if self._view.context.get("task_family") in _ORDERED else None

    @cached_property
    def _last_layers(self) -> dict[str, Tensor]:
        seen: dict[str, Tensor] = {}
        if self._val_batch is not None:
            with self._view.reading(seen):
                self._view.logits(self._val_batch[0])
        return seen

    @cached_property
    def representation(self) -> Tensor | None:
        """What the output layer reads on validation samples; too few values have no spectrum."""
        read = self._last_layers.get("representation")
        return read if read is not None and min(read.shape[1:]) >= 2 else None

    @cached_property
    def hidden(self) -> Tensor | None:
        """Hidden units on validation samples. A functional ReLU is not seen; what it hands to the output layer is."""
        read = self._last_layers.get("representation")
        return self._last_layers.get("hidden", read if read is not None and _is_rectified(read) else None)

    @cached_property
    def _train_batch(self) -> tuple[Any, Tensor | None] | None:
        return None if self._view.train is None else self._view.some(self._view.train, self._samples)

    @cached_property
    def train_logits(self) -> Tensor | None:
        """Of training samples."""
        return (
            None if self._train_batch is None else self._view.logits(self._train_batch[0], labels=self._train_batch[1])
        )

    @cached_property
    def _train_labels(self) -> Tensor | None:
        if self._train_batch is None or self.train_logits is None or self.train_logits.shape[-1] < 2:
            return None
        return _labels(self._train_batch[1], self.train_logits)

    @cached_property
    def margins(self) -> Tensor | None:
        """Of training samples, where they have labels."""
        if self.train_logits is None or self._train_labels is None:
            return None
        return fit.margins(self.train_logits, self._train_labels.clamp_min(0))

    @cached_property
    def margin_mask(self) -> Tensor | None:
        """1 where a training sample has a label: -100 and the like have none."""
        return None if self._train_labels is None else (self._train_labels >= 0).float()

    @cached_property
    def _val_batch(self) -> tuple[Any, Tensor | None] | None:
        return None if self._view.val is None else self._view.some(self._view.val, self._samples)

    @cached_property
    def labels(self) -> Tensor | None:
        """Of validation samples, where each logit has one."""
        if self._val_batch is None or self._val_batch[1] is None:
            return None
        known = _labels(self._val_batch[1], self._view.logits(self._val_batch[0], labels=self._val_batch[1]))
        return None if known is None or bool((known < 0).any()) else known

    @cached_property
    def logits_with(self) -> robustness.LogitsWith | None:
        """The network on validation samples with dropout, with its own parameters."""
        if self._val_batch is None:
            return None
        view, (inputs, labels) = self._view, self._val_batch

        def dropped(_: dict[str, Tensor], rate: float, generator: torch.Generator) -> Tensor:
            with view.dropping(rate, generator):
                return view.logits(inputs, labels=labels)

        return dropped

    @cached_property
    def logits_of(self) -> robustness.LogitsOf | None:
        """The network on validation samples with other parameters."""
        if self._val_batch is None:
            return None
        view, (inputs, labels) = self._view, self._val_batch
        return lambda parameters: view.logits(inputs, parameters, labels)


def _labels(labels: Tensor | None, logits: Tensor) -> Tensor | None:
    """Return class labels of shape (1, n_samples); None where these are no such labels."""
    if labels is None or labels.is_floating_point() or labels.numel() != logits.shape[1]:
        return None
    return labels.reshape(1, -1).to(logits.device).long()


def _is_rectified(values: Tensor) -> bool:
    return bool((values >= 0).all() and (values == 0).any())
