"""Lightning's CSVLogger: `metrics.csv`, in a folder `<name>/version_N` of its own."""

from pathlib import Path

from training_runs.errors import InvalidInput
from training_runs.readers.recording import RawRun
from training_runs.readers.tables import parsed

FILE = "metrics.csv"


def is_lightning(path: Path) -> bool:
    """Say whether a path is a `metrics.csv` of Lightning, or the folder that holds one."""
    file = path / FILE if path.is_dir() else path
    if file.name != FILE or not file.is_file():
        return False
    with file.open(encoding="utf-8", errors="replace") as lines:
        return {"epoch", "step"} <= set(lines.readline().strip().split(","))


def read_lightning(path: Path) -> dict[str, RawRun]:
    """Return the one run of a `metrics.csv`; rows are sparse, and training and validation have rows of their own.

    Lightning counts the first update as step 0; here a step is the number of updates done.

    Raises
    ------
    InvalidInput : no such file, or its columns are not those of Lightning.
    """
    file = path / FILE if path.is_dir() else path
    table = parsed(file.read_bytes(), "csv", str(file)) if file.is_file() else None
    if table is None or not {"epoch", "step"} <= set(table.columns):
        raise InvalidInput(
            field=str(path),
            value="no columns epoch and step" if table is not None else "no metrics.csv",
            expected="what Lightning's CSVLogger writes: a metrics.csv, or the folder with it",
        )
    table["step"] += 1
    name = file.parent.name if file.name == FILE else file.stem
    return {name or "run": RawRun(table, notes=("Lightning counts steps from 0: 1 is added",))}
