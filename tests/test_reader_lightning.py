"""A metrics.csv that Lightning itself wrote here."""

import argparse
import json
import shutil
from pathlib import Path

import pytest

from grokcast.cli import main
from training_runs import InvalidInput
from training_runs.readers import read_recording
from training_runs.readers.formats import detected

pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def version_folder(tmp_path_factory):
    """Twelve updates, three an epoch; `train_loss` by step and by epoch, `val_acc` after each epoch."""
    import lightning
    import torch
    from lightning.pytorch.loggers import CSVLogger
    from torch.utils.data import DataLoader

    class Line(lightning.LightningModule):
        def __init__(self, lr, batch_size, optimizer, model, weight_decay, where, options):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch, index):
            loss = self.layer(batch).square().mean()
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch, index):
            self.log("val_acc", 0.25)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.01)

    folder = tmp_path_factory.mktemp("lightning")
    data = DataLoader(torch.randn(12, 2), batch_size=4)
    trainer = lightning.Trainer(
        max_epochs=4,
        accelerator="cpu",
        logger=CSVLogger(folder, name="run"),
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    line = Line(
        lr=1e-4,
        batch_size=4,
        optimizer="SGD",
        model={"dropout": 0.1, "head": {"dropout": 0.2}},
        weight_decay=0,
        where=Path("data"),
        options=argparse.Namespace(seed=1),
    )
    trainer.fit(line, data, data)
    return folder / "run" / "version_0"


@pytest.mark.parametrize("what", ["folder", "file"])
def test_sparse_rows_are_merged_and_steps_count_updates(version_folder, what):
    path = version_folder if what == "folder" else version_folder / "metrics.csv"
    assert detected(path) == "lightning"
    recording = read_recording(str(path))
    history = recording.histories["version_0"]
    assert history.steps.tolist() == list(range(1, 13))
    steps, values = history.recorded("val_acc")
    assert steps.tolist() == [3, 6, 9, 12]
    assert values.tolist() == [0.25] * 4
    assert "train_loss_epoch is read as train_loss" in recording.notes
    assert history.recorded("train_loss")[0].tolist() == [3, 6, 9, 12]
    assert any("train_loss_step" in note for note in recording.notes if note.startswith("ignored"))


def test_foreign_files_are_refused(tmp_path):
    (tmp_path / "metrics.csv").write_text("step,val_acc\n1,0.1\n")
    with pytest.raises(InvalidInput, match="no columns epoch and step"):
        read_recording(str(tmp_path / "metrics.csv"), "lightning")
    assert detected(tmp_path / "metrics.csv") == "csv"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"no metrics\.csv"):
        read_recording(str(tmp_path / "empty"), "lightning")


def test_hyperparameters_beside_it_are_context(version_folder):
    assert "!!python/object" in (version_folder / "hparams.yaml").read_text()  # Lightning's own: not made
    for path in (version_folder, version_folder / "metrics.csv"):
        recording = read_recording(str(path))
        assert recording.contexts["version_0"] == {
            "learning_rate": 1e-4,
            "batch_size": 4,
            "optimizer": "sgd",
            "weight_decay": 0.0,
        }
        assert "hparams.yaml: lr is read as learning_rate" in recording.notes
        twice = "hparams.yaml: dropout is given twice (model/dropout 0.1, model/head/dropout 0.2): left out"
        assert twice in recording.notes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("lr: [0.1, 0.2", "while parsing"),
        ("- 1\n- 2\n", "it holds a list"),
        ("lr: 0.1\n\tbatch: 3\n", "found character"),
        ("? [a, b]\n: 1\n? {c: d}\n: 2\n", "unhashable"),
        ("a: &a {b: *a}\nlr: 1\n", "maximum recursion depth"),
        (
            "".join(
                f"v{k}: &v{k} {{{', '.join(f'x{j}: *v{k - 1}' for j in range(9)) if k else 'lr: 1'}}}\n"
                for k in range(9)
            ),
            "more than 10,000 values",
        ),
        (b"lr: \xff\xfe", "codec"),
        ("# a comment\n" * 100_000, "more than 1,000,000 bytes"),
    ],
)
def test_damaged_hyperparameters_are_refused_in_one_line(
    version_folder, tmp_path, capsys, monkeypatch, content, reason
):
    folder = shutil.copytree(version_folder, tmp_path / "version_0")
    content = content if isinstance(content, bytes) else content.encode()
    (folder / "hparams.yaml").write_bytes(content)
    monkeypatch.setattr("sys.argv", ["grokcast", "forecast", str(folder), "--json"])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert "hparams.yaml" in told.err
    assert "expected the hyperparameters that Lightning writes" in told.err
    assert reason in told.err


@pytest.mark.parametrize("content", ["", "{}\n", "lr: fast\nbatch_size: 0\noptimizer: null\nweight_decay: .nan\n"])
def test_hyperparameters_that_tell_nothing(version_folder, tmp_path, content):
    folder = shutil.copytree(version_folder, tmp_path / "version_0")
    (folder / "hparams.yaml").write_text(content)
    assert read_recording(str(folder)).contexts == {"version_0": {}}


def test_what_is_stated_goes_before_it(version_folder, tmp_path, capsys, monkeypatch):
    stated = tmp_path / "context.json"
    stated.write_text(json.dumps({"learning_rate": 0.5}))
    command = ["grokcast", "forecast", str(version_folder), "--context", str(stated)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code in (0, None)
    told = " ".join(capsys.readouterr().err.split())
    assert "context from the recording: optimizer sgd, weight_decay 0, batch_size 4" in told
