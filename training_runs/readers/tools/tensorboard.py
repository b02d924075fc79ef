"""TensorBoard's event files, every point of them. Needs the extra `tensorboard`; TensorFlow is not needed."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.extras import require
from training_runs.readers.damage import note_on_damage
from training_runs.readers.event_records import EventRecords
from training_runs.readers.recording import RawRun, Tool, wide

_EVENTS = "*tfevents*"
# Folders that Keras, and people, split a run into.
_SPLITS = {"train", "training", "val", "valid", "validation", "eval", "test"}


def event_folders(path: Path) -> list[Path]:
    """Return the folders with event files at and below a path; a single event file stands for its folder."""
    if path.is_file():
        return [path] if "tfevents" in path.name else []
    return sorted({file.parent for file in path.rglob(_EVENTS) if file.is_file()})


def read_tensorboard(path: Path) -> dict[str, RawRun | InvalidInput]:
    """Return each run at and below a path, or why it cannot be read: a run is a folder with event files.

    Folders called `train`, `validation` ... and those that `add_scalars` makes (`acc_train` beside a tag `acc`) belong
    to the run above them. Where a resumed training wrote steps again, the later values count. Damaged records are left out.

    Raises
    ------
    InvalidInput : no event files, or none with scalars.
    """
    folders = event_folders(path)
    if not folders:
        raise InvalidInput(field="HISTORY", value=str(path), expected="event files (*tfevents*) of TensorBoard")
    require("tensorboard", extra="tensorboard")
    runs: dict[Path, _Points] = {}
    problems: dict[Path, InvalidInput] = {}
    for folder in folders:
        if folder != path and _is_hparams(folder, folders):
            continue
        try:
            points = _points(folder)
        except (InvalidInput, OSError) as problem:
            run, _ = _owner(folder, set())
            problems[run] = problem if isinstance(problem, InvalidInput) else _damaged(folder, str(problem))
            continue
        run, names = _owner(folder, {tag for _, tag, *_ in points.rows})
        of_run = runs.setdefault(run, _Points())
        of_run.rows += [(step, names[tag], value, time) for step, tag, value, time in points.rows]
        of_run.notes += points.notes
    read: dict[Path, RawRun | InvalidInput] = {run: _raw(points) for run, points in runs.items() if points.rows}
    if not read and not problems:
        raise InvalidInput(field="HISTORY", value=str(path), expected="event files with scalars, and these have none")
    return {_name(run, path): found for run, found in {**read, **problems}.items()}


@dataclass
class _Points:
    """Scalars of a run (step, tag, value, seconds since 1970), and notes on how they were read."""

    rows: list[tuple[int, str, float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _raw(points: _Points) -> RawRun:
    table = pd.DataFrame(points.rows, columns=["step", "metric", "value", "time"])
    return RawRun(wide(table), notes=tuple(points.notes))


def _points(folder: Path) -> _Points:
    """Return every scalar of the event files in a folder: TensorBoard's own accumulator keeps a sample."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util import tensor_util

    points: dict[str, list[tuple[int, float, float]]] = {}
    notes: list[str] = []
    scalar_tensors = set()  # TensorFlow 2 names the kind of a tag in its first event only
    for file in [folder] if folder.is_file() else sorted(folder.glob(_EVENTS)):
        records, sound = EventRecords(file), 0
        for record in records:
            try:
                event = Event.FromString(record)
            except DecodeError as error:
                raise _damaged(file, str(error)) from None
            sound += 1
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
                earlier.append((event.step, number, event.wall_time))
        if records.damaged and not sound:
            raise _damaged(file, "none of its records is sound")
        notes += note_on_damage(f"records of {file.name}", [f"byte {at}" for at in records.damaged])
    return _Points([(step, tag, value, at) for tag, of_tag in points.items() for step, value, at in of_tag], notes)


def _damaged(file: Path, hint: str) -> InvalidInput:
    return InvalidInput(field="HISTORY", value=str(file), expected="an undamaged event file", hint=hint[:120])


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
