"""A metrics.csv that Lightning itself wrote here."""

import pytest

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
        def __init__(self):
            super().__init__()
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
        max_epochs=4, accelerator="cpu", logger=CSVLogger(folder, name="run"), log_every_n_steps=1,
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(Line(), data, data)
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
