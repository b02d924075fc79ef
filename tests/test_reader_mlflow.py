"""Stores that MLflow itself wrote here."""

import os

import pytest

from training_runs import InvalidInput
from training_runs.readers import read_recording

pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module", params=["sqlite", "files"])
def store(request, tmp_path_factory):
    """A store with two runs of one name, one run of its own name, and a deleted one."""
    import logging

    folder = tmp_path_factory.mktemp(request.param)
    uris = {"sqlite": f"sqlite:///{folder}/mlflow.db", "files": (folder / "mlruns").as_uri()}
    os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    import mlflow
    from mlflow.tracking import MlflowClient

    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(uris[request.param])
    client = MlflowClient(tracking_uri=uris[request.param])
    experiment = client.create_experiment("grok", artifact_location=folder.as_uri())
    ids = {}
    for key, name in (("a", "same"), ("b", "same"), ("c", "own"), ("d", "deleted")):
        run = client.create_run(experiment, run_name=name).info.run_id
        ids[key] = run
        client.log_param(run, "optimizer/lr", 0.001)
        client.log_param(run, "weight_decay", "1.0")
        for step in (10, 20, 30):
            client.log_metric(run, "train/loss", 1 / step, step=step, timestamp=step)
            client.log_metric(run, "val_accuracy", 0.25, step=step, timestamp=step)
        client.log_metric(run, "val_accuracy", 0.5, step=20, timestamp=25)  # logged again
        client.log_metric(run, "train/loss", float("nan"), step=30, timestamp=35)
        for sign in (1, -1):  # the store in SQLite writes the largest number in their place
            client.log_metric(run, "val_loss", sign * float("inf"), step=20 + 10 * sign, timestamp=26 + 10 * sign)
        client.log_metric(run, "val_loss", 3.0, step=20, timestamp=36)
        for sample in (0, 400):  # MLflow's own, of the machine
            client.log_metric(run, "system/cpu_utilization_percentage", 50.0, step=sample, timestamp=37)
            client.log_metric(run, "system/train_loss", 50.0, step=sample, timestamp=37)
    client.delete_run(ids["d"])
    return folder, ids


def test_runs_metrics_and_hyperparameters(store):
    folder, ids = store
    recording = read_recording(str(folder))
    assert set(recording.histories) == {ids["a"], ids["b"], "own"}
    history = recording.histories["own"]
    assert history.steps.tolist() == [10, 20, 30]
    assert history.signals["val_acc"].tolist() == [0.25, 0.5, 0.25]
    assert history.signals["train_loss"].tolist()[:2] == [0.1, 0.05]
    assert history.recorded("train_loss")[0].tolist() == [10, 20]
    assert recording.contexts["own"] == {"learning_rate": 0.001, "weight_decay": 1.0}
    assert "train/loss is read as train_loss" in recording.notes
    assert history.recorded("val_loss")[0].tolist() == [20]
    assert history.times.tolist() == [16, 36, 36]  # of each step's last value
    assert "2 infinite values of val_loss count as missing" in recording.notes
    assert not any("system" in note for note in recording.notes)


def test_one_run_of_a_file_store_by_its_folder(store):
    folder, ids = store
    runs = list(folder.rglob(ids["c"]))
    if not (runs and (runs[0] / "metrics").is_dir()):
        pytest.skip("a store in SQLite has no folders of runs")
    assert list(read_recording(str(runs[0])).histories) == ["own"]


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    with pytest.raises(InvalidInput, match="the SQLite store of MLflow"):
        read_recording(str(tmp_path))
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE metrics (x)")
    with pytest.raises(InvalidInput, match="no such table: runs"):
        read_recording(str(tmp_path / "other.db"))
    run = tmp_path / "mlruns" / "0" / "abc"
    (run / "metrics").mkdir(parents=True)
    (run / "meta.yaml").write_text("run_name: x\n")
    with pytest.raises(InvalidInput, match="with metrics"):
        read_recording(str(tmp_path / "mlruns"))
    (run / "metrics" / "val_acc").write_text("garbage\n")
    with pytest.raises(InvalidInput, match="damaged and left out: 1 lines of val_acc"):
        read_recording(str(tmp_path / "mlruns"))
