"""NumPy's files."""

import io
from typing import Any

import numpy as np
import pytest

from tests.reading import CASES, Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers import read_recording

STEP, VAL = [10, 20, 30], [0.1, 0.2, 0.3]


def npz(compressed: bool = False, **arrays: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("name", ["h.npz", "h", "h.zip"])
@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_of_one_dimension_are_columns(read: Read, name: str, compressed: bool) -> None:
    content = npz(compressed, steps=STEP, val_acc=np.float32(VAL), lr=0.001, W=np.ones((3, 3)), seed=np.array([1]))
    recording = read(name, content)
    assert values(recording)["step"] == STEP
    np.testing.assert_allclose(values(recording)["val_acc"], VAL, rtol=1e-6)
    assert recording.contexts["h"] == {"learning_rate": 0.001}
    assert "W is left out: an array of float64 and shape (3, 3)" in recording.notes


def test_arrays_of_other_lengths_have_steps_of_their_own(read: Read) -> None:
    recording = read("h.npz", npz(step=STEP, train_loss=[3, 2, 1], val_step=STEP[1:], val_acc=VAL[1:]))
    assert values(recording) == {"step": STEP, "train_loss": [3, 2, 1], "val_acc": [None, *VAL[1:]]}
    with pytest.raises(InvalidInput, match="val_acc is 'a list of length 2'"):
        read("h.npz", npz(step=STEP, train_loss=[3, 2, 1], val_acc=VAL[1:]))


def test_arrays_without_steps_are_epochs_where_the_caller_says_so(read: Read) -> None:
    content = npz(train_loss=[3, 2, 1], val_acc=VAL)
    with pytest.raises(InvalidInput, match="--steps-per-epoch"):
        read("h.npz", content)
    assert values(read("h.npz", content, steps_per_epoch=5))["step"] == [5, 10, 15]


def test_structured_arrays_and_matrices(read: Read) -> None:
    fields = np.array(list(zip(STEP, VAL, strict=True)), dtype=[("step", int), ("val_acc", float)])
    assert values(read("h.npy", npy(fields))) == {"step": STEP, "val_acc": VAL}
    matrix = npy(np.array([STEP, VAL]).T)
    with pytest.raises(InvalidInput, match="give 2 names with --columns"):
        read("h.npy", matrix)
    assert values(read("h.npy", matrix, columns=("step", "val_acc"))) == {"step": STEP, "val_acc": VAL}
    with pytest.raises(InvalidInput, match="a name a column"):
        read("h.npy", npy(np.arange(3)))


@pytest.mark.parametrize(
    "content", [npz(step=STEP, val_acc=VAL)[:-40], npz(), npz(W=np.ones((2, 2))), npy(np.ones(3))[:-4]]
)
def test_damaged_and_empty_files_are_refused(read: Read, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read("h.npz", content)


def test_cases_of_npz() -> None:
    (history,) = read_recording(str(CASES / "18_npz_and_several_files" / "log.npz")).histories.values()
    assert len(history.steps) == 21
    assert set(history.signals) == {"train_acc", "val_acc"}


def test_an_array_that_says_to_be_larger_than_memory_is_refused(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1125899906842624,), }".ljust(117) + b"\n"
    (tmp_path / "huge.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(InvalidInput, match="undamaged file of NumPy"):
        read_recording(str(tmp_path / "huge.npy"))
