"""`--context`: a file, an object or assignments, as one mapping of names to values."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from training_runs.context_words.gathering import leaves
from training_runs.errors import InvalidInput

_EXPECTED = "NAME=VALUE,..., a JSON object, or a JSON, YAML or TOML file of fields"


def stated_context(texts: Sequence[str]) -> dict[str, Any] | Path:
    """Return the fields that several `--context` give, later ones in place of earlier ones; a single table or JSON file, which may describe many runs, as its path.

    Raises
    ------
    InvalidInput : a file that cannot be read, or a text that is none of what is expected.

    >>> stated_context(["lr=1e-3,weight_decay=1", '{"p": 97}', "betas=(0.9, 0.98)"])
    {'lr': '1e-3', 'weight_decay': '1', 'p': 97, 'betas': '(0.9, 0.98)'}
    """
    if len(texts) == 1 and Path(texts[0]).suffix.lower() in (".csv", ".tsv", ".json"):
        return Path(texts[0])
    fields: dict[str, Any] = {}
    for text in texts:
        fields |= dict(leaves(_fields(text)))
    return fields


def _fields(text: str) -> Mapping[str, Any]:
    if text.lstrip().startswith("{"):
        return _parsed(text, ".json", text)
    if "=" in text and not Path(text).is_file():
        return _assignments(text)
    try:
        content = Path(text).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise _refused(text, str(error)) from None
    return _parsed(content, Path(text).suffix.lower(), text)


def _assignments(text: str) -> dict[str, str]:
    """Read `lr=1e-3,betas=(0.9, 0.98)`: a part without a sign of equality belongs to the value before it."""
    parts: list[str] = []
    for part in text.split(","):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += f",{part}"
    pairs = [part.partition("=") for part in parts if part.strip()]
    if any(not name.strip() or not equals for name, equals, _ in pairs):
        raise _refused(text, "for instance lr=1e-3,weight_decay=1")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _parsed(content: str, suffix: str, source: str) -> Mapping[str, Any]:
    """Read JSON as YAML, of which it is a part, where it is not quite JSON: `{lr: 1e-3}`."""
    try:
        if suffix == ".toml":
            fields: Any = tomllib.loads(content)
        else:
            try:
                fields = json.loads(content)
            except ValueError:
                fields = yaml.safe_load(content)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise _refused(source, str(error)) from None
    if not isinstance(fields, dict):
        raise _refused(source, "for instance lr=1e-3,weight_decay=1")
    return {str(name): value for name, value in fields.items()}


def _refused(text: str, hint: str) -> InvalidInput:
    return InvalidInput(field="--context", value=text[:200], expected=_EXPECTED, hint=" ".join(hint.split())[:160])
