"""A trainer_state.json that Hugging Face's Trainer itself wrote here."""

import json

import pytest

from training_runs import InvalidInput
from training_runs.readers import read_recording
from training_runs.readers.formats import detected

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def output_folder(tmp_path_factory):
    return train(tmp_path_factory.mktemp("hf") / "out")


def train(folder, by_name=False):
    """Twelve updates, logged every 2 and evaluated every 4, with an accuracy of the evaluation set.

    Parameters
    ----------
    by_name : whether training and validation set are evaluated, as docs/monitor.md has it.
    """
    import torch
    from transformers import Trainer, TrainingArguments

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 2)

        def forward(self, x, labels):
            logits = self.layer(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    data = [{"x": torch.randn(2), "labels": torch.tensor(k % 2)} for k in range(16)]
    arguments = TrainingArguments(
        str(folder),
        max_steps=12,
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=4,
        save_steps=6,
        per_device_train_batch_size=4,
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    Trainer(
        Line(),
        arguments,
        train_dataset=data,
        eval_dataset={"train": data, "val": data[:8]} if by_name else data,
        compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())},
    ).train()
    return folder


def test_the_newest_checkpoint_of_an_output_folder(output_folder):
    assert detected(output_folder) == "hf"
    recording = read_recording(str(output_folder))
    history = recording.histories["out"]
    assert history.steps.tolist() == [2, 4, 6, 8, 10, 12]
    assert history.recorded("val_acc")[0].tolist() == [4, 8, 12]
    assert {"train_loss", "val_loss", "val_acc", "grad_norm"} == set(history.recorded_names())
    assert recording.contexts["out"] == {"budget_step": 12}
    assert "eval_accuracy is read as val_acc" in recording.notes
    assert "loss is the training loss" in recording.notes


def test_evaluation_sets_of_their_own_names(tmp_path):
    folder = train(tmp_path / "out", by_name=True)
    recording = read_recording(str(folder))
    history = recording.histories["out"]
    known = {"train_loss", "train_acc", "val_loss", "val_acc", "grad_norm"}
    assert set(history.recorded_names()) == known
    for name in known - {"train_loss", "grad_norm"}:
        assert history.recorded(name)[0].tolist() == [4, 8, 12]
    # One training loss: the Trainer's own.
    assert history.recorded("train_loss")[0].tolist() == [2, 4, 6, 8, 10, 12]
    state = json.loads((folder / "checkpoint-12" / "trainer_state.json").read_text())
    own = [row["loss"] for row in state["log_history"] if "loss" in row]
    assert history.signals["train_loss"].tolist() == own
    assert "eval_train_accuracy is read as train_accuracy" in recording.notes
    (ignored,) = (note for note in recording.notes if note.startswith("ignored"))
    assert "eval_train_loss" in ignored


def test_the_state_of_one_checkpoint(output_folder):
    file = output_folder / "checkpoint-6" / "trainer_state.json"
    assert read_recording(str(file)).histories["out"].steps.tolist() == [2, 4, 6]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"epoch": 1}', '{"log_history": []}', '{"log_history": [3]}'])
def test_damaged_or_foreign_states_are_refused(tmp_path, content):
    file = tmp_path / "trainer_state.json"
    file.write_text(content)
    with pytest.raises(InvalidInput, match="log_history"):
        read_recording(str(file))


def test_the_mean_over_the_whole_training_is_left_out(output_folder, tmp_path):
    state = json.loads((output_folder / "checkpoint-12" / "trainer_state.json").read_text())
    state["log_history"].append({"step": 12, "train_loss": 99.0, "train_runtime": 1.0})
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    (history,) = read_recording(str(tmp_path)).histories.values()
    assert history.signals["train_loss"].max() < 99
