"""NumPy's files: the one-dimensional arrays of an `.npz` are columns, and so are the fields of a structured `.npy`."""

import io
import zipfile
from typing import Any

import numpy as np
import pandas as pd

from training_runs.errors import InvalidInput
from training_runs.readers.documents import runs_of
from training_runs.readers.recording import RawRun, ReadOptions

_VALUE_BYTES = 8  # of most; smaller ones are counted when they are read


def read_npz(content: bytes, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the run in an `.npz`: arrays of one dimension are lists of values, single values stand beside them.

    Python objects are never loaded: they are pickles.

    Raises
    ------
    InvalidInput : it is damaged, or no array can be read as a history.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            n_bytes = sum(member.file_size for member in archive.infolist())
            options.require_values(n_bytes // _VALUE_BYTES, path)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            held, notes = _held(arrays, path, options)
    except InvalidInput:
        raise
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, RuntimeError) as error:
        raise _damaged(content, path, str(error)) from None
    if not any(isinstance(value, list) for value in held.values()):
        raise _damaged(content, path, "; ".join(notes) or "it holds no array of one dimension")
    return {
        run: RawRun(raw.table, raw.context, (*notes, *raw.notes))
        for run, raw in runs_of(held, name, path, options).items()
    }


def read_npy(content: bytes, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the run in an `.npy`: the fields of a structured array, or a matrix whose columns the caller names.

    Raises
    ------
    InvalidInput : it is damaged or of Python objects, or its columns have no names.
    """
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise _damaged(content, path, str(error)) from None
    options.require_values(array.size * max(1, len(array.dtype.names or ())), path)
    if array.dtype.names and array.ndim == 1:
        columns = {field: array[field].tolist() for field in array.dtype.names if array[field].ndim == 1}
        return {name: RawRun(pd.DataFrame(columns))}
    if array.ndim == 2 and array.shape[1] == len(options.columns):
        return {name: RawRun(pd.DataFrame(array, columns=list(options.columns)))}
    names = f"{array.shape[1]} names" if array.ndim == 2 else "names"
    raise InvalidInput(
        field=path,
        value=f"an array of shape {array.shape} without names",
        expected="an array with a name a column",
        hint=f"give {names} with --columns, or save with numpy.savez(file, step=..., val_acc=...)",
    )


def _held(arrays: Any, path: str, options: ReadOptions) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return arrays of one dimension as lists, single values as they are, and notes on the others."""
    held: dict[str, Any] = {}
    notes: tuple[str, ...] = ()
    n_values = 0
    for key in arrays.files:
        try:
            array = arrays[key]
        except ValueError:
            notes += (f"{key} is left out: it holds Python objects, which are a pickle",)
            continue
        n_values += array.size
        options.require_values(n_values, path)
        if array.dtype.kind not in "biufUM" or array.squeeze().ndim > 1:
            notes += (f"{key} is left out: an array of {array.dtype} and shape {array.shape}",)
        else:
            held[key] = array.item() if array.ndim == 0 else array.reshape(-1).tolist()
    return held, notes


def _damaged(content: bytes, path: str, hint: str) -> InvalidInput:
    return InvalidInput(
        field=path,
        value=f"a file of {len(content)} bytes",
        expected="an undamaged file of NumPy with an array for `step` and one for each signal",
        hint=hint.split("\n")[0][:120],
    )
