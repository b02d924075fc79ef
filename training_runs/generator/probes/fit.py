"""How well the logits fit the labels. Logits are (n_runs, n_samples, n_classes), labels (n_runs, n_samples)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training_runs.generator.probes.registry import measures


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each sample, shape (n_runs, n_samples)."""
    flat = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return flat.view(labels.shape)


def squared_errors(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the squared error of each sample against the one-hot label, mean over classes, shape (n_runs, n_samples).

    The loss under which image networks grok: Li & Sakib, section 4, after Liu et al., arXiv 2210.01117.
    """
    target = torch.zeros_like(logits).scatter_(-1, labels[..., None], 1.0)
    return (logits - target).square().mean(-1)


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """Return 1.0 where the largest logit is the label, shape (n_runs, n_samples)."""
    return (logits.argmax(-1) == labels).float()


def margins(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the correct logit minus the best other of each sample, shape (n_runs, n_samples); arXiv 2606.18465."""
    at = labels[..., None]
    best_other = logits.scatter(-1, at, -torch.inf).amax(-1)
    return logits.gather(-1, at).squeeze(-1) - best_other


@measures("logit_scale", reads=("train_logits",))
def logit_scale(logits: Tensor) -> Tensor:
    """Return the mean absolute logit over samples and classes, shape (n_runs,); arXiv 2606.18465."""
    return logits.abs().flatten(1).mean(1)


@measures("train_loss", reads=("train_losses", "train_weight"))
@measures("train_acc", reads=("train_hits", "train_weight"))
@measures("val_loss", reads=("val_losses", "val_weight"))
@measures("val_acc", reads=("val_hits", "val_weight"))
def mean_over(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean of values over the samples of a split, given as weights that sum to 1, of the same shape."""
    return (values * weight).sum(1)


@measures("margin_q10", "margin_q50", reads=("margins", "margin_mask"))
def margin_quantiles(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the 10 % quantile and the median of the margins over a split; arXiv 2606.18465."""
    return masked_quantile(values, mask, 0.1), masked_quantile(values, mask, 0.5)


def masked_quantile(values: Tensor, mask: Tensor, q: float) -> Tensor:
    """Return the q-quantile of values over the samples of a split, given as a 0/1 mask of the same shape.

    Linear between order statistics, as `torch.quantile`. NaN where the split is empty or holds a NaN.
    """
    inside = mask > 0
    ordered = torch.where(inside, values, torch.inf).sort(1).values
    last = inside.sum(1) - 1  # the place of the split's largest value
    place = q * last
    low = place.floor().long().clamp_min(0)
    high = torch.minimum(low + 1, last.clamp_min(0))
    below, above = (ordered.gather(1, at[:, None]).squeeze(1) for at in (low, high))
    undefined = (last < 0) | (values.isnan() & inside).any(1)
    return below.lerp(above, place - low).masked_fill(undefined, torch.nan)
