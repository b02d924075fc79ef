"""The state of a forecaster on disk: arrays in one compressed npz, all else in JSON that says where they stand.

A state is nested dictionaries and lists of arrays, numbers and words. Both files are data: nothing in them can be run.
"""

import errno
import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STATE, ARRAYS = "state.json", "arrays.npz"
_PLACE = "array"  # the one key of an object that stands for an array

LARGEST = 2**30  # bytes of a file of a state, packed or not: a shipped state has 3 MB
LARGEST_TEXT = 2**22  # of one of JSON: a shipped card has 0.2 MB, and is read whenever versions are listed

Arrays = dict[str, NDArray[Any]]


def write_state(folder: Path, state: dict[str, Any]) -> None:
    """Write a state as two files into a folder. The same state gives the same bytes."""
    arrays: Arrays = {}
    described = _taken_out(state, "", arrays)
    (folder / STATE).write_text(dumps(described))
    np.savez_compressed(folder / ARRAYS, allow_pickle=False, **arrays)


def require_file(path: Path, most: int = LARGEST) -> Path:
    """Return a path whose reading ends: a pipe or a device in the place of a file would be waited for, or fill the memory.

    Raises
    ------
    OSError : there is nothing, something that is no file, or a file of more bytes.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "no file but a folder, a pipe or a device", str(path))
    if found.st_size > most:
        raise OSError(errno.EFBIG, f"{found.st_size:,} bytes, where {most:,} are the most", str(path))
    return path


def read_description(folder: Path) -> dict[str, Any]:
    """Return a state without its arrays."""
    description: dict[str, Any] = json.loads(require_file(folder / STATE, LARGEST_TEXT).read_text())
    return description


def read_state(folder: Path) -> dict[str, Any]:
    """Return a state whose description has been written into a folder, with its arrays.

    Raises
    ------
    OSError : a file cannot be read, or its arrays are too large. Whatever else reading raises of files that are no state.
    """
    # Opened here: `np.load` leaves a file open that is no archive.
    with require_file(folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        unpacked = sum(member.file_size for member in arrays.zip.infolist())
        if unpacked > LARGEST:
            raise OSError(errno.EFBIG, f"arrays of {unpacked:,} bytes, where {LARGEST:,} are the most", ARRAYS)
        state: dict[str, Any] = _put_back(read_description(folder), dict(arrays))
    return state


def dumps(content: Any) -> str:
    """Return JSON as it is kept."""
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _taken_out(value: Any, path: str, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {_PLACE: path}
    if isinstance(value, dict):
        return {key: _taken_out(inner, f"{path}/{key}".lstrip("/"), arrays) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_taken_out(inner, f"{path}/{k}", arrays) for k, inner in enumerate(value)]
    return value


def _put_back(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_PLACE}:
            return arrays[value[_PLACE]]
        return {key: _put_back(inner, arrays) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put_back(inner, arrays) for inner in value]
    return value
