"""Which signals are read off a stack at a checkpoint. Cheap ones at each; those that run the network again, seldom."""

import math
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from training_runs.generator.networks import Activations
from training_runs.generator.networks.noise import ProbingDropout
from training_runs.generator.probes import Checkpoint, fit
from training_runs.generator.probes.figure_arrays import figure_arrays
from training_runs.generator.samples import Batch
from training_runs.generator.stack import Stack
from training_runs.signals import Cost, signal_names
from training_runs.tasks import family_of

# How often signals are measured that run the network again, from step 100, unless a config says otherwise. The landscape
# changes slowly.
_PER_DECADE: dict[Cost, int] = {"high": 6, "highest": 2}
_FROM_STEP = 100


@torch.no_grad()
def cheap_signals(stack: Stack, before: Tensor) -> dict[str, Tensor]:
    """Return the signals of one pass over both splits, and those of the weights; shape (n_runs,) each.

    `before` holds the parameters one step ago, as a flat tensor.
    """
    return StackCheckpoint(stack, before=before).measured(signal_names(cost="low"))


@torch.no_grad()
def expensive_signals(stack: Stack, step: int, previous: int) -> dict[str, Tensor]:
    """Return the signals that run the network again, if any is due at this checkpoint; shape (n_runs,) each."""
    every = stack.configs[0].probe_every
    due = [cost for cost in _PER_DECADE if _is_due(cost, step, previous, every)]
    return StackCheckpoint(stack, step).measured([name for cost in due for name in signal_names(cost=cost)])


@torch.no_grad()
def arrays_of_figures(stack: Stack, step: int, previous: int) -> list[dict[str, Any]]:
    """Return what figures are drawn from, one object a run; none where it is not asked for or not due."""
    config = stack.configs[0]
    if not config.probe_arrays or not _is_due("highest", step, previous, config.probe_every):
        return []
    return figure_arrays(StackCheckpoint(stack, step))


def _is_due(cost: Cost, step: int, previous: int, every: int | None) -> bool:
    """Return True if a point of a grid has been passed since the previous checkpoint."""
    if every is not None:
        return step // every > previous // every
    per_decade = _PER_DECADE[cost]

    def passed(at: int) -> int:
        return math.floor(per_decade * math.log10(max(at, 1)) + 1e-9)

    return step >= _FROM_STEP and passed(step) > passed(max(previous, _FROM_STEP - 1))


class StackCheckpoint(Checkpoint):
    """A stack in training, as probes see it."""

    def __init__(self, stack: Stack, step: int = 0, before: Tensor | None = None) -> None:
        self.step = step
        self._stack = stack
        self._config = stack.configs[0]  # runs of one stack are looked at in one way
        self.passes = self._config.probe_passes
        self.gradient = stack.blocks(stack.gradient)
        self.update = None if before is None else stack.blocks(stack.flat - before)
        self.train_weight, self.val_weight = stack.train.weight, stack.val.weight
        self.margin_mask = (stack.train.weight > 0).float()
        self.chance = 1.0 / self._config.classes

    @cached_property
    def parameters(self) -> dict[str, Tensor]:
        """Of the runs now in the stack."""
        return self._stack.parameters

    @cached_property
    def _seen(self) -> Activations:
        return self._stack.forward(self.parameters, self._stack.train.inputs)

    @cached_property
    def _unseen(self) -> Activations:
        return self._stack.forward(self.parameters, self._stack.val.inputs)

    @cached_property
    def train_losses(self) -> Tensor:
        """Of each training sample."""
        return self._stack.losses(self._seen.logits, self._stack.train.labels)

    @cached_property
    def train_hits(self) -> Tensor:
        """1 where a training sample is answered right."""
        return fit.hits(self._seen.logits, self._stack.train.labels)

    @cached_property
    def val_losses(self) -> Tensor:
        """Of each validation sample."""
        return self._stack.losses(self._unseen.logits, self._stack.val.labels)

    @cached_property
    def val_hits(self) -> Tensor:
        """1 where a validation sample is answered right."""
        return fit.hits(self._unseen.logits, self._stack.val.labels)

    @cached_property
    def margins(self) -> Tensor:
        """Of each training sample."""
        return fit.margins(self._seen.logits, self._stack.train.labels)

    # Without the rows that pad shorter splits: what is read off a run must not depend on its stack.

    @cached_property
    def train_logits(self) -> Tensor:
        """Of some training samples."""
        return self._seen.logits[self._stack.train.first_rows(self._config.probe_samples)]

    @cached_property
    def hidden(self) -> Tensor | None:
        """Units on some samples of the split that is read."""
        return self._some(self._probed.hidden)

    @cached_property
    def states(self) -> Tensor | None:
        """Units without a ReLU on them."""
        return self._some(self._probed.states)

    @cached_property
    def representation(self) -> Tensor | None:
        """What the output layer reads on them."""
        return self._some(self._probed.representation)

    @cached_property
    def attention(self) -> Tensor | None:
        """Of the answer's position on them."""
        return self._some(self._probed.attention)

    @property
    def _probed(self) -> Activations:
        return self._seen if self._config.probe_split == "train" else self._unseen

    def _some(self, of_split: Tensor | None) -> Tensor | None:
        split = self._stack.train if self._config.probe_split == "train" else self._stack.val
        return None if of_split is None else of_split[split.first_rows(self._config.probe_samples)]

    @cached_property
    def embedding(self) -> Tensor | None:
        """The whole table."""
        return self.parameters.get("embedding", self.parameters.get("embedding_symbol"))

    @cached_property
    def symbols(self) -> Tensor | None:
        """The rows without the transformer's sign; words of reviews have no order to find structure in."""
        if self.embedding is None or not family_of(self._config.task_family).is_of_pairs:
            return None
        return self.embedding[:, : self._config.classes]

    @cached_property
    def ordered_symbols(self) -> Tensor | None:
        """The same: both of these task families are groups."""
        return self.symbols

    @cached_property
    def _val_batch(self) -> Batch:
        return self._stack.val.first(self._config.probe_samples)

    @cached_property
    def _train_batch(self) -> Batch:
        return self._stack.train.first(self._config.probe_samples)

    @cached_property
    def labels(self) -> Tensor:
        """Of some validation samples."""
        return self._val_batch.labels

    def logits_of(self, parameters: dict[str, Tensor]) -> Tensor:
        """Run the networks with other parameters."""
        return self._stack.forward(parameters, self._val_batch.inputs).logits

    def logits_with(self, parameters: dict[str, Tensor], rate: float, generator: torch.Generator) -> Tensor:
        """Run the networks with dropout."""
        noise = ProbingDropout(rate, generator)
        return self._stack.forward(parameters, self._val_batch.inputs, noise).logits

    def loss_of(self, parameters: dict[str, Tensor]) -> Tensor:
        """Return the loss of each run with other parameters."""
        batch = self._train_batch
        return self._stack.losses(self._stack.forward(parameters, batch.inputs).logits, batch.labels).mean(1)
