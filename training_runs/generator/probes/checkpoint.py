"""What probes read of a stack of networks at a checkpoint, and the signals that they find there."""

from collections.abc import Collection
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from training_runs.generator.probes import robustness, weights
from training_runs.generator.probes.registry import MEASURES
from training_runs.signals import SIGNALS

Parameters = dict[str, Tensor]


class Checkpoint:
    """The networks of a stack, as probes see them; each part is computed when it is first read.

    Sub-classes have those of these attributes that they can give; None, or an attribute that is not there: the networks
    have no such thing.

    Attributes
    ----------
    step : of the checkpoint; it seeds what probes draw, so that a run sees the same masks at the same step in any stack.
    parameters, gradient, update : name -> (n_runs, *shape); the first word of a name is its layer group. The update is the
        last change of the parameters.
    train_losses, train_hits, val_losses, val_hits : of each sample, (n_runs, n_samples).
    train_weight, val_weight : of each sample, (n_runs, n_samples); sums to 1 over a run's samples, 0 for rows that pad.
    train_logits : of some training samples, (n_runs, n_samples, n_classes).
    margins, margin_mask : the margin of each training sample and 1 where it counts, (n_runs, n_samples).
    hidden, representation : of some validation samples: hidden units after their ReLU, and what the output layer reads,
        (n_runs, n_samples, n_units).
    states : of the same, hidden units without a ReLU, as an LSTM has.
    attention : of the same, (n_runs, n_samples, n_layers, n_heads, n_tokens).
    embedding : the whole table, (n_runs, n_symbols, width).
    symbols : its rows that are symbols of the task; `ordered_symbols` : where these are in the order of a group operation.
    logits_of, logits_with, labels : the networks again on some validation samples, whose labels are (n_runs, n_samples).
    loss_of : the same on some training samples.
    passes : how often the networks are run with units or weights switched off.
    chance : the accuracy of a blind guess; 0 where it is not known.
    """

    step: int
    passes: int = robustness.PASSES

    @cached_property
    def parameters(self) -> Parameters:
        """All of them, by name."""
        raise NotImplementedError

    def measured(self, names: Collection[str]) -> dict[str, Tensor]:
        """Return those of some signals that the networks have, shape (n_runs,) each.

        Measured in the order of the vocabulary, for the probes that draw masks draw one after the other.
        """
        found: dict[str, Tensor] = {}
        for measure in sorted(MEASURES, key=lambda m: _PLACE[m.signals[0]]):
            if set(names).isdisjoint(measure.signals):
                continue
            read = [self._part(name) for name in measure.reads]
            if any(value is None for value in read):
                continue
            values = measure.function(*read)
            found |= zip(measure.signals, values if len(measure.signals) > 1 else (values,), strict=True)
        return {name: value for name, value in found.items() if name in names}

    def _part(self, name: str) -> Any:
        return getattr(self, name) if name in vars(self) or hasattr(type(self), name) else None

    @cached_property
    def sizes(self) -> Tensor | None:
        """The sizes of hidden activations: after a ReLU they are not negative."""
        hidden: Tensor | None = self._part("hidden")
        states: Tensor | None = self._part("states")
        return hidden if states is None else states.abs()

    @cached_property
    def matrices(self) -> Parameters | None:
        """The weight matrices of all groups."""
        return weights.matrices(self.parameters) or None

    @cached_property
    def embedding_parameters(self) -> Parameters | None:
        """The parameters of the layer group."""
        return weights.of_group(self.parameters, "embedding") or None

    @cached_property
    def attention_parameters(self) -> Parameters | None:
        """The parameters of the layer group."""
        return weights.of_group(self.parameters, "attention") or None

    @cached_property
    def hidden_parameters(self) -> Parameters | None:
        """The parameters of the layer group."""
        return weights.of_group(self.parameters, "hidden") or None

    @cached_property
    def output_parameters(self) -> Parameters | None:
        """The parameters of the layer group."""
        return weights.of_group(self.parameters, "output") or None

    @cached_property
    def hidden_matrices(self) -> Parameters | None:
        """The weight matrices of the layer group."""
        return weights.matrices(self.hidden_parameters or {}) or None

    @cached_property
    def output_matrices(self) -> Parameters | None:
        """The weight matrices of the layer group."""
        return weights.matrices(self.output_parameters or {}) or None

    @cached_property
    def masks(self) -> torch.Generator:
        """Where probes draw the units and weights that they switch off."""
        return torch.Generator().manual_seed(self.step)

    @cached_property
    def directions(self) -> torch.Generator:
        """Where the landscape's directions are drawn."""
        return torch.Generator().manual_seed(self.step)

    @cached_property
    def robustness_curve(self) -> Tensor | None:
        """Validation accuracy by dropout rate, (n_runs, n_rates)."""
        logits_with, labels = self._part("logits_with"), self._part("labels")
        if logits_with is None or labels is None:
            return None
        return robustness.robustness_curve(logits_with, self.parameters, labels, self.masks)


_PLACE = {name: k for k, name in enumerate(SIGNALS)}
