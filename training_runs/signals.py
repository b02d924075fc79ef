"""The vocabulary of signals: what a trajectory may hold, as data.

A signal is one number recorded at a checkpoint. `docs/signals.md` is written from this table (a test compares them),
and it is the order in which signals are stored and shown.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """One recordable metric: its name, what it means, who proposed it, and the range it must stay in."""

    name: str
    meaning: str
    source: str
    low: float | None = None
    high: float | None = None


_LI_SAKIB = "Li & Sakib (ECE 826), 3.4"
_SALAH = "Salah & Yevick, arXiv 2507.11645, "
_GOLECHHA = "Golechha, arXiv 2405.12755, "

_TABLE = (
    Signal("train_loss", "mean loss on the training split", "all"),
    Signal("train_acc", "accuracy on the training split", "all", 0.0, 1.0),
    Signal("val_loss", "mean loss on the validation split", "all"),
    Signal("val_acc", "accuracy on the validation split", "all", 0.0, 1.0),
    Signal("weight_norm", "L2 norm of all weights", "Liu et al., arXiv 2210.01117", 0.0),
    Signal("weight_norm_embedding", "L2 norm of the embedding", _LI_SAKIB, 0.0),
    Signal("weight_norm_attention", "L2 norm of the Q, K and V matrices together", _LI_SAKIB, 0.0),
    Signal("weight_norm_hidden", "L2 norm of the hidden layers", _LI_SAKIB, 0.0),
    Signal("weight_norm_output", "L2 norm of the output layer", _LI_SAKIB, 0.0),
    Signal("grad_norm", "L2 norm of the last gradient", "folklore baseline", 0.0),
    Signal("update_norm", "L2 norm of the last parameter change", "folklore baseline", 0.0),
    Signal(
        "dropout_acc_mean",
        "mean validation accuracy over stochastic passes with dropout 0.3, weights held",
        _SALAH + "3.1",
        0.0,
        1.0,
    ),
    Signal("dropout_acc_var", "variance of validation accuracy over the same passes", _SALAH + "3.1", 0.0),
    Signal("drc_auc", "area under the dropout robustness curve, rates 0.0 to 0.9", _SALAH + "3.1", 0.0, 1.0),
    Signal("drc_half", "dropout rate at which validation accuracy has halved", _SALAH + "3.1", 0.0, 1.0),
    Signal("embedding_cos_mean", "mean off-diagonal cosine similarity of embedding vectors", _SALAH + "3.2"),
    Signal("embedding_cos_std", "standard deviation of the same similarities", _SALAH + "3.2", 0.0),
    Signal("embedding_cos_structure", "share of their variance explained by codiagonal means", _SALAH + "3.2"),
    Signal("embedding_mean", "mean of the embedding values", _SALAH + "3.3"),
    Signal("embedding_std", "standard deviation of the embedding values", _SALAH + "3.3", 0.0),
    Signal("embedding_bimodality", "Sarle's bimodality coefficient of the embedding values", _SALAH + "3.2"),
    Signal("weight_mean_hidden", "mean of the hidden weights", _SALAH + "3.3"),
    Signal("weight_std_hidden", "standard deviation of the hidden weights", _SALAH + "3.3", 0.0),
    Signal("weight_mean_output", "mean of the output weights", _SALAH + "3.3"),
    Signal("weight_std_output", "standard deviation of the output weights", _SALAH + "3.3", 0.0),
    Signal("inactive_frac", "share of hidden ReLU units that are zero on a sample, averaged", _SALAH + "3.4", 0.0, 1.0),
    Signal("dead_frac", "share of hidden ReLU units that are zero on every sample", _SALAH + "3.4", 0.0, 1.0),
    Signal("activation_sparsity", "share of activations below a threshold tau", _GOLECHHA + "4.1", 0.0, 1.0),
    Signal("weight_entropy", "minus the sum of abs(w) log abs(w)", _GOLECHHA + "4.2"),
    Signal(
        "circuit_complexity", "KL divergence of the outputs with 10 % of weights zeroed, per sample", _GOLECHHA + "4.3"
    ),
    Signal("logit_scale", "mean absolute logit", "arXiv 2606.18465", 0.0),
    Signal("margin_q10", "10 % quantile of the correct logit minus the best other", "arXiv 2606.18465"),
    Signal("margin_q50", "median of the correct logit minus the best other", "arXiv 2606.18465"),
    Signal(
        "embedding_effective_rank",
        "exponential entropy of the embedding's normalised singular values",
        "arXiv 2604.13123",
        0.0,
    ),
    Signal("representation_entropy", "spectral entropy of the penultimate covariance", "arXiv 2604.13123"),
    Signal(
        "embedding_fourier_gini", "Gini coefficient of the embedding's Fourier power", "Nanda et al., arXiv 2301.05217"
    ),
    Signal("attention_entropy_std", "spread of attention entropy over heads", "arXiv 2605.20441", 0.0),
    Signal("attention_similarity", "mean cosine similarity of attention patterns", "arXiv 2605.20441"),
    Signal(
        "landscape_ruggedness",
        "roughness of the loss along random filter-normalised directions",
        "Li & Sakib (ECE 826), 3.3",
    ),
)

SIGNALS: dict[str, Signal] = {signal.name: signal for signal in _TABLE}


def markdown_table() -> str:
    """Return the vocabulary as the table that stands in docs/signals.md."""
    rows = [f"| `{s.name}` | {s.meaning} | {_range(s)} | {s.source} |" for s in _TABLE]
    return "\n".join(["| signal | meaning | range | source |", "|---|---|---|---|", *rows])


def _range(signal: Signal) -> str:
    low = "" if signal.low is None else f"{signal.low:g}"
    high = "" if signal.high is None else f"{signal.high:g}"
    return f"{low} to {high}".strip() if high else (f">= {low}" if low else "any")
