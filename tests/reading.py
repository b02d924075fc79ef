"""Files of given content, read as the command line reads them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from training_runs.readers import ReadOptions, read_recording
from training_runs.readers.recording import Recording

CASES = Path(__file__).parent / "data" / "cases"
Read = Callable[..., Recording]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return what is read of a file with a name and a content."""

    def read(name: str, content: str | bytes, **options: Any) -> Recording:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_recording(str(path), options=ReadOptions(**options))

    return read


def values(recording: Recording, run: str | None = None) -> Mapping[str, list[float | None]]:
    """Return the history of a run (of the only one), a missing value as None."""
    history = recording.histories[run] if run else next(iter(recording.histories.values()))
    signals = {name: [None if v != v else v for v in column.tolist()] for name, column in history.signals.items()}
    return {"step": history.steps.tolist(), **signals}
