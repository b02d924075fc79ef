"""Which signals are read off a stack at a checkpoint. Cheap ones at each; those that run the network again, seldom."""

import math

import torch
from torch import Tensor

from training_runs.generator.networks.noise import ProbingDropout
from training_runs.generator.probes import (
    activations,
    attention,
    embedding,
    fit,
    landscape,
    robustness,
    weights,
)
from training_runs.generator.stack import Stack

# Of the validation split, for signals of hidden units; also for those that run the network again.
_SAMPLES = 256
# Signals that run the network again: about 6 a decade from step 100.
_PER_DECADE = 6
_FROM_STEP = 100
# The landscape costs the most and changes slowly.
_LANDSCAPE_PER_DECADE = 2


@torch.no_grad()
def cheap_signals(stack: Stack, before: Tensor) -> dict[str, Tensor]:
    """Return the signals of one pass over both splits, and those of the weights; shape (n_runs,) each.

    `before` holds the parameters one step ago, as a flat tensor.
    """
    parameters = stack.parameters
    seen = stack.forward(parameters, stack.train.inputs)
    unseen = stack.forward(parameters, stack.val.inputs)
    # Without the rows that pad shorter splits: what is read off a run must not depend on its stack.
    some, some_seen = stack.val.first_rows(_SAMPLES), stack.train.first_rows(_SAMPLES)
    margins = fit.margins(seen.logits, stack.train.labels)
    in_train = (stack.train.weight > 0).float()
    hidden_mean, hidden_std = weights.moments(parameters, "hidden")
    output_mean, output_std = weights.moments(parameters, "output")
    return {
        **_fit(stack, seen.logits, unseen.logits),
        "weight_norm": weights.norm(parameters),
        **weights.group_norms(parameters),
        "grad_norm": weights.norm(stack.blocks(stack.gradient)),
        "update_norm": weights.norm(stack.blocks(stack.flat - before)),
        "weight_mean_hidden": hidden_mean,
        "weight_std_hidden": hidden_std,
        "weight_mean_output": output_mean,
        "weight_std_output": output_std,
        "weight_entropy": weights.weight_entropy(parameters),
        "logit_scale": fit.logit_scale(seen.logits[some_seen]),
        "margin_q10": fit.masked_quantile(margins, in_train, 0.1),
        "margin_q50": fit.masked_quantile(margins, in_train, 0.5),
        **_embedding(stack),
        **_units(None if unseen.hidden is None else unseen.hidden[some]),
        "representation_entropy": activations.representation_entropy(unseen.representation[some]),
        **_attention(None if unseen.attention is None else unseen.attention[some]),
    }


@torch.no_grad()
def expensive_signals(stack: Stack, step: int, previous: int) -> dict[str, Tensor]:
    """Return the signals that run the network again, if any is due at this checkpoint; shape (n_runs,) each."""
    signals: dict[str, Tensor] = {}
    if _is_due(step, previous, _PER_DECADE):
        signals |= _robustness(stack, torch.Generator().manual_seed(step))
    if _is_due(step, previous, _LANDSCAPE_PER_DECADE):
        signals["landscape_ruggedness"] = _landscape(stack, torch.Generator().manual_seed(step))
    return signals


def _is_due(step: int, previous: int, per_decade: int) -> bool:
    """Say whether a point of a log-spaced grid has been passed since the previous checkpoint."""

    def passed(at: int) -> int:
        return math.floor(per_decade * math.log10(max(at, 1)) + 1e-9)

    return step >= _FROM_STEP and passed(step) > passed(max(previous, _FROM_STEP - 1))


def _fit(stack: Stack, seen: Tensor, unseen: Tensor) -> dict[str, Tensor]:
    train, val = stack.train, stack.val
    return {
        "train_loss": (stack.losses(seen, train.labels) * train.weight).sum(1),
        "train_acc": (fit.hits(seen, train.labels) * train.weight).sum(1),
        "val_loss": (stack.losses(unseen, val.labels) * val.weight).sum(1),
        "val_acc": (fit.hits(unseen, val.labels) * val.weight).sum(1),
    }


def _embedding(stack: Stack) -> dict[str, Tensor]:
    """Return the signals of the embedding of symbols; words of reviews have no order to find structure in."""
    table = stack.parameters.get("embedding", stack.parameters.get("embedding_symbol"))
    if table is None:
        return {}
    moments = {"embedding_mean": embedding.mean(table), "embedding_std": embedding.std(table)}
    if stack.configs[0].task_family not in ("modular", "permutation"):
        return moments
    symbols = table[:, : stack.configs[0].classes]  # without the transformer's sign
    return {
        **moments,
        "embedding_bimodality": embedding.bimodality(symbols),
        "embedding_cos_mean": embedding.cos_mean(symbols),
        "embedding_cos_std": embedding.cos_std(symbols),
        "embedding_cos_structure": embedding.cos_structure(symbols),
        "embedding_effective_rank": embedding.effective_rank(symbols),
        "embedding_fourier_gini": embedding.fourier_gini(symbols),
    }


def _units(hidden: Tensor | None) -> dict[str, Tensor]:
    if hidden is None:
        return {}
    return {
        "inactive_frac": activations.inactive_frac(hidden),
        "dead_frac": activations.dead_frac(hidden),
        "activation_sparsity": activations.activation_sparsity(hidden),
    }


def _attention(pattern: Tensor | None) -> dict[str, Tensor]:
    if pattern is None:
        return {}
    return {
        "attention_entropy_std": attention.attention_entropy_std(pattern),
        "attention_similarity": attention.attention_similarity(pattern),
    }


def _robustness(stack: Stack, generator: torch.Generator) -> dict[str, Tensor]:
    batch = stack.val.first(_SAMPLES)

    def logits_with(parameters: dict[str, Tensor], rate: float, g: torch.Generator) -> Tensor:
        return stack.forward(parameters, batch.inputs, ProbingDropout(rate, g)).logits

    def logits_of(parameters: dict[str, Tensor]) -> Tensor:
        return stack.forward(parameters, batch.inputs).logits

    chance = 1.0 / stack.configs[0].classes
    mean, variance = robustness.dropout_accuracy(logits_with, stack.parameters, batch.labels, generator)
    curve = robustness.robustness_curve(logits_with, stack.parameters, batch.labels, generator)
    return {
        "dropout_acc_mean": mean,
        "dropout_acc_var": variance,
        "drc_auc": robustness.drc_auc(curve),
        "drc_half": robustness.drc_half(curve, chance=chance),
        "circuit_complexity": robustness.circuit_complexity(logits_of, stack.parameters, generator),
    }


def _landscape(stack: Stack, generator: torch.Generator) -> Tensor:
    batch = stack.train.first(_SAMPLES)

    def loss_of(parameters: dict[str, Tensor]) -> Tensor:
        logits = stack.forward(parameters, batch.inputs).logits
        return stack.losses(logits, batch.labels).mean(1)

    return landscape.ruggedness(loss_of, stack.parameters, generator)
