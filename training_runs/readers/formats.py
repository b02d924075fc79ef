"""Which reader a file or folder is for, and what it reads."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training_runs.errors import InvalidInput
from training_runs.readers.encodings import refuse_foreign, uncompressed, unpacked
from training_runs.readers.recording import RawRun, ReadOptions, Recording
from training_runs.readers.runs import read_runs
from training_runs.readers.tables import SUFFIXES, read_table, sniffed
from training_runs.readers.tools import TOOL_NAMES, TOOLS


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a file or folder holds, before its names are understood.

    Attributes
    ----------
    path : where it is, as it was named.
    runs : the runs as they were recorded, or why one of several cannot be read.
    notes : how the file as a whole was read, in words.
    of_tool : whether a tool that is known wrote it; else it is a table or a text log.
    """

    path: str
    runs: Mapping[str, RawRun | InvalidInput]
    notes: tuple[str, ...] = ()
    of_tool: bool = False

    def recording(self, options: ReadOptions | None = None) -> Recording:
        """Return the histories in it.

        Raises
        ------
        InvalidInput : none of its runs can be read.
        """
        return read_runs(self.runs, self.path, options, self.notes)


_TABLES = tuple(dict.fromkeys(SUFFIXES.values()))
FORMATS = ("auto", *_TABLES, *TOOLS)


def read_recorded(
    path: str, format: str = "auto", options: ReadOptions | None = None, *, name: str | None = None
) -> Recorded:
    """Return what a file or folder holds as it was recorded; `Recorded.recording` understands it.

    Parameters
    ----------
    name : what it is called, where that is not its path.

    Raises
    ------
    InvalidInput : nothing there, or an unknown or damaged format.
    """
    _require_known(format)
    if path == "-":
        return Recorded("-", _of_stdin(format, options))
    return _recorded(Path(path), name or path, format, options)


def is_compressed_table(path: Path) -> bool:
    """Return True for a name such as `run.csv.gz`: a table or a log, compressed."""
    plain = uncompressed(path)
    return plain != path and plain.suffix.lower() in SUFFIXES


def _require_known(format: str) -> None:
    if format not in FORMATS:
        raise InvalidInput(field="--format", value=format, expected=f"one of {', '.join(FORMATS)}")


def _recorded(file: Path, path: str, format: str, options: ReadOptions | None) -> Recorded:
    _require_readable(file)
    raw: Mapping[str, RawRun | InvalidInput]
    try:
        format = detected(file) if format == "auto" else format
        raw = TOOLS[format].read(file) if format in TOOLS else _of_table(file.read_bytes(), path, format, options)
    except OSError as error:
        raise _unreadable(path, str(error)) from None
    notes = (f"{path} is read as {format}",) if format in TOOLS else ()
    return Recorded(path, raw, notes, of_tool=format in TOOLS)


def _of_table(content: bytes, path: str, format: str, options: ReadOptions | None) -> dict[str, RawRun]:
    """Return the runs in the bytes of a file that is no tool's, which may be compressed; `path` is its name."""
    content = unpacked(content, path)
    refuse_foreign(content, path)
    return read_table(content, format, uncompressed(Path(path)).stem, path, options)


def detected(path: Path) -> str:
    """Return the format of a file or folder, from its name and its content.

    Raises
    ------
    InvalidInput : it is none that is known.
    """
    for tool in TOOLS.values():
        if tool.wrote(path):
            return tool.format
    if path.is_dir():
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected=f"a folder that {TOOL_NAMES} wrote",
            hint="or name the file in it",
        )
    content = unpacked(path.read_bytes(), str(path))
    refuse_foreign(content, str(path))
    return _format_of(content, str(path))


def is_of_a_tool(folder: Path) -> bool:
    """Return True for a folder that one of the known tools wrote: one recording, not a folder of recordings."""
    try:
        detected(folder)
    except InvalidInput:
        return False
    return True


def _format_of(content: bytes, path: str) -> str:
    """Return the format of the content of a table; its name's ending counts where the content shows nothing.

    Raises
    ------
    InvalidInput : neither shows a format.
    """
    found, by_name = sniffed(content, path), SUFFIXES.get(uncompressed(Path(path)).suffix.lower())
    if {found, by_name} == {"json", "jsonl"}:
        return str(by_name)
    if found or by_name:
        return str(found or by_name)
    raise InvalidInput(
        field="HISTORY",
        value=path,
        expected=f"a file ending in {', '.join(SUFFIXES)}, or what a known tool wrote",
        hint="or say which with --format",
    )


def _of_stdin(format: str, options: ReadOptions | None) -> dict[str, RawRun]:
    if format in TOOLS:
        raise InvalidInput(field="--format", value=format, expected=f"one of {', '.join(_TABLES)} for standard input")
    content = unpacked(sys.stdin.buffer.read(), "-")
    refuse_foreign(content, "-")
    format = (sniffed(content, "-") or "csv") if format == "auto" else format
    return read_table(content, format, "stdin", "-", options)


def _require_readable(path: Path) -> None:
    if path.is_dir():
        return
    try:
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        raise _unreadable(str(path), str(getattr(error, "strerror", None) or error)) from None


def _unreadable(path: str, hint: str) -> InvalidInput:
    return InvalidInput(field="HISTORY", value=path, expected="a file or folder that can be read", hint=hint[:120])
