"""Scalars of Python, numpy or torch, as JSON can hold them."""

import math
from typing import Any


def number_of(value: Any) -> float | None:
    """Convert a scalar; None where it is not finite."""
    # `item()` before `float`: float() of a torch scalar with a gradient warns, and of a numpy array of one it raises.
    number = float(value.item() if hasattr(value, "item") else value)
    return number if math.isfinite(number) else None


def plain(value: Any) -> Any:
    """Convert a value of the context."""
    if hasattr(value, "item"):
        value = value.item()
    return number_of(value) if isinstance(value, float) else value
