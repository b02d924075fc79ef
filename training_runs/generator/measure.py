"""Which signals are read off a stack at a checkpoint. Cheap ones at each; those that run the network again, seldom."""

import math
from functools import cached_property

import torch
from torch import Tensor

from training_runs.generator.networks import Activations
from training_runs.generator.networks.noise import ProbingDropout
from training_runs.generator.probes import Checkpoint, fit
from training_runs.generator.samples import Batch
from training_runs.generator.stack import Stack
from training_runs.signals import Cost, signal_names
from training_runs.tasks import family_of

# Of a split, for signals of hidden units and logits; also for those that run the network again.
_SAMPLES = 256
# How often signals are measured that run the network again, from step 100. The landscape changes slowly.
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
    due = [cost for cost, per_decade in _PER_DECADE.items() if _is_due(step, previous, per_decade)]
    return StackCheckpoint(stack, step).measured([name for cost in due for name in signal_names(cost=cost)])


def _is_due(step: int, previous: int, per_decade: int) -> bool:
    """Return True if a point of a log-spaced grid has been passed since the previous checkpoint."""

    def passed(at: int) -> int:
        return math.floor(per_decade * math.log10(max(at, 1)) + 1e-9)

    return step >= _FROM_STEP and passed(step) > passed(max(previous, _FROM_STEP - 1))


class StackCheckpoint(Checkpoint):
    """A stack in training, as probes see it."""

    def __init__(self, stack: Stack, step: int = 0, before: Tensor | None = None) -> None:
        self.step = step
        self._stack = stack
        self.gradient = stack.blocks(stack.gradient)
        self.update = None if before is None else stack.blocks(stack.flat - before)
        self.train_weight, self.val_weight = stack.train.weight, stack.val.weight
        self.margin_mask = (stack.train.weight > 0).float()
        self.chance = 1.0 / stack.configs[0].classes

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
        return self._seen.logits[self._stack.train.first_rows(_SAMPLES)]

    @cached_property
    def hidden(self) -> Tensor | None:
        """Units on some validation samples."""
        return self._some(self._unseen.hidden)

    @cached_property
    def representation(self) -> Tensor | None:
        """What the output layer reads on them."""
        return self._some(self._unseen.representation)

    @cached_property
    def attention(self) -> Tensor | None:
        """Of the answer's position on them."""
        return self._some(self._unseen.attention)

    def _some(self, of_val: Tensor | None) -> Tensor | None:
        return None if of_val is None else of_val[self._stack.val.first_rows(_SAMPLES)]

    @cached_property
    def embedding(self) -> Tensor | None:
        """The whole table."""
        return self.parameters.get("embedding", self.parameters.get("embedding_symbol"))

    @cached_property
    def symbols(self) -> Tensor | None:
        """The rows without the transformer's sign; words of reviews have no order to find structure in."""
        config = self._stack.configs[0]
        if self.embedding is None or not family_of(config.task_family).is_of_pairs:
            return None
        return self.embedding[:, : config.classes]

    @cached_property
    def ordered_symbols(self) -> Tensor | None:
        """The same: both of these task families are groups."""
        return self.symbols

    @cached_property
    def _val_batch(self) -> Batch:
        return self._stack.val.first(_SAMPLES)

    @cached_property
    def _train_batch(self) -> Batch:
        return self._stack.train.first(_SAMPLES)

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
