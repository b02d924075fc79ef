"""Event files that TensorBoard's own writers wrote here."""

import numpy as np
import pytest

from training_runs import InvalidInput
from training_runs.readers import read_recording
from training_runs.readers.formats import detected

pytest.importorskip("tensorboard")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def writer_at():
    from torch.utils.tensorboard import SummaryWriter

    writers = []

    def make(folder):
        writers.append(SummaryWriter(str(folder)))
        return writers[-1]

    yield make
    for writer in writers:
        writer.close()


def test_all_points_of_two_tags_on_their_own_steps(writer_at, tmp_path):
    # More than the 10,000 that TensorBoard keeps of a tag by default.
    with writer_at(tmp_path / "run") as writer:
        for step in range(12_000):
            writer.add_scalar("Loss/train", 1 / (step + 1), step, walltime=1.8e9 + step)
        for step in range(0, 12_000, 1_000):
            writer.add_scalar("Accuracy/val", step / 12_000, step)
        writer.add_scalar("lr", 0.1, 0)
    assert detected(tmp_path / "run") == "tensorboard"
    recording = read_recording(str(tmp_path / "run"))
    assert list(recording.histories) == ["run"]
    history = recording.histories["run"]
    assert history.steps.tolist() == list(range(12_000))
    assert history.times[1:1_000].tolist() == [1.8e9 + step for step in range(1, 1_000)]
    steps, values = history.recorded("val_acc")
    assert steps.tolist() == list(range(0, 12_000, 1_000))
    np.testing.assert_allclose(values, steps / 12_000, rtol=1e-6)
    assert recording.notes == (
        f"{tmp_path / 'run'} is read as tensorboard",
        "Accuracy/val is read as val_acc",
        "Loss/train is read as train_loss",
        "lr is read as learning_rate of the context",
    )


def test_folders_of_add_scalars_and_of_splits_belong_to_their_run(writer_at, tmp_path):
    writer = writer_at(tmp_path / "a")
    for step in (1, 2, 3):
        writer.add_scalars("acc", {"train": 1.0, "val": 0.25}, step)
    writer.add_hparams({"lr": 0.1}, {"hparam/accuracy": 0.25})
    writer.close()
    for split, value in (("train", 0.5), ("validation", 2.0)):
        with writer_at(tmp_path / "b" / split) as keras:
            for step in (0, 1):
                keras.add_scalar("epoch_loss", value, step)
    histories = read_recording(str(tmp_path)).histories
    assert set(histories) == {"a", "b"}
    assert histories["a"].signals["train_acc"].tolist() == [1, 1, 1]
    assert histories["a"].signals["val_acc"].tolist() == [0.25] * 3
    assert histories["b"].signals["val_loss"].tolist() == [2, 2]


def test_scalars_as_tensorflow_writes_them(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    writer = EventFileWriter(str(tmp_path))
    for step in range(40):  # of tensors TensorBoard keeps ten by default
        value = Summary.Value(
            tag="val_accuracy",
            tensor=make_tensor_proto(np.float32(step / 40)),
            metadata=metadata,
        )
        writer.add_event(Event(step=step, summary=Summary(value=[value])))
    writer.close()
    (history,) = read_recording(str(tmp_path)).histories.values()
    np.testing.assert_allclose(history.signals["val_acc"], np.arange(40) / 40, rtol=1e-6)


def test_a_rewound_training_counts_as_it_went_on(writer_at, tmp_path):
    for first, value in ((0, 0.1), (5, 0.9)):
        with writer_at(tmp_path / "run") as writer:
            for step in range(first, first + 8):
                writer.add_scalar("val/acc", value, step)
    (history,) = read_recording(str(tmp_path)).histories.values()
    assert history.steps.tolist() == list(range(13))
    np.testing.assert_allclose(history.signals["val_acc"], [0.1] * 5 + [0.9] * 8, rtol=1e-6)


def test_epochs_become_steps(writer_at, tmp_path):
    from training_runs.readers import ReadOptions

    with writer_at(tmp_path) as writer:
        for epoch in (1, 2, 3):
            writer.add_scalar("val/acc", 0.1, epoch)
    recording = read_recording(str(tmp_path), options=ReadOptions(steps_per_epoch=97))
    (history,) = recording.histories.values()
    assert history.steps.tolist() == [97, 194, 291]
    assert "step counts epochs: times 97 it is step" in recording.notes


@pytest.fixture
def event_file(writer_at, tmp_path):
    with writer_at(tmp_path / "run") as writer:
        for step in range(100):
            writer.add_scalar("val/acc", 0.1, step)
    (file,) = (tmp_path / "run").iterdir()
    return file


def test_a_file_that_is_still_written_is_read_as_far_as_it_goes(event_file):
    event_file.write_bytes(event_file.read_bytes()[:-7])
    (history,) = read_recording(str(event_file)).histories.values()
    assert history.steps.tolist() == list(range(99))


@pytest.mark.parametrize("content", [b"step,val_acc\n1,0.1\n" * 9, b""])
def test_what_holds_no_sound_record_is_refused(event_file, content):
    event_file.write_bytes(content)
    with pytest.raises(InvalidInput, match="undamaged event file|with scalars"):
        read_recording(str(event_file.parent))
