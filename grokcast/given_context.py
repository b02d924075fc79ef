"""A context as Python code has it, as names and values: settings, a file of them, or words."""

import os
from typing import Any

from grokcast.own_packages import own_packages
from grokcast.plain_settings import plain_settings


def fields_of(given: Any) -> dict[str, Any]:
    """Return the fields of settings (`plain_settings`), of a file of them, or of words.

    Raises
    ------
    InvalidInput : a file that cannot be read, or what has no settings.

    >>> fields_of(None), fields_of({"lr": 1e-3}), fields_of("AdamW lr 1e-3")
    ({}, {'lr': 0.001}, {'description': 'AdamW lr 1e-3'})
    """
    if given is None:
        return {}
    with own_packages():
        if not isinstance(given, str | os.PathLike):
            return plain_settings(given)
        # Here, since they import more than a monitor needs.
        from grokcast.stated_context import is_description, stated_fields

        text = os.fspath(given)
        return {"description": text} if is_description(text) else stated_fields([text])
