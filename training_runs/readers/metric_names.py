"""What other people call the signals."""

import re
from dataclasses import dataclass

from training_runs.signals import SIGNALS, Kind, Split, signal_names

# In order of preference: `step` before W&B's `_step`, which counts calls of its log().
_STEP = ("step", "steps", "global_step", "optimizer_step", "iteration", "iterations", "iter")
_SPLITS: dict[Split, set[str]] = {
    "train": {"train", "training", "tr"},
    "val": {"val", "valid", "validation", "eval", "test", "dev", "heldout"},
}
# By the kind of the signal.
METRICS: dict[Kind, set[str]] = {
    "loss": {"loss"},
    "accuracy": {"acc", "accuracy", "accuracies", "acc1", "top1"},
}
_NORMS = {
    "weight_norm": {"weights_norm", "param_norm", "params_norm", "parameter_norm", "l2_norm"},
    "grad_norm": {"gradient_norm", "gradients_norm", "total_grad_norm"},
}
_PERCENT = r"(_percent|_pct)$"


@dataclass(frozen=True)
class Meaning:
    """The signal that a name means; of two names with one meaning the one of lower rank is taken."""

    signal: str
    rank: int = 0


def canonical_name(column: str) -> str | None:
    """Return the signal (or `step`) that a column means; None where that is not certain.

    >>> [canonical_name(c) for c in ("valid/acc", "eval_accuracy", "Training Loss", "global_step", "lr")]
    ['val_acc', 'val_acc', 'train_loss', 'step', None]
    """
    meaning = meaning_of(column)
    return meaning.signal if meaning else None


def meaning_of(column: str) -> Meaning | None:
    """Return what a name means, and how good a source of it it is; None where that is not certain."""
    name = re.sub(r"[^a-z0-9]+", "_", column.strip().lower().replace("%", " percent ")).strip("_")
    name = re.sub(_PERCENT, "", name)
    if name in SIGNALS:
        return Meaning(name)
    if name in _STEP:
        return Meaning("step", _STEP.index(name))
    if name in (
        "train_global_step",
        "trainer_global_step",
    ):  # Hugging Face's and Lightning's, in W&B
        return Meaning("step")
    for signal, others in _NORMS.items():
        if name.removeprefix("train_") in others | {signal}:
            return Meaning(signal)
    # Lightning writes `train_loss_step` and `train_loss_epoch`, Keras `epoch_loss`.
    words = [word for word in name.split("_") if word not in ("step", "epoch")]
    if len(words) != 2:
        return None
    for split, split_words in _SPLITS.items():
        for kind, metric_words in METRICS.items():
            if set(words) & split_words and set(words) & metric_words:
                # A mean over the epoch before one batch's value, validation before test.
                rank = ("_step" in name) + 2 * ("test" in words)
                return Meaning(recorded_as(kind, split), rank)
    return None


def recorded_as(kind: Kind, split: Split) -> str:
    """Return the name of the loss or the accuracy on a split."""
    (name,) = signal_names(kind, split=split)
    return name


def hugging_face_name(name: str) -> str:
    """Return a metric's name without the prefixes of Hugging Face's Trainer, which evaluates sets of any name.

    `loss` is the training's. The loss of an evaluated training set stays apart: a step has one training loss.

    >>> [hugging_face_name(n) for n in ("loss", "eval_accuracy", "eval_train_accuracy", "eval_val_loss", "eval_train_loss")]
    ['train_loss', 'eval_accuracy', 'train_accuracy', 'val_loss', 'eval_train_loss']
    """
    if name == "loss":
        return "train_loss"
    words = name.split("_")
    sets = {"train", "val", "valid", "validation", "test"}
    is_of_a_set = words[0] == "eval" and len(words) > 2 and words[1] in sets
    return "_".join(words[1:]) if is_of_a_set and name != "eval_train_loss" else name
