"""What is known of a run beside its history. Every field is optional: users give what they have."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training_runs.errors import InvalidInput, percent_hint

WORDS = {"task_family", "operation", "architecture", "optimizer", "loss"}
COUNTS = {"modulus", "classes", "train_size", "val_size", "layers", "width", "embedding_dim"} | {
    "parameters",
    "batch_size",
    "budget_step",
}
_LARGEST = 2**53  # beyond, floats skip whole numbers; no hyperparameter is there
_SHARES = {"chance_accuracy", "train_fraction", "dropout", "label_noise", "beta1", "beta2", "momentum"}
FLAGS = {"nesterov", "layer_norm"}


@dataclass(frozen=True)
class Context:
    """Hyperparameters and setting of a run, in the words of the field.

    Counts are whole numbers > 0, shares lie in [0, 1], words are compared in lower case. `batch_size` is absent for
    full-batch training; `budget_step` is the step at which the run would be stopped anyway. `beta1` and `beta2` are of
    Adam and its kin, `momentum` and `nesterov` of SGD; the learning rate grows linearly for `warmup_steps`, and
    `layer_norm` says whether layers normalise.
    """

    task_family: str | None = None
    operation: str | None = None
    modulus: int | None = None
    classes: int | None = None
    chance_accuracy: float | None = None
    train_size: int | None = None
    val_size: int | None = None
    train_fraction: float | None = None
    architecture: str | None = None
    layers: int | None = None
    width: int | None = None
    embedding_dim: int | None = None
    parameters: int | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    batch_size: int | None = None
    init_scale: float | None = None
    loss: str | None = None
    dropout: float | None = None
    label_noise: float | None = None
    budget_step: int | None = None
    steps_per_epoch: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    momentum: float | None = None
    nesterov: bool | None = None
    warmup_steps: float | None = None
    layer_norm: bool | None = None

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            object.__setattr__(self, name, checked(name, value))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> tuple["Context", list[str]]:
        """Return a context from fields in the words of `Context`, and the names of those it does not know.

        What people write is read by `training_runs.context_words`; this is for what was stored.
        """
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        return cls(**{k: v for k, v in values.items() if k in known}), unknown

    def completed(self) -> "Context":
        """Return it with what follows from what is given: classes and samples of modular arithmetic, and chance."""
        modular = self.modulus is not None and self.task_family == "modular"
        classes = self.modulus if self.classes is None and modular else self.classes
        chance = 1 / classes if self.chance_accuracy is None and classes else self.chance_accuracy
        train_size = self.train_size
        if train_size is None and modular and self.train_fraction:
            train_size = max(round(self.train_fraction * (self.modulus or 0) ** 2), 1)
        found: dict[str, Any] = {"classes": classes, "chance_accuracy": chance, "train_size": train_size}
        is_complete = all(getattr(self, name) == value for name, value in found.items())
        return self if is_complete else dataclasses.replace(self, **found)

    def with_full_batch(self) -> "Context":
        """Return it with all training samples in a batch, where their number is known or follows from what is given."""
        train_size = self.completed().train_size
        return self if train_size is None else dataclasses.replace(self, batch_size=train_size)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are known."""
        return {name: value for name, value in vars(self).items() if value is not None}


# What each field holds, for those who fill a context in: the API's description shows it.
MEANINGS = {
    "task_family": "modular, polynomials, permutation, groups, parity, clusters, teacher, mnist, digits or reviews",
    "operation": "of modular arithmetic: add, sub, mul, div, x2_y2, x2_xy_y2 or x3_xy",
    "modulus": "of modular arithmetic",
    "classes": "number of classes",
    "chance_accuracy": "accuracy of guessing, in [0, 1]; default: 1 / classes, else the first `val_acc`",
    "train_size": "number of training samples",
    "val_size": "number of validation samples",
    "train_fraction": "share of all samples that is used for training, in [0, 1]",
    "architecture": "embedding_mlp, transformer, mlp or lstm",
    "layers": "number of hidden layers or blocks",
    "width": "hidden units per layer; of a transformer with `embedding_dim`, those of its feed-forward layers, else its model width",
    "embedding_dim": "dimensions of the embedding; of a transformer, the model width",
    "parameters": "number of trainable parameters",
    "optimizer": "adamw, adam, sgd, rmsprop, muon or lion",
    "learning_rate": "at its largest, if it follows a schedule",
    "weight_decay": "as the optimiser takes it; 0 if there is none",
    "batch_size": "samples per step; leave it out for full-batch training",
    "init_scale": "factor on the initial weights, 1 for the usual initialisation",
    "loss": "cross_entropy or mse",
    "dropout": "rate during training, in [0, 1]",
    "label_noise": "share of training labels that are replaced at random, in [0, 1]",
    "budget_step": "step at which training ends in any case",
    "steps_per_epoch": "optimiser steps per epoch",
    "beta1": "of Adam and its kin",
    "beta2": "of Adam and its kin",
    "momentum": "of SGD, in [0, 1]",
    "nesterov": "whether SGD's momentum is Nesterov's",
    "warmup_steps": "steps over which the learning rate grows linearly at the start",
    "layer_norm": "whether layers are normalised",
}


def checked(name: str, value: Any, field: str | None = None) -> Any:
    """Return a value as a field of `Context` holds it.

    Raises
    ------
    InvalidInput : it cannot be; the error calls it `field`, by default `context.<name>`.
    """
    field = field or f"context.{name}"
    if name in WORDS:
        if not isinstance(value, str):
            raise InvalidInput(field=field, value=value, expected="a word")
        return value.strip().lower()
    if name in FLAGS:
        if not isinstance(value, bool):
            raise InvalidInput(field=field, value=value, expected="true or false")
        return value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not abs(value) <= _LARGEST:  # NaN is not <= anything
        raise InvalidInput(field=field, value=value, expected="a finite number, at most 2**53 in size")
    if name in COUNTS:
        if value != int(value) or value < 1:
            raise InvalidInput(field=field, value=value, expected="a whole number >= 1")
        return int(value)
    if value < 0 or (name in _SHARES and value > 1):
        expected = "a number in [0, 1]" if name in _SHARES else "a number >= 0"
        hint = percent_hint(value) if name in _SHARES else ""
        raise InvalidInput(field=field, value=value, expected=expected, hint=hint)
    return float(value)
