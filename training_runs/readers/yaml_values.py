"""Hyperparameters in a YAML file that a tool wrote beside its metrics."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from training_runs.errors import InvalidInput

_MOST_BYTES, _MOST_VALUES = 1_000_000, 10_000  # larger ones are no hyperparameters


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads plain values; an object of Python, which Lightning writes too, is taken as missing and never made."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: None)


def yaml_values(file: Path, tool: str) -> dict[str, Any]:
    """Return the values in a file, under the paths of their names; none where there is no file.

    Raises
    ------
    InvalidInput : it is not what the tool writes.
    """
    if not file.is_file():
        return {}
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES:,} bytes")
        content = yaml.load(file.read_text(encoding="utf-8"), _Loader)
        if not isinstance(content, dict | None):
            raise ValueError(f"it holds a {type(content).__name__}")
        values: dict[str, Any] = {}
        for path, value in _leaves(content or {}):
            values[path] = value
            if len(values) > _MOST_VALUES:
                raise ValueError(f"it has more than {_MOST_VALUES:,} values")
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(
            field="HISTORY",
            value=str(file),
            expected=f"the hyperparameters that {tool} writes, as YAML: `name: value` lines",
            hint=f"{' '.join(str(error).split())[:120]}; mend it or move it away",
        ) from None
    return values


def _leaves(content: dict[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value
