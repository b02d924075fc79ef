"""Histories to forecast or to keep: what files, folders, tables and mappings hold, run by run."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from grokcast.contexts import Contexts, contexts_beside
from training_runs.context_words.documents import MOST_BYTES
from training_runs.errors import InvalidInput
from training_runs.readers import (
    ReadOptions,
    Recorded,
    Recording,
    merged_files,
    names_of_files,
    read_content,
    read_recorded,
)
from training_runs.readers.contexts_beside import Settings, settings_among, settings_files, with_settings
from training_runs.readers.formats import is_compressed_table, is_of_a_tool
from training_runs.readers.tables import SUFFIXES
from training_runs.readers.tools import TOOL_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from training_runs.trajectory import Trajectory

Source = Union[str, "os.PathLike[str]", "pd.DataFrame", Mapping[str, Any]]
Options = ReadOptions | None


@dataclass(frozen=True, eq=False)
class History:
    """One run as it was read, or the reason why it could not be.

    Attributes
    ----------
    run : its name, unique among those that are read together.
    names : what a context may call it: the name, that of its run in the file, the file's with and without its ending.
    trajectory : what was recorded; None where there is a problem.
    recorded : context and question (`horizon_step`, `target_accuracy`) in the recording.
    beside : context in a file beside the recording.
    notes : how it was read, in words.
    problem : why it could not be read.
    """

    run: str
    names: tuple[str, ...] = ()
    trajectory: "Trajectory | None" = None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    question: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: InvalidInput | None = None


def read_histories(sources: Sequence[Source], format: str = "auto", options: Options = None) -> Iterator[History]:
    """Yield the runs of files, folders, tables and mappings; one that cannot be read is a problem and spoils no other."""
    placed = [found for source in sources for found in _placed(source, format)]
    settings, notes = _settings(sources, [Path(place) for place in placed if isinstance(place, str | os.PathLike)])
    placed = [place for place in placed if str(place) not in settings] or placed
    parts = _parts([(source, _opened(source, format, options)) for source in placed], options)
    for part, name in zip(parts, _names([part.place for part in parts]), strict=True):
        yield from _read(part, name, options, settings, notes)


def _settings(sources: Sequence[Source], histories: Sequence[Path]) -> tuple[dict[str, Settings], tuple[str, ...]]:
    """Return the files of settings in folders and beside files, by their paths, and notes on those that are damaged.

    What a tool's folder holds is the tool's; `exp.json` and `exp.context.json` are of the one history of that name (`_beside`).
    """
    names = {str(file): b"" for file in histories}
    tools = [f"{file}/" for file in histories if file.is_dir()]
    own = {str(file.with_suffix(".json")) for file in histories if file.suffix.lower() != ".json"}
    found: dict[str, Settings] = {}
    notes: list[str] = []
    for source in {str(source): Path(source) for source in sources if isinstance(source, str | os.PathLike)}.values():
        for file in settings_files(source):
            name = str(file)
            is_own = name in own or name.endswith(".context.json") or any(map(name.startswith, tools))
            if is_own or file.stat().st_size > MOST_BYTES:
                continue
            try:
                found |= settings_among({**names, name: file.read_bytes()})
            except (InvalidInput, OSError) as problem:
                notes.append(f"left out: {problem}")
    return found, tuple(notes)


def files_in(folder: Path) -> list[Path]:
    """Return the recordings in a folder and the folders below it: tables and logs, and what a known tool wrote.

    Raises
    ------
    InvalidInput : there are none.
    """
    found = sorted(_recordings(folder))
    if not found:
        raise InvalidInput(
            field="HISTORY",
            value=str(folder),
            expected=f"a folder that {TOOL_NAMES} wrote, or with files ending in {', '.join(SUFFIXES)}",
            hint="or name the file in it",
        )
    return found


def is_folder_of_files(source: Source, format: str) -> bool:
    """Return True for a folder that no tool wrote: its files are runs of their own."""
    if not isinstance(source, str | os.PathLike) or format != "auto" or not Path(source).is_dir():
        return False
    return not is_of_a_tool(Path(source))


@dataclass(frozen=True, eq=False)
class _Part:
    """A source, or several files of one run; `place` names it."""

    place: Source
    files: tuple[Path, ...]
    held: Recorded | InvalidInput | None


def _opened(source: Source, format: str, options: Options) -> Recorded | InvalidInput | None:
    """Return what a file or folder holds, or why it cannot be read; None for what is no file."""
    if not isinstance(source, str | os.PathLike):
        return None
    try:
        return read_recorded(os.fspath(source), format, options)
    except InvalidInput as problem:
        return problem


def _parts(opened: Sequence[tuple[Source, Recorded | InvalidInput | None]], options: Options) -> list[_Part]:
    """Return sources, files of one run as one."""
    files = {os.fspath(source): held for source, held in opened if held is not None}  # type: ignore[arg-type]
    merged = {each.paths[0]: each for each in merged_files(files, options.names if options else None)}
    parts: list[_Part] = []
    for source, held in opened:
        if held is None:
            parts.append(_Part(source, (), None))
        elif each := merged.get(os.fspath(source)):  # type: ignore[arg-type]
            parts.append(_Part(each.place, tuple(map(Path, each.paths)), each.recorded))
    return parts


def _placed(source: Source, format: str) -> list[Source]:
    return list(files_in(Path(source))) if is_folder_of_files(source, format) else [source]  # type: ignore[arg-type]


def _recordings(folder: Path) -> Iterator[Path]:
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    stems = {entry.stem for entry in entries if entry.is_file() and entry.suffix.lower() in SUFFIXES.keys() - {".json"}}
    for entry in entries:
        if entry.is_dir():
            if is_of_a_tool(entry):
                yield entry
            else:
                yield from _recordings(entry)
        elif (entry.suffix.lower() in SUFFIXES or is_compressed_table(entry)) and not _is_context(entry, stems):
            yield entry


def _is_context(file: Path, stems: set[str]) -> bool:
    """Return True for what holds the context of a history beside it, or is a JSON file of settings alone."""
    if file.suffix.lower() != ".json":
        return False
    if file.name.endswith(".context.json") or file.stem in stems:
        return True
    fields = _json(file)
    return isinstance(fields, dict) and not any(isinstance(value, list | dict) for value in fields.values())


def _beside(file: Path) -> tuple[Contexts, tuple[str, ...]]:
    """Return the contexts in a file beside a history, and a note on it: `exp.context.json`, or `exp.json` beside `exp.csv`."""
    for place in (file.with_suffix(".context.json"), file.with_suffix(".json")):
        if place == file or not place.is_file():
            continue
        fields = _json(place)
        if isinstance(fields, dict) and not any(isinstance(value, list) for value in fields.values()):
            return contexts_beside(fields), (f"context from {place.name}",)
    return Contexts(), ()


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None


def _names(sources: Sequence[Source]) -> list[str]:
    """Return a name for each source: of files what tells them apart, of tables their number."""
    of_files = iter(names_of_files([os.fspath(s) for s in sources if isinstance(s, str | os.PathLike)]))
    tables = [f"table {k}" if len(sources) > 1 else "table" for k in range(1, len(sources) + 1)]
    return [
        next(of_files) if isinstance(source, str | os.PathLike) else table
        for source, table in zip(sources, tables, strict=True)
    ]


def _read(
    part: _Part, name: str, options: Options, settings: Mapping[str, Settings], of_settings: Sequence[str]
) -> Iterator[History]:
    try:
        recording = _recording(part, name, options)
    except InvalidInput as error:
        yield History(name, (name,), problem=error)
        return
    contexts: list[Contexts] = []
    notes = list(of_settings)
    for file in part.files:
        found, note = _beside(file) if file.is_file() else (Contexts(), ())
        contexts.append(found)
        notes += note
    alone = len(recording.runs) + len(recording.problems) == 1

    def named(run: str) -> tuple[str, tuple[str, ...]]:
        own = name if alone else f"{name}/{run}" if part.files else run
        of_files = (each for file in part.files for each in (file.stem, file.name, str(file)))
        return own, (own, run, run.rpartition("=")[2], *((name,) if part.files else ()), *of_files)

    for run, recorded in recording.runs.items():
        own, names = named(run)
        paths = [f"{file}/{run}/" if file.is_dir() else str(file) for file in part.files]
        read = with_settings(recorded, paths, settings) if paths else recorded
        beside = {field: value for each in contexts for field, value in each.of(names).items()}
        all_notes = tuple(dict.fromkeys([*recording.file_notes, *read.reading.notes, *notes]))
        yield History(own, names, read.trajectory, dict(read.context), dict(read.question), beside, all_notes)
    for run, problem in recording.problems.items():
        yield History(*named(run), problem=problem)


def _recording(part: _Part, name: str, options: Options) -> Recording:
    source = part.place
    if isinstance(part.held, InvalidInput):
        raise part.held
    if part.held is not None:
        return part.held.recording(options)
    if isinstance(source, Mapping):
        document = json.dumps(source, default=_plain)
        return read_content(document.encode(), name, "json", options)
    if hasattr(source, "epoch") and hasattr(source, "params"):
        return _recording(replace(part, place=_of_keras(source)), name, options)
    if isinstance(source, str | os.PathLike) or not hasattr(source, "to_csv"):
        raise InvalidInput(
            field="history",
            value=type(source).__name__,
            expected="a path, a DataFrame, a mapping of columns, or what Keras' fit() returns",
        )
    named = source.reset_index() if any(source.index.names) else source
    return read_content(named.to_csv(index=False).encode(), name, "csv", options)


def _of_keras(history: Any) -> dict[str, Any]:
    """Return what Keras' `fit()` returns as anyone would write it down, with the settings of the optimiser."""
    optimizer = getattr(getattr(history, "model", None), "optimizer", None)
    config = {} if optimizer is None else dict(optimizer.get_config())
    if "name" in config:
        config["optimizer"] = config.pop("name")
    recorded = {"history": history.history, "epoch": history.epoch, "params": history.params}
    return {**recorded, "config": {k: v for k, v in config.items() if isinstance(v, str | int | float)}}


def _plain(value: Any) -> Any:
    """Return an array, a series or a number of numpy's as JSON can hold it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise InvalidInput(field="history", value=type(value).__name__, expected="lists of numbers, or arrays")
