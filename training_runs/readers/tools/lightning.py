"""Lightning's CSVLogger: `metrics.csv` and `hparams.yaml`, in a folder `<name>/version_N` of their own."""

from functools import partial
from pathlib import Path

import pandas as pd

from training_runs.context_words import read_hyperparameters
from training_runs.errors import InvalidInput
from training_runs.readers.damage import each_read, note_on_damage, without_damaged_values
from training_runs.readers.encodings import damaged_text, first_line
from training_runs.readers.recording import RawRun, Tool
from training_runs.readers.tables import parsed
from training_runs.readers.yaml_values import yaml_values

FILE = "metrics.csv"
HYPERPARAMETERS = "hparams.yaml"


def is_lightning(path: Path) -> bool:
    """Return True if a path is a `metrics.csv` of Lightning, or a folder that holds one or several, each in its own."""
    return any(_is_lightning_file(file) for file in files_of(path))


def files_of(path: Path) -> list[Path]:
    """Return the files that a path is or holds: of `version_N`, of `lightning_logs` above it, or of its parent."""
    if not path.is_dir():
        return [path]
    below = (sorted(path.glob(pattern)) for pattern in (FILE, f"*/{FILE}", f"*/*/{FILE}"))
    return next((found for found in below if found), [])


def _is_lightning_file(file: Path) -> bool:
    if file.name != FILE or not file.is_file():
        return False
    return {"epoch", "step"} <= set(first_line(file).strip().split(","))


def read_lightning(path: Path) -> dict[str, RawRun | InvalidInput]:
    """Return the run of each `metrics.csv`, by its folder, or why it cannot be read."""
    files = files_of(path) or [path / FILE]
    names = [file.parent.relative_to(path).as_posix() for file in files] if len(files) > 1 else [_name(files[0])]
    return each_read({name: partial(_read, file) for name, file in zip(names, files, strict=True)})


def _name(file: Path) -> str:
    return (file.parent.name if file.name == FILE else file.stem) or "run"


def _read(file: Path) -> RawRun:
    """Return the run of one file; rows are sparse, and training and validation have rows of their own.

    Lightning counts the first update as step 0; here a step is the number of updates done. What `save_hyperparameters`
    wrote beside it becomes context, where its names are certain. Lines with other cells than the header names, and without a
    step, are damaged.

    Raises
    ------
    InvalidInput : no such file, its columns are not those of Lightning, or damaged hyperparameters beside it.
    """
    text, damaged = _whole_lines(damaged_text(file.read_bytes()) if file.is_file() else "")
    table = parsed(text.encode(), "csv", str(file)) if file.is_file() else None
    if table is None or not {"epoch", "step"} <= set(table.columns):
        raise InvalidInput(
            field=str(file if file.is_file() else file.parent),
            value="no columns epoch and step" if table is not None else "no metrics.csv",
            expected="what Lightning's CSVLogger writes: a metrics.csv, or the folder with it",
        )
    table, of_values = without_damaged_values(table)
    table = table.assign(step=pd.to_numeric(table["step"], errors="coerce") + 1).dropna(subset="step")
    hyperparameters = yaml_values(file.parent / HYPERPARAMETERS, "Lightning") if file.name == FILE else {}
    reading = read_hyperparameters(hyperparameters, HYPERPARAMETERS)
    notes = ("Lightning counts steps from 0: 1 is added", *damaged, *of_values, *reading.notes)
    return RawRun(table, reading.fields(), notes)


def _whole_lines(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the lines of a text that have as many cells as its header, and a note on those that have not."""
    header, *lines = text.splitlines(keepends=True) or [""]
    kept, damaged = [header], list[str]()
    for line in lines:
        is_whole = '"' in line or not line.strip() or line.count(",") == header.count(",")
        (kept if is_whole else damaged).append(line)
    return "".join(kept), note_on_damage("lines", damaged)


TOOL = Tool("lightning", "Lightning", is_lightning, read_lightning)
