"""Files of settings among files of histories: whose context they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from training_runs.context_words import read_hyperparameters
from training_runs.context_words.documents import SUFFIXES, read_settings
from training_runs.errors import InvalidInput
from training_runs.readers.recording import ReadRun

_NAMES = {"config", "hparams", "hyperparameters", "args", "params", "settings", "context"}
_LONGEST_LIST = 2  # values of a setting such as betas; a history has more

Settings = Mapping[str, Any]


def settings_among(contents: Mapping[str, bytes]) -> dict[str, Settings]:
    """Return the files that hold settings and no history, by their paths: YAML, TOML, and JSON that is called so or has no lists.

    Raises
    ------
    InvalidInput : one that is damaged.
    """
    stems = {_stem(name) for name in contents if PurePosixPath(name).suffix.lower() not in SUFFIXES}
    found = {name: read for name, content in contents.items() if (read := _settings(name, content, stems)) is not None}
    return found if len(found) < len(contents) else {}


def with_settings(run: ReadRun, paths: Sequence[str], settings: Mapping[str, Settings]) -> ReadRun:
    """Return a run with what the files of settings beside its own files say of it.

    A file of the same name is of that run; one of another name of all runs in its folder and below. The nearest counts.
    """
    stems = {_stem(path) for path in paths}
    context, notes = dict(run.context), list(run.reading.notes)
    for name in sorted(settings, key=lambda name: (_stem(name) in stems, name.count("/"))):
        folder = str(PurePosixPath(name).parent)
        is_above = folder == "." or any(path.startswith(f"{folder}/") for path in paths)
        if _stem(name) in stems or (is_above and PurePosixPath(_stem(name)).name in _NAMES | {_only(settings)}):
            read = read_hyperparameters(settings[name], name)
            context |= read.fields()
            notes += [f"context from {name}", *read.notes]
    return replace(run, context=context, reading=replace(run.reading, notes=tuple(notes)))


def _only(settings: Mapping[str, Settings]) -> str:
    """Return the name of the only file of settings: whatever it is called, it is of all runs beside it."""
    return PurePosixPath(_stem(next(iter(settings)))).name if len(settings) == 1 else ""


def _stem(name: str) -> str:
    """Return a path without its ending, `exp.context.json` and `exp.json` as `exp`."""
    path = PurePosixPath(name)
    plain = path.name.removesuffix(".context.json")
    return str(path.with_name(plain if plain != path.name and plain else path.stem))


def _settings(name: str, content: bytes, stems: set[str]) -> Settings | None:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        return None
    try:
        settings = read_settings(content.decode("utf-8-sig"), suffix)
    except ValueError as error:
        if suffix == ".json":
            return None  # a history, perhaps; its reader says what is wrong with it
        raise InvalidInput(
            field=name,
            value="a file that cannot be read",
            expected="settings, as `name: value` lines",
            hint=str(error)[:120],
        ) from None
    if suffix != ".json" or name.endswith(".context.json"):
        return settings
    is_called_so = PurePosixPath(name).stem.lower() in _NAMES or _stem(name) in stems
    is_flat = not any(isinstance(value, list | dict) for value in settings.values())
    return settings if is_flat or (is_called_so and not _has_history(settings)) else None


def _has_history(settings: Settings) -> bool:
    lists = [value for value in settings.values() if isinstance(value, list)]
    inside = [value for value in settings.values() if isinstance(value, dict)]
    return any(len(value) > _LONGEST_LIST for value in lists) or any(map(_has_history, inside))
