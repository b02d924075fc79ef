"""Folders that DVCLive itself wrote here, and what may be wrong with one."""

import time

import pytest

from training_runs import InvalidInput
from training_runs.readers import read_recording

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A folder of a training, in which DVCLive writes `dvclive`."""
    path = tmp_path_factory.mktemp("dvc") / "seed-1"
    path.mkdir()
    live_of = pytest.importorskip("dvclive", reason="dvclive is not installed: extra tests-trackers").Live
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setenv("DVC_NO_ANALYTICS", "1")
        with live_of(save_dvc_exp=False, report=None) as live:
            live.log_params({"lr": 1e-3, "optimizer": {"weight_decay": 1.0}})
            for step in range(0, 500, 100):
                live.step = step
                time.sleep(0.002)  # DVCLive's clock counts milliseconds
                live.log_metric("train/loss", 1 / (step + 1))
                live.log_metric("val/acc", step / 1000, timestamp=True)
            live.log_metric("seconds", 12.5, plot=False)
    return path


@pytest.mark.parametrize("place", [".", "dvclive", ".."])
def test_a_run_is_read_with_its_parameters(training, place):
    recording = read_recording(str(training / place))
    (history,) = recording.histories.values()
    assert list(recording.runs) == ["seed-1"]
    assert history.steps.tolist() == [0, 100, 200, 300, 400]
    assert history.signals["val_acc"].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert history.signals["train_loss"][0] == 1
    assert recording.contexts["seed-1"] == {"learning_rate": 0.001, "weight_decay": 1.0}
    assert time.time() - 3600 < history.times[0] < history.times[-1] < time.time()


def test_damaged_lines_are_left_out(training, tmp_path):
    metrics = tmp_path / "plots/metrics/val"
    metrics.mkdir(parents=True)
    whole = (training / "dvclive/plots/metrics/val/acc.tsv").read_text()
    (metrics / "acc.tsv").write_text(whole + "500\nnonsense\n")
    recording = read_recording(str(tmp_path))
    assert recording.histories[tmp_path.name].steps.tolist() == [0, 100, 200, 300, 400]
    assert any("damaged and left out: 2 lines of val/acc" in note for note in recording.notes)
    (metrics / "acc.tsv").write_text("")
    with pytest.raises(InvalidInput, match="a folder of DVCLive"):
        read_recording(str(tmp_path))
