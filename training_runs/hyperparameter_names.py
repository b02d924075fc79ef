"""From other people's names of hyperparameters to the fields of `Context`."""

from collections.abc import Mapping
from typing import Any

# Only what is certain: `batch_size` may be one device's of many, `layers` may count anything.
_FIELDS = {
    "learning_rate": {"learning_rate", "lr", "base_lr", "max_lr"},
    "weight_decay": {"weight_decay", "wd"},
    "budget_step": {"max_steps", "total_steps", "budget_step"},
}


def context_of(parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return the fields of a context that recorded hyperparameters tell for certain.

    A parameter counts under the last word of its path (`optimizer/lr`); one that is told twice, differently, is not told.

    >>> context_of({"optimizer/lr": "1e-3", "weight_decay": 1, "lr_schedule": "none", "max_steps": -1})
    {'learning_rate': 0.001, 'weight_decay': 1.0}
    """
    found: dict[str, set[float]] = {}
    for name, value in parameters.items():
        word = name.replace(".", "/").split("/")[-1].lower()
        field = next((f for f, words in _FIELDS.items() if word in words), None)
        number = _number(value)
        if field and number is not None and (number > 0 or field == "weight_decay"):
            found.setdefault(field, set()).add(number)
    return {field: values.pop() for field, values in found.items() if len(values) == 1}


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < 2**53 else None
