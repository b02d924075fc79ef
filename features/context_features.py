"""The context of a run, as numbers: hyperparameters and sizes, each beside the step where that matters.

A feature is one row of `CONTEXT_FEATURES`: a new one may stand anywhere in it.
"""

from collections.abc import Callable

import numpy as np

from features.operations import separable, symmetric
from features.wording import Wording, flag, measured, number, percentage
from training_runs import Context

# Known where learning rate and weight decay are: what forecasts with a context are told from others by.
CONTEXT_MARKER = "decay_clock"
_LEAST = 1e-4  # stands for zero, which has no logarithm

# By name: what it is in a phrase, its value from the context and the landmark, and the clause for a value.
CONTEXT_FEATURES: dict[str, tuple[str, Callable[[Context, float], float | None], Wording]] = {
    "step": ("log10 of the number of steps so far", lambda c, t: _log(t), measured("the run has had {} steps")),
    "training_clock": (
        "log10 of learning rate x steps",
        lambda c, t: _log(c.learning_rate, t),
        measured("learning rate times steps so far is {}"),
    ),
    "decay_clock": (
        "log10 of learning rate x weight decay x steps",
        lambda c, t: _log(c.learning_rate, c.weight_decay, t),
        measured("learning rate times weight decay times steps so far is {}"),
    ),
    "weight_decay": (
        "log10 of weight decay",
        lambda c, t: _log(c.weight_decay),
        lambda value: f"weight decay is {number(10**value)}{' or less' if value <= np.log10(_LEAST) else ''}",
    ),
    "init_scale": (
        "log10 of the scale of initial weights",
        lambda c, t: _log(c.init_scale),
        measured("the scale of the initial weights is {}"),
    ),
    "train_fraction": (
        "the share of all samples that train",
        lambda c, t: c.train_fraction,
        percentage("the training set is {} of all samples", "plain"),
    ),
    "train_size": (
        "log10 of the number of training samples",
        lambda c, t: _log(c.train_size),
        measured("there are {} training samples"),
    ),
    "modulus": ("log10 of the modulus", lambda c, t: _log(c.modulus), measured("the modulus is {}")),
    "chance": (
        "log10 of chance accuracy",
        lambda c, t: _log(c.chance_accuracy),
        measured("the accuracy of guessing is {}"),
    ),
    "parameters": (
        "log10 of the number of parameters",
        lambda c, t: _log(c.parameters),
        measured("the network has {} parameters"),
    ),
    "samples_per_parameter": (
        "log10 of the number of training samples per parameter",
        lambda c, t: _ratio(c.train_size, c.parameters),
        measured("there are {} training samples for each parameter"),
    ),
    "samples_over_critical": (
        "log10 of the number of training samples over classes to the power of 1.5",
        lambda c, t: _ratio(c.train_size, None if c.classes is None else c.classes**1.5),
        measured("there are {} times as many training samples as the number of classes to the power of 1.5"),
    ),
    "samples_per_class": (
        "log10 of the number of training samples per class",
        lambda c, t: _ratio(c.train_size, c.classes),
        measured("there are {} training samples for each class"),
    ),
    "width": ("log10 of the hidden width", lambda c, t: _log(c.width), measured("the hidden width is {}")),
    "embedding_dim": (
        "log10 of the embedding width",
        lambda c, t: _log(c.embedding_dim),
        measured("the embedding width is {}"),
    ),
    "layers": ("the number of layers", lambda c, t: c.layers, measured("the number of layers is {}", "plain")),
    "batch_share": (
        "log10 of the batch over the training set",
        lambda c, t: _ratio(_batch(c), c.train_size),
        percentage("a batch is {} of the training set"),
    ),
    "decoupled_decay": (
        "weight decay apart from the gradient (AdamW, Muon)",
        lambda c, t: _begins(c.optimizer, "adamw", "muon"),
        flag(
            "the optimiser applies weight decay apart from the gradient (AdamW, Muon)",
            "the optimiser does not apply weight decay apart from the gradient, as AdamW does",
        ),
    ),
    "plain_gradient": (
        "steps in proportion to the gradient (SGD)",
        lambda c, t: _begins(c.optimizer, "sgd"),
        flag("the optimiser is SGD", "the optimiser is not SGD"),
    ),
    "squared_loss": (
        "squared error instead of cross-entropy",
        lambda c, t: _begins(c.loss, "mse"),
        flag("the loss is the squared error", "the loss is not the squared error"),
    ),
    "attention": (
        "the network has attention, as a transformer has",
        lambda c, t: _has(c.architecture, "transformer", "attention", "vit"),
        flag("the network has attention (a transformer)", "the network has no attention"),
    ),
    "recurrent": (
        "the network is recurrent, as an LSTM is",
        lambda c, t: _has(c.architecture, "lstm", "gru", "rnn", "recurrent"),
        flag("the network is recurrent (LSTM, GRU)", "the network is not recurrent"),
    ),
    "dropout": ("the dropout rate", lambda c, t: c.dropout, measured("the dropout rate is {}", "plain")),
    "label_noise": (
        "the share of corrupted labels",
        lambda c, t: c.label_noise,
        percentage("{} of the labels are corrupted", "plain"),
    ),
    "separable": (
        "the operation adds a term of each argument",
        lambda c, t: separable(c.operation),
        flag(
            "the operation adds a term of one argument to a term of the other",
            "the operation is no sum of a term of each argument",
        ),
    ),
    "symmetric": (
        "the operation takes its arguments in either order",
        lambda c, t: symmetric(c.operation),
        flag("the operation takes its arguments in either order", "the order of the operation's arguments matters"),
    ),
}


def _log(*factors: float | None) -> float | None:
    """Return log10 of a product, a thousandth-of-usual floor standing for zero; None where a factor is not known."""
    product = 1.0
    for factor in factors:
        if factor is None:
            return None
        product *= factor
    return float(np.log10(max(product, _LEAST)))


def _begins(word: str | None, *stems: str) -> float | None:
    """Return 1 where a word begins like one of several, else 0: other people's SGD is `sgd_with_nesterov_momentum`."""
    return None if word is None else float(word.startswith(stems))


def _has(word: str | None, *parts: str) -> float | None:
    """Return 1 where a word has one of several in it, else 0: other people's transformers are `decoder_only_transformer`."""
    return None if word is None else float(any(part in word for part in parts))


def _batch(c: Context) -> float | None:
    """Return the samples of a step: a batch is never more than all of them."""
    known = c.batch_size is not None and c.train_size is not None
    return min(c.batch_size or 0, c.train_size or 0) if known else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None else float(np.log10(above / below))
