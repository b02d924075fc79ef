"""The vocabulary of signals: what a trajectory may hold, one row a signal.

A signal is one number recorded at a checkpoint. Whatever needs to know something of a signal reads it here: the generator
and the Monitor what to measure and when, the readers its range and split, the features how its curve is read.
`docs/signals.md` is written from this table (a test compares them), and it is the order in which signals are stored and
shown.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["loss", "accuracy", "norm", "share", "scale", "size", "margin", "mean"]
Split = Literal["train", "val"]
Probe = Literal["training", "validation", "weights", "embedding", "dropout", "robustness", "circuit", "landscape"]
Cost = Literal["low", "high", "highest"]


@dataclass(frozen=True)
class Signal:
    """One recordable metric.

    Attributes
    ----------
    name : its column in a history.
    text : what it is, in a phrase.
    source : who proposed it.
    range : lowest and highest value; None where unbounded.
    kind : how its values are read. `loss`, `accuracy` and `norm` are what people log themselves; the others are measured on
        the inside of a network. `share`: a coefficient. `scale`: a positive quantity that means the same in every network.
        `size`: one that depends on the network's width or depth, so that only its relative changes compare. `margin`: of
        either sign and any size. `mean`: of either sign, about zero.
    split : the samples that it is measured on; None where it is read off the weights or the gradient.
    probe : what is run to measure it; signals of one probe share its cost.
    cost : `low`: measured at every checkpoint; `high`: runs the network about ten times; `highest`: some twenty times.
    """

    name: str
    text: str
    source: str
    range: tuple[float | None, float | None]
    kind: Kind
    split: Split | None
    probe: Probe
    cost: Cost = "low"


_ANY = (None, None)
_POSITIVE = (0.0, None)
_SHARE = (0.0, 1.0)

_LIU = "Liu et al., arXiv 2210.01117"
_LI_SAKIB = "Li & Sakib (ECE 826), "
_SALAH = "Salah & Yevick, arXiv 2507.11645, "
_GOLECHHA = "Golechha, arXiv 2405.12755, "
_FOURIER = "Nanda et al., arXiv 2301.05217"
_LOGITS = "arXiv 2606.18465"
_SPECTRA = "arXiv 2604.13123"
_HEADS = "arXiv 2605.20441"
_FOLKLORE = "folklore baseline"

_TABLE = (
    Signal("train_loss", "mean loss on the training split", "all", _ANY, "loss", "train", "training"),
    Signal("train_acc", "accuracy on the training split", "all", _SHARE, "accuracy", "train", "training"),
    Signal("val_loss", "mean loss on the validation split", "all", _ANY, "loss", "val", "validation"),
    Signal("val_acc", "accuracy on the validation split", "all", _SHARE, "accuracy", "val", "validation"),
    Signal("weight_norm", "L2 norm of all weights", _LIU, _POSITIVE, "norm", None, "weights"),
    Signal("weight_norm_embedding", "L2 norm of the embedding", _LI_SAKIB + "3.4", _POSITIVE, "norm", None, "weights"),
    Signal(
        "weight_norm_attention",
        "L2 norm of the Q, K and V matrices together",
        _LI_SAKIB + "3.4",
        _POSITIVE,
        "norm",
        None,
        "weights",
    ),
    Signal("weight_norm_hidden", "L2 norm of the hidden layers", _LI_SAKIB + "3.4", _POSITIVE, "norm", None, "weights"),
    Signal("weight_norm_output", "L2 norm of the output layer", _LI_SAKIB + "3.4", _POSITIVE, "norm", None, "weights"),
    Signal("grad_norm", "L2 norm of the last gradient", _FOLKLORE, _POSITIVE, "norm", None, "weights"),
    Signal("update_norm", "L2 norm of the last parameter change", _FOLKLORE, _POSITIVE, "norm", None, "weights"),
    Signal(
        "dropout_acc_mean",
        "mean validation accuracy over stochastic passes with dropout 0.3, weights held",
        _SALAH + "3.1",
        _SHARE,
        "share",
        "val",
        "dropout",
        "high",
    ),
    Signal(
        "dropout_acc_var",
        "variance of validation accuracy over the same passes",
        _SALAH + "3.1",
        _POSITIVE,
        "scale",
        "val",
        "dropout",
        "high",
    ),
    Signal(
        "drc_auc",
        "area under the dropout robustness curve, rates 0.0 to 0.9",
        _SALAH + "3.1",
        _SHARE,
        "share",
        "val",
        "robustness",
        "high",
    ),
    Signal(
        "drc_half",
        "dropout rate at which validation accuracy has halved",
        _SALAH + "3.1",
        _SHARE,
        "share",
        "val",
        "robustness",
        "high",
    ),
    Signal(
        "embedding_cos_mean",
        "mean off-diagonal cosine similarity of embedding vectors",
        _SALAH + "3.2",
        _ANY,
        "mean",
        None,
        "embedding",
    ),
    Signal(
        "embedding_cos_std",
        "standard deviation of the same similarities",
        _SALAH + "3.2",
        _POSITIVE,
        "scale",
        None,
        "embedding",
    ),
    Signal(
        "embedding_cos_structure",
        "share of their variance explained by codiagonal means",
        _SALAH + "3.2",
        _ANY,
        "share",
        None,
        "embedding",
    ),
    Signal("embedding_mean", "mean of the embedding values", _SALAH + "3.3", _ANY, "mean", None, "embedding"),
    Signal(
        "embedding_std",
        "standard deviation of the embedding values",
        _SALAH + "3.3",
        _POSITIVE,
        "size",
        None,
        "embedding",
    ),
    Signal(
        "embedding_bimodality",
        "Sarle's bimodality coefficient of the embedding values",
        _SALAH + "3.2",
        _ANY,
        "share",
        None,
        "embedding",
    ),
    Signal(
        "embedding_effective_rank",
        "exponential entropy of the embedding's normalised singular values",
        _SPECTRA,
        _POSITIVE,
        "size",
        None,
        "embedding",
    ),
    Signal(
        "embedding_fourier_gini",
        "Gini coefficient of the embedding's Fourier power",
        _FOURIER,
        _ANY,
        "share",
        None,
        "embedding",
    ),
    Signal("weight_mean_hidden", "mean of the hidden weights", _SALAH + "3.3", _ANY, "mean", None, "weights"),
    Signal(
        "weight_std_hidden",
        "standard deviation of the hidden weights",
        _SALAH + "3.3",
        _POSITIVE,
        "size",
        None,
        "weights",
    ),
    Signal("weight_mean_output", "mean of the output weights", _SALAH + "3.3", _ANY, "mean", None, "weights"),
    Signal(
        "weight_std_output",
        "standard deviation of the output weights",
        _SALAH + "3.3",
        _POSITIVE,
        "size",
        None,
        "weights",
    ),
    Signal(
        "inactive_frac",
        "share of hidden ReLU units that are zero on a sample, averaged",
        _SALAH + "3.4",
        _SHARE,
        "share",
        "val",
        "validation",
    ),
    Signal(
        "dead_frac",
        "share of hidden ReLU units that are zero on every sample",
        _SALAH + "3.4",
        _SHARE,
        "share",
        "val",
        "validation",
    ),
    Signal(
        "activation_sparsity",
        "share of activations below a threshold tau",
        _GOLECHHA + "4.1",
        _SHARE,
        "share",
        "val",
        "validation",
    ),
    Signal("weight_entropy", "minus the sum of abs(w) log abs(w)", _GOLECHHA + "4.2", _ANY, "size", None, "weights"),
    Signal(
        "circuit_complexity",
        "KL divergence of the outputs with 10 % of weights zeroed, per sample",
        _GOLECHHA + "4.3",
        _ANY,
        "scale",
        "val",
        "circuit",
        "high",
    ),
    Signal("logit_scale", "mean absolute logit", _LOGITS, _POSITIVE, "scale", "train", "training"),
    Signal(
        "margin_q10",
        "10 % quantile of the correct logit minus the best other",
        _LOGITS,
        _ANY,
        "margin",
        "train",
        "training",
    ),
    Signal(
        "margin_q50", "median of the correct logit minus the best other", _LOGITS, _ANY, "margin", "train", "training"
    ),
    Signal(
        "attention_entropy_std",
        "spread of attention entropy over heads",
        _HEADS,
        _POSITIVE,
        "size",
        "val",
        "validation",
    ),
    Signal(
        "attention_similarity",
        "mean cosine similarity of attention patterns",
        _HEADS,
        _ANY,
        "share",
        "val",
        "validation",
    ),
    Signal(
        "representation_entropy",
        "spectral entropy of the penultimate covariance",
        _SPECTRA,
        _ANY,
        "share",
        "val",
        "validation",
    ),
    Signal(
        "landscape_ruggedness",
        "roughness of the loss along random filter-normalised directions",
        _LI_SAKIB + "3.3",
        _ANY,
        "size",
        "train",
        "landscape",
        "highest",
    ),
)

SIGNALS: dict[str, Signal] = {signal.name: signal for signal in _TABLE}


def signal_names(
    *kinds: Kind, split: Split | None = None, probe: Probe | None = None, cost: Cost | None = None
) -> tuple[str, ...]:
    """Return the names of the signals of these kinds (of any without), and of a split, a probe and a cost if given."""
    return tuple(
        s.name
        for s in _TABLE
        if (not kinds or s.kind in kinds)
        and split in (None, s.split)
        and probe in (None, s.probe)
        and cost in (None, s.cost)
    )


def markdown_table() -> str:
    """Return the vocabulary as the table that stands in docs/signals.md."""
    rows = [f"| `{s.name}` | {s.text} | {_range(s)} | {s.source} |" for s in _TABLE]
    return "\n".join(["| signal | meaning | range | source |", "|---|---|---|---|", *rows])


def _range(signal: Signal) -> str:
    low, high = ("" if limit is None else f"{limit:g}" for limit in signal.range)
    return f"{low} to {high}".strip() if high else (f">= {low}" if low else "any")
