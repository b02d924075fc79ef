"""Which reader a file or folder is for, and what it reads."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.readers import hugging_face, lightning, mlflow, tensorboard, wandb
from training_runs.readers.columns import read_columns
from training_runs.readers.recording import RawRun, ReadOptions, Recording
from training_runs.readers.tables import parsed, read_table
from training_runs.trajectory import Trajectory

_TABLES = ("csv", "json", "jsonl", "parquet")
_READERS: dict[str, Callable[[Path], dict[str, RawRun]]] = {
    "tensorboard": tensorboard.read_tensorboard,
    "lightning": lightning.read_lightning,
    "hf": hugging_face.read_hugging_face,
    "mlflow": mlflow.read_mlflow,
    "wandb": lambda path: _read_wandb(path),
}
FORMATS = ("auto", *_TABLES, *_READERS)
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


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
        raw = _READERS[format](file) if format in _READERS else _read_table(file, format)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from None
    notes = (f"{path} is read as {format}",) if format in _READERS else ()
    return _recording(raw, path, options, notes)


def detected(path: Path) -> str:
    """Return the format of a file or folder, from its name and its first bytes.

    Raises
    ------
    InvalidInput : it is none that is known.
    """
    if path.is_dir():
        return _of_folder(path)
    if "tfevents" in path.name:
        return "tensorboard"
    if path.suffix == ".wandb":
        return "wandb"
    if mlflow.is_database(path):
        return "mlflow"
    if lightning.is_lightning(path):
        return "lightning"
    if path.name == hugging_face.FILE:
        return "hf"
    try:
        format = _SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected=f"a file ending in {', '.join(_SUFFIXES)}, or what a known tool wrote",
            hint="or say which with --format",
        ) from None
    return "wandb" if _first_names(path, format) else format


def _of_folder(path: Path) -> str:
    kinds = {
        "hf": hugging_face.state_file(path) is not None,
        "lightning": lightning.is_lightning(path),
        "mlflow": (path / mlflow.DATABASE).is_file() or bool(mlflow.run_folders(path)),
        "wandb": wandb.wandb_file(path) is not None,
        "tensorboard": bool(tensorboard.event_folders(path)),
    }
    for format, found in kinds.items():
        if found:
            return format
    raise InvalidInput(
        field="HISTORY",
        value=str(path),
        expected="a folder that TensorBoard, Lightning, Hugging Face, MLflow or W&B wrote",
        hint="or name the file in it",
    )


def _first_names(path: Path, format: str) -> bool:
    """Say whether the first line of a text file names columns as W&B's exports do."""
    if format not in ("csv", "jsonl"):
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        first = lines.readline(1_000_000).strip()
    if format == "csv":
        return wandb.is_wandb_table([name.strip('"') for name in first.split(",")])
    try:
        return wandb.is_wandb_table(list(json.loads(first)))
    except (ValueError, TypeError, RecursionError):
        return False


def _read_wandb(path: Path) -> dict[str, RawRun]:
    file = wandb.wandb_file(path)
    if file is not None:
        return wandb.read_wandb_file(file)
    format = _SUFFIXES.get(path.suffix.lower(), "csv")
    table = parsed(path.read_bytes(), format, str(path)) if path.is_file() else pd.DataFrame()
    if not wandb.is_wandb_table([str(c) for c in table.columns]):
        raise InvalidInput(
            field="HISTORY",
            value=str(path),
            expected="a .wandb file, or an exported history with _step or `Step, <run> - <metric>`",
        )
    return wandb.runs_of_table(table, path.stem)


def _read_table(path: Path, format: str) -> dict[str, RawRun]:
    return read_table(path.read_bytes(), format, path.stem, str(path))


def _of_stdin(format: str) -> dict[str, RawRun]:
    if format in _READERS:
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
    told = dict.fromkeys(notes)  # an ordered set
    for run, recorded in raw.items():
        source = path if len(raw) == 1 else f"{path}, run {run}"
        histories[run], new = read_columns(recorded.table, source, options)
        told |= dict.fromkeys([*recorded.notes, *new])
    contexts = {run: dict(recorded.context) for run, recorded in raw.items()}
    questions = {run: dict(recorded.question) for run, recorded in raw.items()}
    return Recording(histories, tuple(told), contexts, questions)


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
