"""From other people's names of hyperparameters to the fields of `Context`."""

from collections.abc import Mapping
from typing import Any

from training_runs.config import OPTIMIZERS
from training_runs.context import Context
from training_runs.errors import InvalidInput

# Only what is certain: `per_device_train_batch_size` is one device's of many, `layers` may count anything.
_FIELDS = {
    "learning_rate": {"learning_rate", "lr", "base_lr", "max_lr"},
    "weight_decay": {"weight_decay", "wd"},
    "batch_size": {"batch_size"},
    "optimizer": {"optimizer", "optimizer_name", "optim"},
    "dropout": {"dropout"},
    "train_fraction": {"train_fraction", "train_frac", "frac_train"},
    "modulus": {"modulus"},
    "budget_step": {"max_steps", "total_steps", "budget_step"},
}


def context_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a context that recorded hyperparameters tell for certain.

    A parameter counts under the last word of its path (`optimizer/lr`); one that is given twice, differently, counts as not given.

    >>> context_of({"optimizer/lr": "1e-3", "weight_decay": 1, "lr_schedule": "none", "max_steps": -1})
    {'learning_rate': 0.001, 'weight_decay': 1.0}
    >>> context_of({"optim": "adamw_torch", "batch_size": 128, "model.dropout": 0.1, "decoder.dropout": 0.2})
    {'optimizer': 'adamw', 'batch_size': 128}
    """
    return {
        field: next(iter(values.values()))
        for field, values in _told(parameters).items()
        if len(set(values.values())) == 1
    }


def notes_on(parameters: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """Return in words how hyperparameters were read: under which names, and which are given twice, differently.

    >>> notes_on({"opt/lr": 0.1, "dropout": 0.1, "decoder.dropout": 0.2, "seed": 7}, "params")
    ('params: opt/lr is read as learning_rate', 'params: dropout is given twice (dropout 0.1, decoder.dropout 0.2): left out')
    """
    notes = []
    for field, values in _told(parameters).items():
        if len(set(values.values())) > 1:
            each = ", ".join(f"{name} {value}" for name, value in list(values.items())[:3])
            notes.append(f"{source}: {field} is given twice ({each}): left out")
        elif field not in values:
            notes.append(f"{source}: {next(iter(values))} is read as {field}")
    return tuple(notes)


def _told(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return field -> the parameters that tell it, and what they say."""
    given: dict[str, dict[str, Any]] = {}
    for name, value in parameters.items():
        word = str(name).replace(".", "/").split("/")[-1].lower()
        field = next((f for f, words in _FIELDS.items() if word in words), None)
        known = _value(field, value) if field else None
        if field and known is not None:
            given.setdefault(field, {})[str(name)] = known
    return given


def _value(field: str, value: Any) -> Any:
    """Return what a context can hold of a recorded value; None where it can hold nothing of it."""
    if field == "optimizer":
        # `AdamW`, `adamw_torch`, `torch.optim.AdamW`
        name = str(value).lower()
        return next((known for known in OPTIMIZERS if known in name), None)
    try:
        number = float(value)
        checked = getattr(Context.from_mapping({field: number})[0], field)
    except (TypeError, ValueError, OverflowError, InvalidInput):
        return None
    may_be_zero = field in ("weight_decay", "dropout")
    return checked if not isinstance(value, bool) and (number > 0 or may_be_zero) else None
