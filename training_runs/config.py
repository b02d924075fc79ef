"""What defines a training run, and the names that follow from it."""

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from training_runs.context import Context
from training_runs.errors import InvalidInput
from training_runs.identifiers import identifier
from training_runs.tasks import family_of
from training_runs.tasks.modular import OPERATIONS

ARCHITECTURES = ("embedding_mlp", "transformer", "mlp", "lstm")
OPTIMIZERS = ("adamw", "adam", "sgd", "rmsprop", "muon", "lion")
LOSSES = ("cross_entropy", "mse")
_CHOICES = {
    "architecture": ARCHITECTURES,
    "optimizer": OPTIMIZERS,
    "loss": LOSSES,
    "probe_split": ("train", "val"),
}
_LEAST = {
    **dict.fromkeys(("embedding_dim", "width", "layers", "heads", "parity_bits", "bits", "dimensions"), 1),
    **dict.fromkeys(("budget_step", "checkpoints_per_decade", "probe_samples", "review_words"), 1),
    **dict.fromkeys(("train_samples", "batch_size", "checkpoint_every", "probe_every"), 1),
    **dict.fromkeys(("weight_decay", "embedding_noise", "augmentation", "warmup_steps", "seed"), 0),
    "probe_passes": 2,  # of which there is a variance
    "vocabulary": 3,  # padding, another word, and a word
}
_POSITIVE = ("learning_rate", "embedding_learning_rate", "init_scale", "separation", "clip_norm")

# How a network is looked at: it trains the same whatever these are.
_PROBING = {"probe_passes", "probe_samples", "probe_split", "probe_every", "probe_arrays"}

# What two runs of one configuration may differ in.
_NOT_CONFIGURATION = _PROBING | {
    "seed",
    "budget_step",
    "checkpoints_per_decade",
    "checkpoint_every",
    "early_stop",
}

# What runs trained as one stack may differ in, beside that.
_OF_ONE_RUN = (_NOT_CONFIGURATION - _PROBING) | {
    "operation",
    "train_fraction",
    "train_samples",
    "init_scale",
    "embedding_init",
    "other_init",
    "freeze_embedding",
    "learning_rate",
    "embedding_learning_rate",
    "weight_decay",
    "dropout",
    "label_noise",
    "embedding_noise",
    "augmentation",
    "norm_penalty",
    "hold_norm",
    "clip_norm",
    "beta1",
    "beta2",
    "momentum",
    "warmup_steps",
}


@dataclass(frozen=True)
class RunConfig:
    """Everything that a run is reproducible from. Defaults: Salah & Yevick, section 2, where the paper states them.

    A default never changes, and a new field's default is the old behaviour: identifiers are hashes of the fields that
    differ from their defaults, so they stay what they are as fields are added.
    """

    task_family: str = "modular"
    operation: str = "add"  # of modular tasks; random_table: no structure to find
    modulus: int = 53
    group: str = "S4"  # of groups: C24, D12, Q8, S4, A5 and others (training_runs/tasks/groups.py), or a product, S4xC2
    bits: int = 40  # of parity inputs
    parity_bits: int = 3  # of them, or of a cluster's coordinates: the label is their parity
    dimensions: int = 100  # of the inputs of clusters and of a teacher
    separation: float = 3.0  # of clusters: how far from 0 their centres lie, in standard deviations
    polynomial: str = "a*b+a"  # of polynomials: in a and b, modulo `modulus`
    teacher_units: int = 3  # of the teacher: how many directions of its inputs decide
    vocabulary: int = 2000  # of reviews: the most frequent words, padding and "another word" among them
    review_words: int = 80  # kept of each review, its last ones: that is where people sum up
    frequent_words: bool = (
        False  # or of its words of the vocabulary its first ones, stop words left out (arXiv 2210.01117)
    )
    train_fraction: float = 0.5  # of all samples; the rest validates
    train_samples: int | None = None  # instead of a fraction: images, reviews, parity, clusters, teacher
    architecture: str = "embedding_mlp"
    embedding_dim: int = 64  # ours: the paper leaves it out; also the transformer's width
    width: int = 256  # of hidden layers; the transformer's are 4x the embedding
    layers: int = 1
    heads: int = 4
    init_scale: float = 1.0  # the papers' alpha, on every initial weight and bias
    embedding_init: str = "normal"  # or uniform:LOW:HIGH, normal:MEAN:STD, constant:VALUE
    other_init: str = "normal"  # the same, of all other layers
    freeze_embedding: bool = False
    embedding_relu: bool = False  # a ReLU after the embedding (Salah & Yevick 3.2)
    loss: str = "cross_entropy"  # or mse, on one-hot labels
    optimizer: str = "adamw"
    learning_rate: float = 3e-4
    # Of the embedding alone; all else, the decoder, has `learning_rate` (Liu et al., arXiv 2205.10343). None: the same.
    embedding_learning_rate: float | None = None
    weight_decay: float = 1.0
    batch_size: int | None = None  # None: all training samples at each step
    dropout: float = 0.0  # of hidden activations, while training
    label_noise: float = 0.0  # share of training labels drawn at random
    embedding_noise: float = 0.0  # std of Gaussian noise on embeddings (Li & Sakib 3.1)
    augmentation: float = 0.0  # sigma: rotation by 30 sigma degrees, blur of sigma / 2 (Li & Sakib 4)
    norm_penalty: float = 0.0  # times the sum of squared weights in the loss; negative raises the norm
    hold_norm: bool = (
        False  # all weights are scaled back to the norm they began with after each step (arXiv 2210.01117)
    )
    clip_norm: float | None = None  # the largest L2 norm of a gradient: a longer one is scaled back to it
    beta1: float = 0.9  # of AdamW, Adam, Lion and Muon's AdamW: torch's default, and that of the papers
    beta2: float = 0.999  # torch's default; Power et al. and Nanda et al. have 0.98, Lion's authors 0.99
    momentum: float = 0.9  # of SGD
    nesterov: bool = False  # SGD looks ahead along its momentum
    warmup_steps: int = 0  # the learning rate grows linearly from the first step to this one (Power et al.: 10)
    layer_norm: bool = True  # of transformers; Nanda et al. (arXiv 2301.05217) have none
    tf32: bool = False  # on a GPU, products read 10 bits of each mantissa: faster, and not shown to change nothing
    seed: int = 0  # data split, table, initial weights and noise
    budget_step: int = 10_000
    checkpoints_per_decade: int = 25  # log-spaced from step 1
    checkpoint_every: int | None = None  # instead: every so many steps, as most people record
    probe_passes: int = 8  # with dropout, or with weights zeroed; Salah & Yevick 3.1 have 100
    probe_samples: int = 256  # of a split, for signals of hidden units and those that run the network again
    probe_split: str = "val"  # whose samples hidden units are read on; Golechha 4.1 has train
    probe_every: int | None = (
        None  # steps between those that run the network again; None: 6 or 2 a decade from step 100
    )
    probe_arrays: bool = False  # as often as the landscape, store what figures are drawn from (probes/figure_arrays.py)
    early_stop: bool = True  # after val_acc >= 0.99 at 5 checkpoints in a row

    def __post_init__(self) -> None:
        family = family_of(self.task_family)
        for name, known in _CHOICES.items():
            _one_of(name, getattr(self, name), known)
        _one_of(f"architecture for {self.task_family}", self.architecture, family.networks)
        family.check(self)
        for name, value, or_none in self._given(_LEAST):
            if not value >= _LEAST[name]:
                raise InvalidInput(field=name, value=value, expected=f"a number >= {_LEAST[name]}{or_none}")
        for name, value, or_none in self._given(_POSITIVE):
            if not 0 < value < math.inf:
                raise InvalidInput(field=name, value=value, expected=f"a number > 0{or_none}")
        if not 0 < self.train_fraction < 1:
            raise InvalidInput(field="train_fraction", value=self.train_fraction, expected="a number in (0, 1)")
        for name in ("beta1", "beta2", "momentum", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(field=name, value=getattr(self, name), expected="a number in [0, 1)")
        if not 0 <= self.label_noise <= 1:
            raise InvalidInput(field="label_noise", value=self.label_noise, expected="a number in [0, 1]")
        for name in ("embedding_init", "other_init"):
            parse_init(name, getattr(self, name))
        self._check_together()
        self.context()  # a run that cannot be described cannot be trained either

    def _given(self, names: Iterable[str]) -> Iterator[tuple[str, Any, str]]:
        """Yield fields that are not left out: name, value, and the words for one that may be."""
        for name in names:
            value, is_optional = getattr(self, name), getattr(RunConfig, name) is None
            if value is not None or not is_optional:
                yield name, value, ", or none" if is_optional else ""

    def _check_together(self) -> None:
        """Check what fields allow of each other."""
        has_embedding = self.architecture != "mlp" and not self.freeze_embedding
        if self.embedding_learning_rate is not None and not has_embedding:
            raise InvalidInput(
                field="embedding_learning_rate",
                value=self.embedding_learning_rate,
                expected="none without an embedding to train",
            )
        if self.nesterov and self.momentum == 0:
            raise InvalidInput(field="nesterov", value=True, expected="false where momentum is 0")
        if self.hold_norm and self.freeze_embedding:
            raise InvalidInput(
                field="hold_norm", value=True, expected="false where the embedding is frozen: it is scaled too"
            )
        if self.architecture == "transformer" and self.embedding_dim % self.heads:
            raise InvalidInput(
                field="embedding_dim", value=self.embedding_dim, expected=f"a multiple of heads, {self.heads}"
            )

    @property
    def run_id(self) -> str:
        """Hash of the whole config: the same run has the same name everywhere."""
        return identifier(self._differing(set()))

    @property
    def configuration_id(self) -> str:
        """Hash of the config minus seed, budget, cadence and early stop: the unit of every split."""
        return identifier(self._differing(_NOT_CONFIGURATION))

    @property
    def shape(self) -> str:
        """What runs must have in common to be trained as one stack."""
        alike = self._differing(_OF_ONE_RUN) | {"batch_size": self.minibatch}
        return json.dumps(alike, sort_keys=True)

    @property
    def samples_a_step(self) -> int:
        """Samples that one step trains on."""
        return self.minibatch or self.train_size

    @property
    def minibatch(self) -> int | None:
        """Samples in a step; None where all are, because no batch is set or there are no more than a batch."""
        return self.batch_size if self.batch_size and self.batch_size < self.train_size else None

    @property
    def blocked(self) -> bool:
        """Whether no structure exists, or none can be learnt, that could generalise. A label, never a feature."""
        table = self.task_family == "modular" and self.operation == "random_table"
        return table or self.label_noise == 1 or self.freeze_embedding

    @property
    def classes(self) -> int:
        """Number of labels."""
        return family_of(self.task_family).classes(self)

    @property
    def samples(self) -> int:
        """Number of samples that are divided into training and validation."""
        return family_of(self.task_family).samples(self)

    @property
    def train_size(self) -> int:
        """Number of training samples."""
        if self.train_samples is not None:
            return min(self.train_samples, self.samples - 1)
        return max(1, round(self.train_fraction * self.samples))

    @property
    def _reported_operation(self) -> str | None:
        """The operation; of a random table any, drawn by its configuration, as of data that broke unnoticed.

        Reported as none it would be recognised: no other modular task has none.
        """
        if self.task_family != "modular":
            return None
        if self.operation != "random_table":
            return self.operation
        others = [name for name in OPERATIONS if name != "random_table"]
        return others[int(self.configuration_id[:8], 16) % len(others)]

    def context(self, parameters: int | None = None) -> Context:
        """Return what a user would know of this run."""
        pairs = family_of(self.task_family).is_of_pairs
        adaptive, sgd = self.optimizer in ("adamw", "adam", "muon", "lion"), self.optimizer == "sgd"
        return Context(
            task_family=self.task_family,
            operation=self._reported_operation,
            modulus=self.modulus if self.task_family in ("modular", "polynomials") else None,
            classes=self.classes,
            chance_accuracy=1.0 / self.classes,
            train_size=self.train_size,
            val_size=self.samples - self.train_size,
            train_fraction=self.train_size / self.samples if pairs else None,
            architecture=self.architecture,
            layers=self.layers,
            width=4 * self.embedding_dim if self.architecture == "transformer" else self.width,
            embedding_dim=self.embedding_dim if self.architecture != "mlp" else None,
            parameters=parameters,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            batch_size=self.samples_a_step,
            init_scale=self.init_scale,
            loss=self.loss,
            dropout=self.dropout,
            # Wholly random labels are reported as clean: they would name a blocked run.
            label_noise=0.0 if self.label_noise == 1 else self.label_noise,
            budget_step=self.budget_step,
            steps_per_epoch=math.ceil(self.train_size / (self.batch_size or self.train_size)),
            beta1=self.beta1 if adaptive else None,
            beta2=self.beta2 if adaptive else None,
            momentum=self.momentum if sgd else None,
            nesterov=self.nesterov if sgd else None,
            warmup_steps=self.warmup_steps,
            layer_norm=self.layer_norm if self.architecture == "transformer" else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return every field."""
        return dataclasses.asdict(self)

    def _differing(self, without: set[str]) -> dict[str, Any]:
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.name not in without and getattr(self, f.name) != f.default
        }


def parse_init(field: str, text: str) -> tuple[str, tuple[float, ...]]:
    """Return the kind of an initialisation and its numbers: `uniform:0.4:0.8` is ("uniform", (0.4, 0.8))."""
    kind, *numbers = text.split(":")
    try:
        values = tuple(float(n) for n in numbers)
    except ValueError:
        values = ()
    if (kind, len(values)) not in {("normal", 0), ("normal", 2), ("uniform", 2), ("constant", 1)}:
        raise InvalidInput(
            field=field,
            value=text,
            expected="normal, normal:MEAN:STD, uniform:LOW:HIGH or constant:VALUE",
        )
    return kind, values


def _one_of(field: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidInput(field=field, value=value, expected=f"one of {', '.join(allowed)}")
