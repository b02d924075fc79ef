"""Which reader a file or folder is for, and what it reads."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from training_runs.errors import InvalidInput
from training_runs.readers.columns import read_columns
from training_runs.readers.recording import RawRun, ReadOptions, Recording
from training_runs.readers.tables import SUFFIXES, read_table
from training_runs.readers.tools import TOOLS
from training_runs.trajectory import Trajectory

_TABLES = tuple(dict.fromkeys(SUFFIXES.values()))
FORMATS = ("auto", *_TABLES, *TOOLS)


def read_recording(path: str, format: str = "auto", options: ReadOptions | None = None) -> Recording:
    """Return the histories in a file or folder, or in standard input where the path is `-`.

    Raises
    ------
    InvalidInput : nothing there, an unknown or damaged format, or columns that cannot be read as a history. One run that
        cannot be read refuses the whole.
    """
    if format not in FORMATS:
        raise InvalidInput(field="--format", value=format, expected=f"one of {', '.join(FORMATS)}")
    if path == "-":
        return _recording(_of_stdin(format), path, options, ())
    file = Path(path)
    _require_readable(file)
    format = detected(file) if format == "auto" else format
    try:
        raw = TOOLS[format].read(file) if format in TOOLS else _read_table(file, format)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from None
    notes = (f"{path} is read as {format}",) if format in TOOLS else ()
    return _recording(raw, path, options, notes)


def detected(path: Path) -> str:
    """Return the format of a file or folder, from its name and its first bytes.

    Raises
    ------
    InvalidInput : it is none that is known.
    """
    for tool in TOOLS.values():
        if tool.wrote(path):
            return tool.format
    names = [tool.name for tool in TOOLS.values()]
    if path.is_dir():
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected=f"a folder that {', '.join(names[:-1])} or {names[-1]} wrote",
            hint="or name the file in it",
        )
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected=f"a file ending in {', '.join(SUFFIXES)}, or what a known tool wrote",
            hint="or say which with --format",
        )
    return SUFFIXES[path.suffix.lower()]


def _read_table(path: Path, format: str) -> dict[str, RawRun]:
    return read_table(path.read_bytes(), format, path.stem, str(path))


def _of_stdin(format: str) -> dict[str, RawRun]:
    if format in TOOLS:
        raise InvalidInput(field="--format", value=format, expected=f"one of {', '.join(_TABLES)} for standard input")
    content = sys.stdin.buffer.read()
    return read_table(content, _sniffed(content) if format == "auto" else format, "stdin", "-")


def _sniffed(content: bytes) -> str:
    """Return the format of bytes that have no name."""
    if content.startswith(b"PAR1"):
        return "parquet"
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"["):
        return "json"
    if start.startswith(b"{"):
        first, _, rest = start.partition(b"\n")
        return "jsonl" if rest.strip() and _is_object(first) else "json"
    return "csv"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _recording(raw: dict[str, RawRun], path: str, options: ReadOptions | None, notes: Iterable[str]) -> Recording:
    histories: dict[str, Trajectory] = {}
    all_notes = dict.fromkeys(notes)  # an ordered set
    for run, recorded in raw.items():
        source = path if len(raw) == 1 else f"{path}, run {run}"
        histories[run], new = read_columns(recorded.table, source, options)
        all_notes |= dict.fromkeys([*recorded.notes, *new])
    contexts = {run: dict(recorded.context) for run, recorded in raw.items()}
    questions = {run: dict(recorded.question) for run, recorded in raw.items()}
    return Recording(histories, tuple(all_notes), contexts, questions)


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
