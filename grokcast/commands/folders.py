"""The folders of runs that commands read."""

from pathlib import Path
from typing import Any


def read_runs(folder: Path | None) -> list[Any]:
    """Read a folder of runs; the shipped corpus by default."""
    from training_runs import archive
    from training_runs.errors import InvalidInput

    runs = archive.read(folder or archive.CORPUS)
    if not runs:
        raise InvalidInput(
            field="folder of runs",
            value=str(folder),
            expected="at least one run",
            hint="`grokcast generate` and `grokcast runs export` write such folders, "
            "and `grokcast runs import FILES --out FOLDER` makes one of recordings (CSV, logs ...)",
        )
    return runs
