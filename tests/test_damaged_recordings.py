"""A damaged line or run of a recording is left out and named; what is sound is read, with `--run` or without."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from training_runs import InvalidInput
from training_runs.readers import Recording, read_recording

pytestmark = pytest.mark.filterwarnings("ignore")
STEPS = list(range(100, 2100, 100))


def mlflow_run(folder: Path) -> Path:
    (folder / "metrics").mkdir(parents=True)
    (folder / "params").mkdir()
    (folder / "params" / "lr").write_text("0.001")
    (folder / "meta.yaml").write_text(f"run_name: {folder.name}\nlifecycle_stage: active\n")
    for metric in ("train_acc", "val_acc"):
        (folder / "metrics" / metric).write_text("".join(f"{k} 0.25 {step}\n" for k, step in enumerate(STEPS)))
    return folder / "metrics" / "val_acc"


def lightning_run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    rows = "".join(f"0,{step - 1},0.5,0.25\n" for step in STEPS)
    (folder / "metrics.csv").write_text(f"epoch,step,train_acc,val_acc\n{rows}")
    return folder / "metrics.csv"


def hugging_face_run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    rows = [{"step": step, "loss": 0.5, "eval_accuracy": 0.25} for step in STEPS]
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": rows}))
    return folder / "trainer_state.json"


def tensorboard_run(folder: Path) -> Path:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step in STEPS:
            writer.add_scalar("val_acc", 0.25, step)
    (file,) = folder.iterdir()
    return file


def steps_of(recording: Recording, run: str) -> list[int]:
    return recording.histories[run].recorded("val_acc")[0].tolist()


def altered(file: Path, alter: Callable[[list[bytes]], list[bytes]]) -> None:
    file.write_bytes(b"".join(alter(file.read_bytes().splitlines(keepends=True))))


def with_line(line: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:6], line, *lines[7:]]


def cut(n_bytes: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:-1], lines[-1][:-n_bytes]]


LINES = [
    b"garbage\n",
    b"5 0.25\n",
    b"5 0.2x5 600\n",
    b"\xff\xfe\x00\xff\n",
    b"1 0.5 99999999999999999999\n",
    b"\0" * 30 + b"\n",
]


@pytest.mark.parametrize("line", LINES)
def test_a_damaged_line_of_mlflow_is_left_out(tmp_path: Path, line: bytes) -> None:
    altered(mlflow_run(tmp_path / "mlruns" / "0" / "bad"), with_line(line))
    mlflow_run(tmp_path / "mlruns" / "0" / "good")
    recording = read_recording(str(tmp_path / "mlruns"))
    assert steps_of(recording, "good") == STEPS
    assert steps_of(recording, "bad") == [*STEPS[:6], *STEPS[7:]]
    assert any("damaged and left out: 1 lines of val_acc" in note for note in recording.runs["bad"].reading.notes)
    assert not any("damaged" in note for note in recording.runs["good"].reading.notes)
    assert recording.contexts["bad"] == {"learning_rate": 0.001}


@pytest.mark.parametrize("n_bytes", [2, 3, 6, 9])
def test_the_last_line_of_mlflow_is_left_out_where_it_is_cut_off(tmp_path: Path, n_bytes: int) -> None:
    altered(mlflow_run(tmp_path / "run"), cut(n_bytes))
    recording = read_recording(str(tmp_path / "run"))
    assert steps_of(recording, "run") == STEPS[:-1]
    assert any("the last line of val_acc is cut off" in note for note in recording.notes)


def test_a_last_line_of_mlflow_that_is_whole_counts_without_its_end(tmp_path: Path) -> None:
    altered(mlflow_run(tmp_path / "run"), cut(1))
    assert steps_of(read_recording(str(tmp_path / "run")), "run") == STEPS


def test_a_run_of_which_nothing_is_sound_is_a_problem_of_its_own(tmp_path: Path) -> None:
    file = mlflow_run(tmp_path / "0" / "bad")
    for metric in file.parent.iterdir():
        metric.write_text("garbage\n")
    mlflow_run(tmp_path / "0" / "good")
    recording = read_recording(str(tmp_path))
    assert list(recording.problems) == ["bad"]
    assert recording.run("good")[1].trajectory.steps.tolist() == STEPS
    with pytest.raises(InvalidInput, match="damaged and left out: 1 lines of train_acc"):
        recording.run("bad")


@pytest.mark.parametrize(
    "line", [b"0,600,0.5\n", b"0,600,0.5,0.25,7\n", b"\0\0\0\0\n", b"\xff\xfe\n", b"0,6x0,0.5,0.25\n"]
)
def test_a_damaged_line_of_lightning_is_left_out(tmp_path: Path, line: bytes) -> None:
    altered(lightning_run(tmp_path / "logs" / "version_0"), lambda lines: [*lines[:7], line, *lines[8:]])
    lightning_run(tmp_path / "logs" / "version_1")
    recording = read_recording(str(tmp_path / "logs"))
    assert steps_of(recording, "version_1") == STEPS
    assert steps_of(recording, "version_0") == [*STEPS[:6], *STEPS[7:]]
    assert any("damaged and left out: 1 " in note for note in recording.runs["version_0"].reading.notes)


def test_a_damaged_value_of_lightning_is_missing(tmp_path: Path) -> None:
    altered(lightning_run(tmp_path / "v"), lambda lines: [*lines[:7], b"0,699,0.5,0.2?5\n", *lines[8:]])
    recording = read_recording(str(tmp_path / "v"))
    assert steps_of(recording, "v") == [*STEPS[:6], *STEPS[7:]]
    assert recording.histories["v"].recorded("train_acc")[0].tolist() == STEPS
    assert any("1 values of val_acc, the first is '0.2?5'" in note for note in recording.notes)


def test_a_run_of_lightning_that_is_damaged_spoils_no_other(tmp_path: Path) -> None:
    lightning_run(tmp_path / "version_0").write_bytes(b"\0" * 500)
    lightning_run(tmp_path / "version_1")
    recording = read_recording(str(tmp_path), "lightning")
    assert list(recording.problems) == ["version_0"]
    assert steps_of(recording, "version_1") == STEPS


@pytest.mark.parametrize("row", [3, None, {"eval_accuracy": 0.9}, {"step": "6x0", "eval_accuracy": 0.9}, [1]])
def test_a_damaged_row_of_a_trainer_state_is_left_out(tmp_path: Path, row: object) -> None:
    file = hugging_face_run(tmp_path / "out")
    state = json.loads(file.read_text())
    state["log_history"][6] = row
    file.write_text(json.dumps(state))
    recording = read_recording(str(tmp_path / "out"))
    assert steps_of(recording, "out") == [*STEPS[:6], *STEPS[7:]]
    assert any("damaged and left out: 1 rows of log_history" in note for note in recording.notes)


@pytest.mark.parametrize("value", ["0.2?5", {"a": 1}, [0.25]])
def test_a_damaged_value_of_a_trainer_state_is_missing(tmp_path: Path, value: object) -> None:
    file = hugging_face_run(tmp_path / "out")
    state = json.loads(file.read_text())
    state["log_history"][6]["eval_accuracy"] = value
    file.write_text(json.dumps(state))
    recording = read_recording(str(tmp_path / "out"))
    assert steps_of(recording, "out") == [*STEPS[:6], *STEPS[7:]]
    assert any("1 values of eval_accuracy" in note for note in recording.notes)


def test_the_state_before_is_read_where_the_newest_was_cut_off(tmp_path: Path) -> None:
    hugging_face_run(tmp_path / "out" / "checkpoint-900")
    newest = hugging_face_run(tmp_path / "out" / "checkpoint-1000")
    newest.write_bytes(newest.read_bytes()[:-50])
    recording = read_recording(str(tmp_path / "out"))
    assert steps_of(recording, "out") == STEPS
    assert any("checkpoint-1000/trainer_state.json is damaged: " in note for note in recording.notes)


def place_of(content: bytes, step: int) -> int:
    """Return where the record of a step begins in an event file."""
    at, records = 0, []
    while at < len(content):
        records.append(at)
        at += int.from_bytes(content[at : at + 8], "little") + 16
    return records[len(records) - len(STEPS) + STEPS.index(step)]


@pytest.mark.parametrize("offset", [0, 5, 9, 20, -2])
def test_a_damaged_record_of_tensorboard_is_left_out(tmp_path: Path, offset: int) -> None:
    file = tensorboard_run(tmp_path / "bad")
    tensorboard_run(tmp_path / "good")
    content = bytearray(file.read_bytes())
    content[place_of(content, 700 if offset >= 0 else 800) + offset] ^= 0x5A
    file.write_bytes(content)
    recording = read_recording(str(tmp_path))
    assert steps_of(recording, "good") == STEPS
    assert steps_of(recording, "bad") == [*STEPS[:6], *STEPS[7:]]
    assert any("damaged and left out: 1 records" in note for note in recording.runs["bad"].reading.notes)


@pytest.mark.parametrize("content", [b"step,val_acc\n1,0.1\n" * 9, b"\0" * 500, b"x"])
def test_a_run_of_tensorboard_that_is_none_spoils_no_other(tmp_path: Path, content: bytes) -> None:
    tensorboard_run(tmp_path / "bad").write_bytes(content)
    tensorboard_run(tmp_path / "good")
    recording = read_recording(str(tmp_path))
    assert list(recording.problems) == ["bad"]
    assert recording.run("good")[1].trajectory.steps.tolist() == STEPS


def test_zeros_that_a_crash_left_at_the_end_are_not_read(tmp_path: Path) -> None:
    file = tensorboard_run(tmp_path / "run")
    file.write_bytes(file.read_bytes() + b"\0" * 4000)
    assert steps_of(read_recording(str(tmp_path / "run")), "run") == STEPS
