"""Hyperparameters in a YAML file that a tool wrote beside its metrics."""

from pathlib import Path
from typing import Any

from training_runs.context_words.documents import read_settings, values_of
from training_runs.errors import InvalidInput


def yaml_values(file: Path, tool: str) -> dict[str, Any]:
    """Return the values in a file, under the paths of their names; none where there is no file.

    Raises
    ------
    InvalidInput : it is not what the tool writes.
    """
    if not file.is_file():
        return {}
    try:
        return dict(values_of(read_settings(file.read_text(encoding="utf-8"), ".yaml")))
    except ValueError as error:
        raise InvalidInput(
            field="HISTORY",
            value=str(file),
            expected=f"the hyperparameters that {tool} writes, as YAML: `name: value` lines",
            hint=f"{' '.join(str(error).split())[:120]}; mend it or move it away",
        ) from None
