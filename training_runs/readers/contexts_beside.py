"""Files of settings among files of histories: whose context they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from training_runs.context_words import read_hyperparameters
from training_runs.context_words.documents import SUFFIXES, read_settings
from training_runs.errors import InvalidInput
from training_runs.readers.recording import ReadRun

_NAMES = {"config", "hparams", "hyperparameters", "args", "params", "settings", "context"}
_LONGEST_LIST = 2  # values of a setting such as betas; a history has more

Settings = Mapping[str, Any]


def settings_among(contents: Mapping[str, bytes]) -> dict[str, Settings]:
    """Return the files that hold settings and no history, by their paths: YAML and TOML, and JSON that is called so or has no lists.

    Raises
    ------
    InvalidInput : one that is damaged.
    """
    stems = {_stem(name) for name in contents if PurePosixPath(name).suffix.lower() not in SUFFIXES}
    found = {name: read for name, content in contents.items() if (read := _settings(name, content, stems)) is not None}
    return found if len(found) < len(contents) else {}


def settings_files(source: Path) -> list[Path]:
    """Return the files in a folder and below that may hold settings; of a file those beside it that are called so, or as it is.

    Hydra's `.hydra/config.yaml` is one; of other hidden folders none is.
    """
    if source.is_dir():
        found = (path for path in source.rglob("*") if not _is_hidden(path.relative_to(source)))
    else:
        stems = sorted(_NAMES - {"context"} | {source.stem})  # what is called `context` is given by --context
        places = (*((source.parent / stem) for stem in stems), source.parent / ".hydra" / "config")
        found = (place.with_name(place.name + suffix) for place in places for suffix in SUFFIXES)
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES and path != source and path.is_file())


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts) and path.parts[-2:] != (".hydra", "config.yaml")


def with_settings(run: ReadRun, paths: Sequence[str], settings: Mapping[str, Settings]) -> ReadRun:
    """Return a run with what the files of settings beside its own files say of it.

    A file of the same name is of that run; one of another name of all runs in its folder and below. The nearest counts.
    """
    stems = {_stem(path) for path in paths}
    context, notes = dict(run.context), list(run.reading.notes)
    for name in sorted(settings, key=lambda name: (_stem(name) in stems, name.count("/"))):
        folder = str(PurePosixPath(name).parent).removesuffix(".hydra").rstrip("/") or "."
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
    is_called_so = PurePosixPath(name).stem.lower() in _NAMES or _stem(name) in stems
    try:
        settings = read_settings(content.decode("utf-8-sig"), suffix)
    except ValueError as error:
        if suffix == ".json" or not is_called_so:
            return None  # a history, perhaps; its reader says what is wrong with it
        raise InvalidInput(
            field=name,
            value="a file that cannot be read",
            expected="settings, as `name: value` lines",
            hint=str(error)[:120],
        ) from None
    if name.endswith(".context.json") or (suffix != ".json" and not _has_history(settings)):
        return settings
    is_flat = not any(isinstance(value, list | dict) for value in settings.values())
    return settings if is_flat or (is_called_so and not _has_history(settings)) else None


def _has_history(settings: Settings) -> bool:
    lists = [value for value in settings.values() if isinstance(value, list)]
    inside = [value for value in settings.values() if isinstance(value, dict)]
    return any(len(value) > _LONGEST_LIST for value in lists) or any(map(_has_history, inside))
