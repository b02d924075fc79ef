"""Tables of metrics that Aim exports."""

import io

import numpy as np
import pandas as pd
import pytest

from training_runs.readers import read_content

COLUMNS = "idx,step,value,epoch,time,run.hash,run.hparams.lr,run.hparams.weight_decay,metric.name,metric.context.subset"


def check(recording, runs):
    assert set(recording.runs) == set(runs)
    for run in runs:
        history = recording.histories[run]
        assert history.steps.tolist() == [0, 100, 200, 300, 400]
        assert history.signals["val_acc"].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
        assert history.signals["train_loss"][1] == pytest.approx(1 / 101)
        assert recording.contexts[run] == {"learning_rate": 0.001, "weight_decay": 1.0}
        assert (np.diff(history.times) > 0).all()


def test_runs_metrics_and_hyperparameters():
    rows = [
        f"{k},{100 * k},{value},,2026-11-27 12:33:0{k}.019338,{run},0.001,1.0,{metric}"
        for run in ("e58d0c38ac764b01b4336fd0", "102f77bcb0544109a7fa728d")
        for metric in ("accuracy,val", "loss,train")
        for k in range(5)
        for value in (k / 10 if metric == "accuracy,val" else 1 / (100 * k + 1),)
    ]
    recording = read_content("\n".join([COLUMNS, *rows]).encode(), "aim.csv")
    check(recording, ["e58d0c38ac764b01b4336fd0", "102f77bcb0544109a7fa728d"])


def test_metrics_of_one_run_alone():
    rows = [f"{100 * k},{k / 10},val_acc" for k in range(5)]
    history = read_content("\n".join(["step,value,metric.name", *rows]).encode(), "aim.csv").histories["aim"]
    assert history.signals["val_acc"].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_aim_exports_is_read(tmp_path):
    aim = pytest.importorskip("aim", reason="aim is not installed: extra tests-trackers")
    run = aim.Run(
        repo=str(tmp_path), system_tracking_interval=None, log_system_params=False, capture_terminal_logs=False
    )
    run["hparams"] = {"lr": 1e-3, "weight_decay": 1.0}
    for step in range(0, 500, 100):
        run.track(1 / (step + 1), name="loss", step=step, context={"subset": "train"})
        run.track(step / 1000, name="accuracy", step=step, context={"subset": "val"})
    options = {"include_name": True, "include_context": True, "include_run": True}
    table = pd.concat([metric.dataframe(**options) for metric in run.metrics()])
    run.close()
    exported = io.StringIO()
    table.to_csv(exported, index=False)
    check(read_content(exported.getvalue().encode(), "aim.csv"), [run.hash])
