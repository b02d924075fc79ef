"""Offline sessions of ClearML, and what `get_reported_scalars()` returns."""

import json
import zipfile

import pytest

from training_runs import InvalidInput
from training_runs.readers import read_content, read_recording


# As ClearML 2.1 writes it; a single value has the least of numbers as its step.
def event(step, plot, line, value):
    return {
        "type": "training_stats_scalar",
        "iter": step,
        "metric": plot,
        "variant": line,
        "value": value,
        "task": "t",
        "timestamp": 1_795_000_000_000 + 500 * step,
    }


def session(folder, lines=(), task=None):
    steps = range(0, 500, 100)
    batches = [[event(s, "loss", "train", 1 / (s + 1)), event(s, "val_acc", "val_acc", s / 1000)] for s in steps]
    batches.append([event(-(2**31), "Summary", "val_acc", 0.9)])
    (folder / "metrics.jsonl").write_text("\n".join([*map(json.dumps, batches), *lines]))
    given = {"lr": {"name": "lr", "value": "0.001"}, "weight_decay": {"name": "weight_decay", "value": "1.0"}}
    described = json.dumps({"name": "seed-1", "hyperparams": {"General": given}})
    (folder / "task.json").write_text(described if task is None else task)
    return folder


def zipped(folder):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as content:
        for name in ("metrics.jsonl", "task.json"):
            content.write(folder / name, name)
    return path


def check(recording):
    history = recording.histories["seed-1"]
    assert history.steps.tolist() == [0, 100, 200, 300, 400]
    assert history.signals["val_acc"].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert history.signals["train_loss"][1] == pytest.approx(1 / 101)
    assert recording.contexts["seed-1"] == {"learning_rate": 0.001, "weight_decay": 1.0}
    return history


@pytest.mark.parametrize("form", [lambda folder: folder, zipped])
def test_a_session_is_read_with_its_hyperparameters(tmp_path, form):
    history = check(read_recording(str(form(session(tmp_path)))))
    assert history.times.tolist() == [1_795_000_000 + step / 2 for step in history.steps]


def test_damage_is_left_out_and_named(tmp_path):
    recording = read_recording(str(session(tmp_path, ['[{"type": "training_stats_scalar", "iter"'], "[")))
    assert not recording.contexts[tmp_path.name]
    assert any("1 lines of metrics.jsonl" in note for note in recording.notes)
    (tmp_path / "metrics.jsonl").write_text("")
    with pytest.raises(InvalidInput, match="an offline session of ClearML"):
        read_recording(str(tmp_path))


def test_a_zip_or_a_line_of_too_much_is_not_unpacked_or_parsed(tmp_path):
    recording = read_recording(str(session(tmp_path, ["[" + "[]," * 2**21 + "[]]"])))
    assert any("1 lines of metrics.jsonl" in note for note in recording.notes)
    (tmp_path / "metrics.jsonl").write_bytes(b" " * (65 * 2**20))
    bomb = zipped(tmp_path)
    assert bomb.stat().st_size < 2**20
    with pytest.raises(InvalidInput, match="unpacks to more than 64 MiB"):
        read_content(bomb.read_bytes(), "offline-1.zip")


@pytest.mark.parametrize("place", ["data", "method"])
def test_a_damaged_zip_is_one_line(tmp_path, place):
    path = zipped(session(tmp_path))
    content = bytearray(path.read_bytes())
    if place == "data":
        content[60:90] = b"\xff" * 30
    else:  # of compression, which nobody knows: in the file's own header and in the directory at the end
        directory = content.index(b"PK\x01\x02")
        content[8:10] = content[directory + 10 : directory + 12] = b"\x63\x00"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="an offline session of ClearML"):
        read_recording(str(path))


def test_reported_scalars_are_read_through_every_door():
    scalars = {
        "loss": {"train": {"name": "train", "x": [0, 100, 200], "y": [1, 0.5, 0.3]}},
        "val_acc": {"val_acc": {"name": "val_acc", "x": [0, 200], "y": [0.1, 0.2]}},
    }
    history = read_content(json.dumps(scalars).encode(), "seed-1.json").histories["seed-1"]
    assert history.steps.tolist() == [0, 100, 200]
    assert history.recorded("val_acc")[0].tolist() == [0, 200]
    scalars["loss"]["train"]["y"].pop()
    with pytest.raises(InvalidInput):
        read_content(json.dumps(scalars).encode(), "seed-1.json")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_session_that_clearml_wrote_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEARML_CACHE_DIR", str(tmp_path))
    task_of = pytest.importorskip("clearml", reason="clearml is not installed: extra tests-trackers").Task
    task_of.set_offline(True)
    task = task_of.init(
        project_name="grok",
        task_name="seed-1",
        auto_connect_frameworks=False,
        auto_resource_monitoring=False,
        auto_connect_arg_parser=False,
        auto_connect_streams=False,
    )
    task.connect({"lr": 1e-3, "weight_decay": 1.0})
    for step in range(0, 500, 100):
        task.get_logger().report_scalar("loss", "train", 1 / (step + 1), step)
        task.get_logger().report_scalar("val_acc", "val_acc", step / 1000, step)
    task.get_logger().report_single_value("val_acc", 0.9)
    folder = task.get_offline_mode_folder()
    task.close()
    assert len(check(read_recording(str(folder))).times) == 5
    check(read_recording(f"{folder}.zip"))
