"""What defines a training run, and the names that follow from it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training_runs.context import Context
from training_runs.errors import InvalidInput

OPERATIONS = ("add", "sub", "mul", "random_table")
ARCHITECTURES = ("embedding_mlp",)
OPTIMIZERS = ("adamw",)

# What two runs of one configuration may differ in.
_NOT_CONFIGURATION = {
    "seed",
    "budget_step",
    "checkpoints_per_decade",
    "checkpoint_every",
    "early_stop",
}


@dataclass(frozen=True)
class RunConfig:
    """Everything that a run is reproducible from. Defaults: Salah & Yevick, section 2, where the paper states them.

    A default never changes, and a new field's default is the old behaviour: identifiers are hashes of the fields that
    differ from their defaults, so they stay what they are as fields are added.
    """

    task_family: str = "modular"
    operation: str = "add"  # (a, b) -> c modulo the modulus; random_table: no structure to find
    modulus: int = 53
    train_fraction: float = 0.5  # of all pairs; the rest validates
    architecture: str = "embedding_mlp"
    embedding_dim: int = 64  # ours: the paper leaves it out
    width: int = 256
    init_scale: float = 1.0  # the paper's alpha, on Xavier normal weights and biases
    optimizer: str = "adamw"
    learning_rate: float = 3e-4
    weight_decay: float = 1.0
    seed: int = 0  # data split, table and initial weights
    budget_step: int = 10_000
    checkpoints_per_decade: int = 25  # log-spaced from step 1
    checkpoint_every: int | None = None  # instead: every so many steps, as most people record
    early_stop: bool = True  # after val_acc >= 0.99 at 5 checkpoints in a row

    def __post_init__(self) -> None:
        _one_of("operation", self.operation, OPERATIONS)
        _one_of("architecture", self.architecture, ARCHITECTURES)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _one_of("task_family", self.task_family, ("modular",))
        if not _is_prime(self.modulus):
            raise InvalidInput(field="modulus", value=self.modulus, expected="a prime number >= 5")
        if not 0 < self.train_fraction < 1:
            raise InvalidInput(
                field="train_fraction", value=self.train_fraction, expected="a number in (0, 1)"
            )
        for name in ("embedding_dim", "width", "budget_step", "checkpoints_per_decade"):
            _at_least(name, getattr(self, name), 1)
        for name in ("learning_rate", "init_scale"):
            if not getattr(self, name) > 0:
                raise InvalidInput(field=name, value=getattr(self, name), expected="a number > 0")
        _at_least("weight_decay", self.weight_decay, 0)
        _at_least("seed", self.seed, 0)
        if self.checkpoint_every is not None:
            _at_least("checkpoint_every", self.checkpoint_every, 1)

    @property
    def run_id(self) -> str:
        """Hash of the whole config: the same run has the same name everywhere."""
        return _digest(self._differing(set()))

    @property
    def configuration_id(self) -> str:
        """Hash of the config minus seed, budget, cadence and early stop: the unit of every split."""
        return _digest(self._differing(_NOT_CONFIGURATION))

    @property
    def blocked(self) -> bool:
        """Whether no structure exists that could generalise."""
        return self.operation == "random_table"

    @property
    def train_size(self) -> int:
        """Number of training pairs."""
        return max(1, round(self.train_fraction * self.modulus**2))

    def context(self) -> Context:
        """Return what a user would know of this run. A random table is told as no operation at all."""
        return Context(
            task_family=self.task_family,
            operation=None if self.blocked else self.operation,
            modulus=self.modulus,
            classes=self.modulus,
            chance_accuracy=1.0 / self.modulus,
            train_size=self.train_size,
            val_size=self.modulus**2 - self.train_size,
            train_fraction=self.train_fraction,
            architecture=self.architecture,
            layers=1,
            width=self.width,
            embedding_dim=self.embedding_dim,
            parameters=self._parameters(),
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            init_scale=self.init_scale,
            loss="cross_entropy",
            budget_step=self.budget_step,
            steps_per_epoch=1.0,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return every field."""
        return dataclasses.asdict(self)

    @classmethod
    def from_strings(cls, base: "RunConfig", assignments: Mapping[str, str]) -> "RunConfig":
        """Return a config with fields replaced by values written as text, as `--set FIELD=VALUE` gives them."""
        fields = {f.name: f for f in dataclasses.fields(cls)}
        changes = {}
        for name, text in assignments.items():
            if name not in fields:
                raise InvalidInput(
                    field=f"--set {name}",
                    value=text,
                    expected=f"one of the fields {', '.join(fields)}",
                )
            changes[name] = _parsed(name, fields[name].type, text)
        return dataclasses.replace(base, **changes)

    def _parameters(self) -> int:
        p, d, h = self.modulus, self.embedding_dim, self.width
        return p * d + (2 * d + 1) * h + (h + 1) * p

    def _differing(self, without: set[str]) -> dict[str, Any]:
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.name not in without and getattr(self, f.name) != f.default
        }


def _digest(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def _parsed(name: str, kind: Any, text: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        if kind == int | None:
            return None if text.lower() == "none" else int(text)
        return kind(text)
    except (ValueError, KeyError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}
        raise InvalidInput(
            field=f"--set {name}", value=text, expected=expected.get(kind, "a whole number or none")
        ) from None


def _one_of(field: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidInput(field=field, value=value, expected=f"one of {', '.join(allowed)}")


def _at_least(field: str, value: float, low: int) -> None:
    if not value >= low:
        raise InvalidInput(field=field, value=value, expected=f"a number >= {low}")


def _is_prime(number: int) -> bool:
    return number >= 5 and all(number % k for k in range(2, int(number**0.5) + 1))
