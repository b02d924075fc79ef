"""A run that W&B itself wrote offline here, and exports in the forms that it documents."""

import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from training_runs import InvalidInput
from training_runs.readers import ReadOptions, read_recording
from training_runs.readers.formats import detected

RUN = """
import wandb
run = wandb.init(project="grok", name="long", config={"lr": 0.001, "optim": {"weight_decay": 1.0}})
for step in range(3000):
    run.log({"train/loss": 1 / (step + 1), "acc": {"val": step / 3000}, "words": "x" * 20}, step=2 * step)
run.finish()
"""


@pytest.fixture(scope="module")
def offline_run(tmp_path_factory):
    pytest.importorskip("wandb")
    folder = tmp_path_factory.mktemp("wandb")
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "wandb").glob("offline-run-*")
    return run


@pytest.mark.filterwarnings("ignore")
def test_every_row_of_an_offline_run(offline_run):
    assert detected(offline_run) == "wandb"
    recording = read_recording(str(offline_run))
    history = recording.histories["long"]
    assert history.steps.tolist() == list(range(0, 6000, 2))
    assert history.signals["train_loss"].tolist() == [1 / (k + 1) for k in range(3000)]
    assert history.signals["val_acc"].tolist() == [k / 3000 for k in range(3000)]
    assert recording.contexts["long"]["learning_rate"] == 0.001
    assert "acc/val is read as val_acc" in recording.notes
    assert "_timestamp is read as time" in recording.notes
    assert (np.diff(history.times) >= 0).all()
    assert time.time() - 600 < history.times[0] <= time.time()


@pytest.mark.filterwarnings("ignore")
def test_a_run_that_is_still_written_and_damaged_ones(offline_run, tmp_path):
    (file,) = offline_run.glob("*.wandb")
    content = file.read_bytes()
    assert len(content) > 3 * 32_768  # records that go over the ends of blocks
    (tmp_path / "cut.wandb").write_bytes(content[: len(content) // 2])
    history = read_recording(str(tmp_path / "cut.wandb")).histories["long"]
    assert 1000 < len(history) < 2000
    for name, damaged in (("magic", b"step" + content[4:]), ("empty", b""), ("all", content[:9] + b"\xff" * 99_000)):
        (tmp_path / f"{name}.wandb").write_bytes(damaged)
        with pytest.raises(InvalidInput, match="undamaged .wandb file"):
            read_recording(str(tmp_path / f"{name}.wandb"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n_bytes", [1, 99])
def test_damaged_records_are_left_out(offline_run, tmp_path, n_bytes):
    (file,) = offline_run.glob("*.wandb")
    content = file.read_bytes()
    for found in re.finditer(re.escape(repr(1 / 1501)[:12].encode()), content):  # at step 3000, and in a summary
        content = content[: found.start()] + b"\xff" * n_bytes + content[found.start() + n_bytes :]
    (tmp_path / "run.wandb").write_bytes(content)
    recording = read_recording(str(tmp_path))
    steps = recording.histories["long"].steps.tolist()
    lost = set(range(0, 6000, 2)) - set(steps)
    assert 3000 in lost
    assert len(lost) < 500
    assert recording.histories["long"].signals["val_acc"].tolist() == [step / 6000 for step in steps]
    assert any("damaged and left out: " in note and "records" in note for note in recording.notes)


@pytest.mark.filterwarnings("ignore")
def test_a_folder_of_runs_of_which_one_is_damaged(offline_run, tmp_path):
    for run in ("offline-run-1", "offline-run-2"):
        shutil.copytree(offline_run, tmp_path / "wandb" / run)
    (tmp_path / "wandb" / "latest-run").symlink_to("offline-run-2")
    (bad,) = (tmp_path / "wandb" / "offline-run-1").glob("*.wandb")
    bad = bad.rename(bad.with_name("run-bad.wandb"))
    bad.write_bytes(b"\0" * 999)
    for folder in (tmp_path, tmp_path / "wandb"):
        recording = read_recording(str(folder))
        assert list(recording.problems) == ["run-bad"]
        assert len(recording.run("long")[1].trajectory) == 3000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ending", ["", ".gz", ".xz"])
def test_exports_in_other_encodings_and_compressed(tmp_path, encoding, ending):
    compress = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}[ending]
    rows = [{"_step": k, "train/loss": 1 / k, "val/acc": 0.25} for k in (1, 2, 3)]
    texts = {
        "history.csv": "_step,train/loss,val/acc\n1,0.5,0.25\n2,0.4,0.25\n3,0.3,0.25\n",
        "history.jsonl": "\n".join(map(json.dumps, rows)),
        "chart.csv": '"Step","a - val/acc"\n1,0.25\n2,0.25\n3,0.25\n',
    }
    for name, text in texts.items():
        file = tmp_path / f"{name}{ending}"
        file.write_bytes(compress(text.encode(encoding)))
        assert detected(file) == "wandb"
        ((run, history),) = read_recording(str(file)).histories.items()
        assert run == ("a" if name == "chart.csv" else "history")
        assert history.signals["val_acc"].tolist() == [0.25] * 3
        assert history.steps.tolist() == [1, 2, 3]


def test_history_of_scan_history_as_json_lines(tmp_path):
    rows = [
        {"_step": k, "_runtime": k / 9, "_timestamp": 1e9 + k, "train/loss": 1 / k, "val/acc": 0.25} for k in (1, 2, 3)
    ]
    file = tmp_path / "run.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    recording = read_recording(str(file))
    assert recording.histories["run"].steps.tolist() == [1, 2, 3]
    assert any("_step is read as step" in note for note in recording.notes)
    file.write_text("\n".join(json.dumps({**row, "train/global_step": 100 * row["_step"]}) for row in rows))
    assert read_recording(str(file)).histories["run"].steps.tolist() == [100, 200, 300]


def test_epochs_logged_beside_calls_are_steps_where_it_is_said_how_many(tmp_path):
    """`wandb.log({"epoch": epoch, ...})`, once an epoch: its own _step counts those calls."""
    rows = [{"_step": k, "epoch": k, "train/loss": 1 / (k + 1), "val/acc": 0.25} for k in range(20)]
    file = tmp_path / "run.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    history = read_recording(str(file), options=ReadOptions(steps_per_epoch=97)).histories["run"]
    assert history.steps.tolist() == [97 * (k + 1) for k in range(20)]


def test_a_chart_of_several_runs_as_csv(tmp_path):
    file = tmp_path / "chart.csv"
    header = [f"{run} - val/acc{end}" for run in ("a - 1", "b") for end in ("", "__MIN", "__MAX")]
    rows = ["10,0.1,0.1,0.1,,,", "20,0.2,0.2,0.2,0.5,0.5,0.5", "30,,,,0.6,0.6,0.6"]
    file.write_text("\n".join([",".join(f'"{n}"' for n in ["Step", *header]), *rows]))
    histories = read_recording(str(file)).histories
    assert {k: v.steps.tolist() for k, v in histories.items()} == {"a - 1": [10, 20], "b": [20, 30]}
    assert histories["b"].signals["val_acc"].tolist() == [0.5, 0.6]


def test_a_table_that_is_not_an_export_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("step,val_acc\n1,0.1\n")
    with pytest.raises(InvalidInput, match="an exported history with _step"):
        read_recording(str(tmp_path / "x.csv"), "wandb")
