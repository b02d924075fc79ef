"""Files of settings: what JSON, YAML and TOML hold, as one mapping."""

import configparser
import contextlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

SUFFIXES = (".yaml", ".yml", ".toml", ".json")
# Larger ones are no settings; a few lines of YAML can repeat each other without end.
MOST_BYTES, _MOST_VALUES = 1_000_000, 10_000
_MOST_BRACKETS = 100  # in a pasted text


class PlainLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads plain values; an object of Python, which Lightning writes too, is taken as missing and never made."""


PlainLoader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: None)
_BLOCK = re.compile(r"^[\w.-]+:[ \t]*(?:\n[ \t-]+\S|\{[^{}\n]*\}[ \t]*$)", re.MULTILINE)
_DEEP_NAME = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){50}""")


def read_settings(text: str, suffix: str) -> dict[Any, Any]:
    """Return what a file of settings holds, by the ending of its name; empty where it holds nothing.

    Raises
    ------
    ValueError : it is damaged, holds something else, or too much.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
    try:
        settings = _parsed(text, suffix)
        if not isinstance(settings, dict | None):
            raise ValueError(f"it holds a {type(settings).__name__}")
        for k, _ in enumerate(values_of(settings or {})):
            if k >= _MOST_VALUES:
                raise ValueError(f"it has more than {_MOST_VALUES:,} values")
    except (yaml.YAMLError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return settings or {}


def parsed_toml(text: str) -> dict[str, Any]:
    """Return what TOML holds.

    Raises
    ------
    ValueError : it is damaged, or a name has too many parts: the parser takes memory by the square of them.
    """
    if _DEEP_NAME.search(text):
        raise ValueError("it has a name of over 50 parts")
    return tomllib.loads(text)


def settings_in(text: str) -> dict[Any, Any] | None:
    """Return the settings of a text that is a document with parts inside, as a configuration is pasted; None for words.

    >>> settings_in("optim:\\n  name: adamw"), settings_in('[optim]\\nname = "sgd"'), settings_in("[optim]\\nname = sgd")
    ({'optim': {'name': 'adamw'}}, {'optim': {'name': 'sgd'}}, {'optim': {'name': 'sgd'}})
    """
    if len(re.findall(r"[\[{]", text)) > _MOST_BRACKETS or re.search(r"(?:- ){9}", text):
        return None  # YAML takes seconds for what lies very deep
    if holds_calls(text):
        return None
    if text.lstrip().startswith("{") or (_BLOCK.search(text) and not re.search(r"\{[^{}:]*=[^{}:]*\}", text)):
        parsers: tuple[Callable[[str], Any], ...] = (
            lambda text: read_settings(text, ".yaml"),
            lambda text: read_settings(without_comments(text), ".yaml"),
        )
    elif re.search(r"^\[[\w. -]+\][ \t]*$", text, re.MULTILINE):
        parsers = (lambda text: read_settings(text, ".toml"), _sections)
    else:
        return None
    for parse in parsers:
        with contextlib.suppress(ValueError, configparser.Error):
            settings = parse(text)
            has_parts = any(isinstance(value, Mapping) for value in settings.values())
            return settings if has_parts or text.lstrip().startswith("{") else None
    return None


def without_comments(text: str) -> str:
    """Return a text without the comments that JSON5 and JavaScript have.

    >>> without_comments('{lr: 1e-3, // peak\\n log: "http://x"}')
    '{lr: 1e-3, \\n log: "http://x"}'
    """
    return re.sub(r"(?<![^\s,])//[^\n]*|/\*.{0,1000}?\*/", "", text, flags=re.DOTALL)


def holds_calls(text: str) -> bool:
    """Return True for `{"optimizer": AdamW(lr=1e-3, weight_decay=1)}`, which YAML would part at the comma.

    >>> holds_calls('{"optimizer": AdamW(lr=1e-3, weight_decay=1)}'), holds_calls('{"optimizer": "AdamW(lr=1e-3, wd=1)"}')
    (True, False)
    """
    return re.search(r":\s*[\w.]+\([^()\n]*,", text) is not None


def _sections(text: str) -> dict[str, Any]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def values_of(settings: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value with the path of its name."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from values_of(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


def _parsed(text: str, suffix: str) -> Any:
    if suffix == ".toml":
        return parsed_toml(text)
    return json.loads(text) if suffix == ".json" else yaml.load(text, PlainLoader)
