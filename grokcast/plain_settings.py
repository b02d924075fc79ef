"""Settings as training code holds them, a namespace, a dataclass, paths and classes, as names and values that JSON has."""

import argparse
import dataclasses
import types
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

_DEEPEST = 6  # objects inside objects


def plain_settings(given: Any) -> dict[str, Any]:
    """Return the settings in a mapping, a namespace, a dataclass, or another object that has them as attributes.

    What is no number, text, list or settings itself goes by the name of its class: a network, an optimiser.

    Raises
    ------
    InvalidInput : it has no settings.

    >>> plain_settings(argparse.Namespace(lr=1e-3, data=PurePath("data/mnist"), optimizer=dict))
    {'lr': 0.001, 'data': 'data/mnist', 'optimizer': 'dict'}
    """
    settings = _settings_of(given)
    if settings is None:
        from training_runs.errors import InvalidInput  # here, since a monitor begins without our larger packages

        hint = "vars(args), or a sentence, is one too"
        raise InvalidInput(field="context", value=given, expected="names and values", hint=hint)
    return {str(name): _plain(value) for name, value in settings.items()}


def _settings_of(given: Any) -> Mapping[Any, Any] | None:
    """Return names and values, of pydantic's models and ConfigDict too; None of what has none."""
    if (names := _names_of(given)) is not None:
        return names
    for dumped in (getattr(given, name, None) for name in ("model_dump", "to_dict")):
        if callable(dumped) and not isinstance(given, type) and isinstance(settings := dumped(), Mapping):
            return settings
    public = {name: value for name, value in getattr(given, "__dict__", {}).items() if not name.startswith("_")}
    return public if public and not isinstance(given, type) else None


def _names_of(given: Any) -> Mapping[Any, Any] | None:
    """Return names and values of what is there to hold them: a mapping, a dataclass, a namespace; None of others."""
    if isinstance(given, Mapping):
        return given
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        return {field.name: getattr(given, field.name) for field in dataclasses.fields(given)}
    return vars(given) if isinstance(given, argparse.Namespace | types.SimpleNamespace) else None


def _plain(value: Any, depth: int = 0) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, depth)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if (inside := _names_of(value)) is not None:
        return {str(k): _plain(v, depth + 1) for k, v in inside.items()} if depth < _DEEPEST else None
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value] if depth < _DEEPEST else None
    if getattr(value, "ndim", None) == 0:  # a number of NumPy or torch
        return value.item()
    return getattr(value, "__name__", type(value).__name__)
