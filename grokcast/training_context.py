"""The context of a run, read off what its training loop holds anyway: optimiser, loader, loss and network.

Only what is certain is read; the rest is left to be stated.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grokcast.network_context import network_context
from training_runs.context import Context
from training_runs.context_words import read_context
from training_runs.errors import InvalidInput

Fields = dict[str, Any]

# Elsewhere a trainer's 0 says that it does not know.
_ZERO_IS_A_FACT = {"weight_decay", "dropout", "momentum", "nesterov"}
_CLASSIFIERS = (
    "ForSequenceClassification",
    "ForImageClassification",
    "ForTokenClassification",
    "ForCausalLM",
    "LMHead",
)
_WRAPPED = ("module", "_orig_mod")  # DataParallel and its kin, torch.compile


def training_context(
    model: Any, optimizer: Any = None, train_loader: Any = None, loss: Any = None, view: Any = None
) -> Fields:
    """Return the fields of a context that can be read off a training; what cannot be read is left out.

    Parameters
    ----------
    model : a `torch.nn.Module`.
    optimizer : a torch optimiser, or a wrapper that has it as `optimizer`.
    train_loader : a `DataLoader` of training samples.
    loss : a module or function such as `nn.CrossEntropyLoss()` or `functional.mse_loss`; by default the network's own.
    view : a `NetworkView` that has seen the network run.
    """
    found: Fields = {}
    # Labels tell the classes better than the network's outputs, some of which may be no class's.
    sources: tuple[Callable[[], Fields], ...] = (
        lambda: network_context(model, view),
        lambda: loss_of(loss if loss is not None else _own_loss(model)),
        lambda: loader_context(train_loader),
        lambda: settings_of(optimizer),
    )
    for source in sources:
        with contextlib.suppress(Exception):
            found |= source()
    return certain(found)


def certain(found: Mapping[str, Any]) -> Fields:
    """Return the fields that have a value; a zero is one only where it says something, such as no weight decay."""
    return {k: v for k, v in found.items() if v is not None and (v or k in _ZERO_IS_A_FACT)}


def unstated(found: Mapping[str, Any], stated: Mapping[str, Any]) -> Fields:
    """Return what was found of the fields that the user does not state, in whatever words, nor implies.

    >>> unstated({"weight_decay": 0.1, "classes": 98, "layers": 2}, {"wd": 1.0, "p": 97, "task": "modular addition"})
    {'layers': 2}
    """
    said = understood(stated, found.get("architecture"))
    return {k: v for k, v in found.items() if k not in said and k not in stated}


def understood(stated: Mapping[str, Any], architecture: str | None = None) -> Fields:
    """Return the fields that the user states, in whatever words, and those that follow; none where the service will refuse them.

    >>> understood({"description": "addition mod 97"})
    {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'classes': 97, 'chance_accuracy': 0.010309278350515464}
    """
    try:
        return read_context(stated, Context(architecture=architecture)).context.completed().as_dict()
    except InvalidInput:
        return {}


def settings_of(optimizer: Any) -> Fields:
    """Return the hyperparameters of an optimiser: of its largest group of parameters with weight decay, else the largest.

    The rate is the largest of its schedule, as far as the group says it; `CyclicLR` does not, and none is returned.
    """
    # The Trainer hands over accelerate's wrapper, which has a class of its own.
    optimizer = getattr(optimizer, "optimizer", optimizer)
    if optimizer is None:
        return {}
    groups = getattr(optimizer, "param_groups", None) or [{}]
    group = max(groups, key=lambda g: (bool(g.get("weight_decay")), sum(p.numel() for p in g.get("params", ()))))
    name = read_context({"optimizer": type(optimizer).__name__}).context.optimizer
    if name == "adam" and group.get("decoupled_weight_decay"):
        name = "adamw"
    rate = group.get("max_lr", group.get("initial_lr", group.get("lr")))
    is_cyclic = "max_momentum" in group and "max_lr" not in group
    betas = group.get("betas") or (None, None)
    has_momentum = name in ("sgd", "muon")
    return {
        "optimizer": name,
        "learning_rate": None if rate is None or is_cyclic else float(f"{float(rate):.7g}"),  # a tensor's has noise
        "weight_decay": group.get("weight_decay"),
        "beta1": betas[0],
        "beta2": betas[1],
        "momentum": group.get("momentum") if has_momentum else None,
        "nesterov": group.get("nesterov") if has_momentum else None,
    }


def loader_context(loader: Any, updates_apart: int = 1, devices: int | None = None) -> Fields:
    """Return what a loader of training samples tells: samples, their classes, the batch, steps per epoch.

    Parameters
    ----------
    updates_apart : batches that make one step of the optimiser.
    devices : how many have a batch each; by default those that a distributed sampler knows.
    """
    if loader is None:
        return {}
    dataset, sampler = getattr(loader, "dataset", None), getattr(loader, "sampler", None)
    owners = (loader, getattr(loader, "batch_sampler", None), sampler)
    batch = next((size for owner in owners if (size := getattr(owner, "batch_size", None))), None)
    each = updates_apart * (getattr(sampler, "num_replicas", 1) if devices is None else devices)
    batch = batch * each if isinstance(batch, int) else None
    chosen = getattr(sampler, "indices", None)
    # Without a batch the loader passes on what the data set has: batches, as far as can be known.
    size = None if dataset is not None and batch is None else _length(dataset if chosen is None else chosen)
    batches = _length(loader)
    return certain(
        {
            "train_size": size,
            "batch_size": min(batch, size) if batch and size else batch,
            "steps_per_epoch": math.ceil(batches / updates_apart) if batches else None,
            "classes": _classes_of(dataset),
        }
    )


def loss_of(loss: Any) -> Fields:
    """Return what a loss is, by the name of its class or function."""
    if loss is None:
        return {}
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return {"loss": read_context({"loss": name}).context.loss}


def _own_loss(model: Any) -> Any:
    """Return the loss that a network, or the one that it wraps, holds itself; what several say differently is not known."""
    while (
        inside := next((vars(model)["_modules"][n] for n in _WRAPPED if n in vars(model)["_modules"]), None)
    ) is not None:
        model = inside
    own = set(_names_of_losses(model))
    return own.pop() if len(own) == 1 else None


def _names_of_losses(model: Any) -> Iterator[str]:
    for module in model.modules():
        if type(module).__name__.endswith("Loss"):
            yield type(module).__name__
    for attribute in ("criterion", "loss_fn", "loss_function"):
        held = vars(model).get(attribute)
        if callable(held) and hasattr(held, "__name__"):
            yield held.__name__
    problem = getattr(getattr(model, "config", None), "problem_type", None)
    if any(kind in type(model).__name__ for kind in _CLASSIFIERS) and problem in (None, "single_label_classification"):
        yield "CrossEntropyLoss"


def _length(of: Any) -> int | None:
    """The length of what has one: a stream has none."""
    try:
        return len(of)
    except Exception:
        return None


def _classes_of(dataset: Any) -> int | None:
    """Return the number of classes of a data set that names them, or whose labels are at hand as one tensor."""
    if isinstance(named := getattr(dataset, "classes", None), list | tuple):
        return len(named)
    tensors = getattr(dataset, "tensors", None) or (None,)
    labels = tensors[-1] if len(tensors) > 1 else None
    if labels is None or labels.ndim != 1 or labels.is_floating_point() or labels.numel() == 0:
        return None
    most = int(labels.max()) + 1
    return most if most >= 2 and int(labels.min()) >= 0 else None
