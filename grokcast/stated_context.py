"""`--context`: a file, an object, assignments or a description in words, as one mapping of names to values."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from training_runs.context_words.assignments import assignments_in
from training_runs.context_words.descriptions import in_plain_words
from training_runs.context_words.documents import holds_calls, parsed_toml, settings_in, without_comments
from training_runs.context_words.gathering import leaves
from training_runs.errors import InvalidInput

_OF_WORDS = (".txt", ".md")  # endings of files that hold a text
_EXPECTED = "NAME=VALUE,..., words that say fields, a JSON object, or a JSON, YAML or TOML file of fields"
_EXAMPLE = "for instance lr=1e-3,weight_decay=1 or '1L transformer, d_model 128, AdamW lr 1e-3 wd 1'"


def stated_context(texts: Sequence[str]) -> dict[str, Any] | Path:
    """Return the fields that several `--context` give, later ones in place of earlier ones; a single table or JSON file, which may describe many runs, as its path.

    Raises
    ------
    InvalidInput : a file that cannot be read, or a text that is none of what is expected.

    >>> stated_context(["lr=1e-3,weight_decay=1", '{"p": 97}', "betas=(0.9, 0.98)"])
    {'lr': '1e-3', 'weight_decay': '1', 'p': 97, 'betas': '(0.9, 0.98)'}
    >>> stated_context(["lr 1e-3, full batch"])
    {'"full batch"/batch_size': 'full', '"lr 1e-3"/lr': '1e-3'}
    """
    if len(texts) == 1 and Path(texts[0]).suffix.lower() in (".csv", ".tsv", ".json"):
        return Path(texts[0])
    return stated_fields(texts)


def stated_fields(texts: Sequence[str]) -> dict[str, Any]:
    """Return the fields that texts give, later ones in place of earlier ones; what a text says in words is one by one.

    Raises
    ------
    InvalidInput : as `stated_context`.
    """
    fields: dict[str, Any] = {}
    for text in texts:
        found = dict(leaves(_fields(text)))
        is_of_words = is_description(text) or Path(text).suffix.lower() in _OF_WORDS
        if all(value is None for value in found.values()) and is_of_words:
            raise _refused(text, _EXAMPLE)
        fields |= found
    return fields


def _fields(text: str) -> Mapping[str, Any]:
    if text.lstrip().startswith("{") and not holds_calls(text):
        return _parsed(text, ".json", text)
    if is_description(text):
        return _said(text)
    try:
        content = Path(text).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise _refused(text, str(error)) from None
    suffix = Path(text).suffix.lower()
    return _said(content) if suffix in _OF_WORDS else _parsed(content, suffix, text)


def _said(text: str) -> Mapping[str, Any]:
    """Return what a text says that is no path: settings, assignments or words."""
    if (settings := settings_in(text)) is not None:
        return {str(name): value for name, value in settings.items()}
    fields = assignments_in(in_plain_words(text))
    return {"description": text} if fields is None else fields


def is_description(text: str) -> bool:
    """Return True for a text that is no path of a file: it assigns, has blanks, or no ending.

    >>> [is_description(t) for t in ("lr=1e-3", "1L transformer", "MLP", "context.yaml", "runs/context")]
    [True, True, True, False, False]
    """
    try:
        if Path(text).is_file():
            return False
    except (OSError, ValueError):  # too long, for one
        return True
    return "=" in text or "<" in text or bool(re.search(r"\s", text)) or not re.search(r"[/\\]|\.[A-Za-z]\w*$", text)


def _parsed(content: str, suffix: str, source: str) -> Mapping[str, Any]:
    """Read JSON as YAML, of which it is a part, where it is not quite JSON: `{lr: 1e-3}`."""
    try:
        if suffix == ".toml":
            fields: Any = parsed_toml(content)
        else:
            try:
                fields = json.loads(content)
            except ValueError:
                fields = yaml.safe_load(without_comments(content) if content.lstrip().startswith("{") else content)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise _refused(source, str(error)) from None
    if not isinstance(fields, dict):
        raise _refused(source, _EXAMPLE)
    return {str(name): value for name, value in fields.items()}


def _refused(text: str, hint: str) -> InvalidInput:
    return InvalidInput(field="--context", value=text[:200], expected=_EXPECTED, hint=" ".join(hint.split())[:160])
