"""Files whose bytes are at hand: one, or several that may be charts of one run, a folder of a tool, and settings beside histories."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from training_runs.content_size import ContentBounds
from training_runs.errors import InvalidInput
from training_runs.readers.contexts_beside import settings_among, with_settings
from training_runs.readers.encodings import UNPACKED_BYTES, may_be_archive, unpacked
from training_runs.readers.formats import Recorded, is_of_a_tool, read_recorded as read_file
from training_runs.readers.merged_files import Merged, merged_files, names_of_files
from training_runs.readers.packed_files import files_in_archive
from training_runs.readers.recording import ReadOptions, ReadRun, Recording

Options = ReadOptions | None


def require_within(contents: Mapping[str, bytes], bounds: ContentBounds) -> None:
    """Return if files, each and all together, hold no more than they may; one that is no text is bounded by `ReadOptions`.

    Raises
    ------
    InvalidInput : they hold more.
    """
    found: list[bytes] = []
    for name, content in contents.items():
        most = (bounds.unpacked_bytes or UNPACKED_BYTES) - sum(map(len, found))
        found.append(unpacked(content, name, max(0, most)))
        _refuse(bounds.excess(found[-1]), name)
    if len(found) > 1:
        _refuse(bounds.excess(b"\n".join(found)), ", ".join(contents))


def _refuse(excess: str | None, name: str) -> None:
    if excess is not None:
        raise InvalidInput(
            field=name,
            value=f"a file of {excess}",
            expected="the metrics of one run, or of a few",
            hint="thin them, keeping more checkpoints early than late; `grokcast forecast` takes more",
        )


@dataclass(frozen=True, eq=False)
class _Unpacked(Recorded):
    """What an archive of several files holds, by their paths."""

    contents: Mapping[str, bytes] = field(default_factory=dict)

    def recording(self, options: Options = None) -> Recording:
        return read_contents(self.contents, "auto", options)


def read_recorded(path: str, format: str = "auto", options: Options = None) -> Recorded:
    """Return what a file, a folder or an archive holds as it was recorded; `Recorded.recording` understands it.

    Raises
    ------
    InvalidInput : nothing there, or an unknown or damaged format.
    """
    file = Path(path)
    if format == "auto" and may_be_archive(file) and not is_of_a_tool(file):
        contents = unarchived({file.name: file.read_bytes()})
        if file.name not in contents:
            return _Unpacked(path, {}, of_tool=True, contents=contents)
    return read_file(path, format, options)


def read_recording(path: str, format: str = "auto", options: Options = None) -> Recording:
    """Return the histories in a file, a folder or an archive, or in standard input where the path is `-`.

    Raises
    ------
    InvalidInput : nothing there, an unknown or damaged format, or no run in it that can be read as a history.
    """
    return read_recorded(path, format, options).recording(options)


def unarchived(contents: Mapping[str, bytes], most: int | None = None) -> dict[str, bytes]:
    """Return files by their paths, unpacked, with those that an archive of several holds in its place, in a folder of its name.

    Archives in archives stay what they are.

    Raises
    ------
    InvalidInput : one holds over a thousand files, or all together more than `most` bytes, or one is damaged.
    """
    left = UNPACKED_BYTES if most is None else most
    files: dict[str, bytes] = {}
    for name, content in contents.items():
        whole = unpacked(content, name, left)
        try:
            inner = files_in_archive(whole, left)
        except OverflowError as error:
            raise InvalidInput(
                field=name,
                value=str(error),
                expected="one with the history of a run, or of a few",
                hint="name the files in it",
            ) from None
        folder = name.removesuffix(PurePosixPath(name).suffix).removesuffix(".tar")
        held = {name: whole} if inner is None else {f"{folder}/{path}": part for path, part in inner.items()}
        left = max(0, left - sum(map(len, held.values())))  # below 0 files would be read to their ends
        files |= held
    return files


def read_content(content: bytes, name: str, format: str = "auto", options: Options = None) -> Recording:
    """Return the histories in the bytes of a file with a name, as `read_recording` does of the file.

    Raises
    ------
    InvalidInput : as there.
    """
    with _placed(content, name) as file, _called(file, name):
        return _recorded(file, name, format, options).recording(options)


def read_contents(contents: Mapping[str, bytes], format: str = "auto", options: Options = None) -> Recording:
    """Return the histories in the bytes of files with names: charts of one run are one history, and runs have their file's name.

    A file that cannot be read is a problem of that name, and spoils no other. Where names are paths, a folder that a tool wrote is
    read as a whole, and what holds no history in a folder is left out. A file of settings is context of the runs beside it.

    Raises
    ------
    InvalidInput : none of them can be read, or damaged settings.
    """
    if len(contents) == 1:
        ((name, content),) = contents.items()
        return read_content(content, name, format, options)
    of_tools = _of_tools(contents, options) if format == "auto" else {}
    others = {name: held for name, held in contents.items() if not any(name.startswith(f"{f}/") for f in of_tools)}
    settings = settings_among(others) if len(others) > 1 or of_tools else {}
    histories = {name: held for name, held in others.items() if name not in settings}
    opened = of_tools | {name: _opened(held, name, format, options) for name, held in histories.items()}
    parts = merged_files(opened, options.names if options else None)
    runs: dict[str, ReadRun] = {}
    problems: dict[str, InvalidInput] = {}
    left_out: dict[str, InvalidInput] = {}
    notes: list[str] = []
    for part, name in zip(parts, names_of_files([part.place for part in parts]), strict=True):
        recording = _recording(part, options)
        if isinstance(recording, InvalidInput):
            (left_out if "/" in part.place else problems)[name] = recording
            continue
        alone = len(recording.runs) + len(recording.problems) == 1
        for run, read in recording.runs.items():
            own = name if alone else f"{name}/{run}"
            runs[own] = with_settings(
                read, [f"{path}/{run}/" if path in of_tools else path for path in part.paths], settings
            )
        problems |= {f"{name}/{run}": problem for run, problem in recording.problems.items()}
        notes += recording.file_notes
    if left_out and runs:
        notes.append(f"left out, since they hold no history: {', '.join(left_out)}")
    elif left_out:
        problems |= left_out
    if not runs:
        raise next(iter(problems.values()))
    return Recording(runs, problems, tuple(dict.fromkeys(notes)))


def _of_tools(contents: Mapping[str, bytes], options: Options) -> dict[str, Recorded | InvalidInput]:
    """Return what the folders hold that a tool wrote, by their paths; the files of others are looked at one by one."""
    found: dict[str, Recorded | InvalidInput] = {}
    paths = [name for name in contents if "/" in name]
    if not paths:
        return found
    with TemporaryDirectory() as root:
        for name in paths:
            _write(Path(root, name), contents[name], name)
        for place, folders, _ in os.walk(root):
            folder = Path(place).relative_to(root).as_posix()
            folders.sort()
            if folder != "." and is_of_a_tool(Path(place)):
                folders.clear()
                found[folder] = _read_folder(Path(place), folder, options)
    return found


def _write(file: Path, content: bytes, name: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise InvalidInput(
            field="name",
            value=name,
            expected="the path of a file",
            hint="another name has it as a folder, or the other way round",
        ) from None


def _read_folder(place: Path, name: str, options: Options) -> Recorded | InvalidInput:
    try:
        with _called(place, name):
            return _recorded(place, name, "auto", options)
    except InvalidInput as problem:
        return problem


def _opened(content: bytes, name: str, format: str, options: Options) -> Recorded | InvalidInput:
    try:
        with _placed(content, name) as file, _called(file, name):
            return _recorded(file, name, format, options)
    except InvalidInput as problem:
        return problem


def _recording(part: Merged, options: Options) -> Recording | InvalidInput:
    if isinstance(part.recorded, InvalidInput):
        return part.recorded
    try:
        return part.recorded.recording(options)
    except InvalidInput as problem:
        return problem


def _recorded(file: Path, name: str, format: str, options: Options) -> Recorded:
    return read_file(str(file), format, options, name=name)


@contextmanager
def _placed(content: bytes, name: str) -> Iterator[Path]:
    """Yield a file with the bytes, in a folder of its own: tools name a run by its folder."""
    plain = Path(name.replace("\\", "/")).name.replace("\0", "") or "history"
    with TemporaryDirectory() as folder:
        file = Path(folder) / Path(plain[-100:]).stem / plain[-100:]
        file.parent.mkdir()
        file.write_bytes(content)
        yield file


@contextmanager
def _called(file: Path, name: str) -> Iterator[None]:
    """Have errors call a file by the name that its sender knows."""
    try:
        yield
    except InvalidInput as problem:
        for part in ("field", "value", "hint"):
            text = getattr(problem, part)
            setattr(problem, part, text.replace(str(file), name) if isinstance(text, str) else text)
        raise
