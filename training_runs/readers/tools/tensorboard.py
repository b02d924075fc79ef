"""TensorBoard's event files, every point of them. Needs the extra `tensorboard`; TensorFlow is not needed."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.extras import require
from training_runs.readers.recording import RawRun, Tool, wide

_EVENTS = "*tfevents*"
# Folders that Keras, and people, split a run into.
_SPLITS = {"train", "training", "val", "valid", "validation", "eval", "test"}


def event_folders(path: Path) -> list[Path]:
    """Return the folders with event files at and below a path; a single event file stands for its folder."""
    if path.is_file():
        return [path] if "tfevents" in path.name else []
    return sorted({file.parent for file in path.rglob(_EVENTS) if file.is_file()})


def read_tensorboard(path: Path) -> dict[str, RawRun]:
    """Return each run at and below a path: a run is a folder with event files.

    Folders called `train`, `validation` ... and those that `add_scalars` makes (`acc_train` beside a tag `acc`) belong
    to the run above them. Where a resumed training wrote steps again, the later values count.

    Raises
    ------
    InvalidInput : no event files, a damaged one, or one without scalars.
    """
    folders = event_folders(path)
    if not folders:
        raise InvalidInput(field="HISTORY", value=str(path), expected="event files (*tfevents*) of TensorBoard")
    require("tensorboard", extra="tensorboard")
    rows: dict[Path, list[tuple[int, str, float]]] = {}
    for folder in folders:
        points = _points(folder)
        if folder == path or not _is_hparams(folder, folders):
            run, names = _owner(folder, {tag for _, tag, _ in points})
            rows.setdefault(run, []).extend((step, names[tag], value) for step, tag, value in points)
    runs = {run: points for run, points in rows.items() if points}
    if not runs:
        raise InvalidInput(field="HISTORY", value=str(path), expected="event files with scalars, and these have none")
    return {_name(run, path): RawRun(_table(points)) for run, points in runs.items()}


def _table(points: list[tuple[int, str, float]]) -> pd.DataFrame:
    return wide(pd.DataFrame(points, columns=["step", "metric", "value"]))


def _points(folder: Path) -> list[tuple[int, str, float]]:
    """Return (step, tag, value) of every scalar.

    Read record by record: TensorBoard's own accumulator keeps a sample, and takes what stands before a damage for the
    whole.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util import tensor_util

    points: dict[str, list[tuple[int, float]]] = {}
    scalar_tensors = set()  # TensorFlow 2 names the kind of a tag in its first event only
    for file in [folder] if folder.is_file() else sorted(folder.glob(_EVENTS)):
        for record in _records(file):
            event = Event.FromString(record)
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "scalars":
                    scalar_tensors.add(value.tag)
                if value.HasField("simple_value"):
                    number = value.simple_value
                elif value.HasField("tensor") and value.tag in scalar_tensors:
                    number = float(tensor_util.make_ndarray(value.tensor))
                else:
                    continue
                earlier = points.setdefault(value.tag, [])
                while earlier and earlier[-1][0] >= event.step:  # a training that was rewound
                    earlier.pop()
                earlier.append((event.step, number))
    return [(step, tag, value) for tag, pairs in points.items() for step, value in pairs]


def _records(file: Path) -> Iterator[bytes]:
    """Yield the records of an event file, each checked against its checksum.

    A record that the end of the file cuts off is no damage: the training is still writing it.
    """
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    read = 0
    for record in RawEventFileLoader(str(file)).Load():
        read += len(record) + 16  # length, its checksum, the record, its checksum
        yield record
    size = file.stat().st_size
    if read < size and not _is_cut_off(file, read):
        raise InvalidInput(
            field="HISTORY",
            value=str(file),
            expected="an undamaged event file",
            hint=f"it cannot be read beyond byte {read} of {size}",
        )


def _is_cut_off(file: Path, at: int) -> bool:
    """Return True if the record that begins at a byte, with a sound length, is longer than the rest of the file."""
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    with file.open("rb") as content:
        content.seek(at)
        rest = content.read()
    if len(rest) < 12:
        return at > 0
    is_sound = masked_crc32c(rest[:8]) == int.from_bytes(rest[8:12], "little")
    return is_sound and len(rest) < int.from_bytes(rest[:8], "little") + 16


def _owner(folder: Path, tags: set[str]) -> tuple[Path, dict[str, str]]:
    """Return the run that a folder belongs to, and what each of its tags is called there."""
    if folder.name.lower() in _SPLITS:
        return folder.parent, {tag: f"{folder.name}/{tag}" for tag in tags}
    if len(tags) == 1:
        # `add_scalars("acc", {"train": ...})` writes tag `acc` into `acc_train`.
        (tag,) = tags
        if folder.name.startswith(tag.replace("/", "_") + "_"):
            return folder.parent, {tag: folder.name}
    return folder, {tag: tag for tag in tags}


def _is_hparams(folder: Path, folders: list[Path]) -> bool:
    """Return True if `add_hparams` made a folder: it is called by the time, below the run."""
    return bool(re.fullmatch(r"\d+\.\d+", folder.name)) and folder.parent in folders


def _name(run: Path, root: Path) -> str:
    inside = run.relative_to(root).as_posix() if run.is_relative_to(root) else "."
    return inside if inside != "." else root.resolve().name


def _wrote(path: Path) -> bool:
    return bool(event_folders(path)) if path.is_dir() else "tfevents" in path.name


# Many tools write event files beside their own.
TOOL = Tool("tensorboard", "TensorBoard", _wrote, read_tensorboard, rank=1)
