"""One chart a file: what the file's name says of its columns, and the files of one run."""

from pathlib import Path

import pytest

from tests.reading import CASES, Read, read as read, values
from training_runs.readers import read_recording
from training_runs.readers.charts import merged_charts
from training_runs.readers.columns import read_columns
from training_runs.readers.recording import RawRun
from training_runs.readers.tables import read_table

CHART = "Wall time,Step,Value\n1700000000.0,0,0.1\n1700000001.0,100,0.2\n"


def raw(path: str, text: str) -> RawRun:
    (run,) = read_table(text.encode(), "csv", Path(path).stem, path).values()
    return run


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("run-version_0-tag-val_acc.csv", "val_acc"),
        ("version_0-tag-val_acc.csv", "val_acc"),
        ("run-train-tag-accuracy.csv", "train_acc"),
        ("run-validation-tag-epoch_loss.csv", "val_loss"),
        ("run-a-b-tag-Loss_train.csv", "train_loss"),
        ("val_acc.csv", "val_acc"),
        ("seed0_train_loss.csv", "train_loss"),
    ],
)
def test_a_chart_of_tensorboard_is_named_by_its_file(read: Read, name: str, signal: str) -> None:
    assert values(read(name, CHART)) == {"step": [0, 100], signal: [0.1, 0.2]}


@pytest.mark.parametrize("name", ["chart.csv", "best_val_acc.csv", "train_acc_val_acc.csv", "run-x-tag-lr.csv"])
def test_a_name_that_says_nothing_certain_names_nothing(name: str) -> None:
    assert "Value" in raw(name, CHART).table.columns


def test_a_long_table_names_its_values_itself() -> None:
    assert "value" in raw("val_acc.csv", "step,metric,value\n0,train_acc,0.1\n0,val_acc,0.1\n").table.columns


@pytest.mark.parametrize(
    ("name", "header", "signals"),
    [
        ("accuracy_curve.csv", "step,train,val", {"train_acc", "val_acc"}),
        ("loss.csv", "step,train,test", {"train_loss", "val_loss"}),
        ("val.csv", "step,loss,acc", {"val_loss", "val_acc"}),
        ("loss_curve.csv", "step,train_loss,val_loss", {"train_loss", "val_loss"}),
    ],
)
def test_the_words_of_a_name_complete_columns(read: Read, name: str, header: str, signals: set[str]) -> None:
    assert set(values(read(name, f"{header}\n0,0.5,0.1\n100,0.25,0.2\n"))) == {"step", *signals}


def merged(files: dict[str, str]) -> dict[str, RawRun]:
    return merged_charts({path: raw(path, text) for path, text in files.items()})


TRAIN, VAL = "step,train_acc\n0,0.1\n100,0.9\n200,1\n", "step,val_acc\n0,0.1\n200,0.2\n"


def test_files_that_complement_each_other_are_one_run() -> None:
    (run,) = merged({"a/acc.csv": TRAIN, "a/other.csv": VAL}).values()
    history, _ = read_columns(run.table, "h")
    assert history.steps.tolist() == [0, 100, 200]
    assert history.signals["train_acc"].tolist() == [0.1, 0.9, 1.0]
    assert history.signals["val_acc"][[0, 2]].tolist() == [0.1, 0.2]
    assert "acc.csv, other.csv are read as one run" in run.notes


def test_files_that_hold_the_same_are_runs_of_their_own() -> None:
    assert list(merged({"a.csv": TRAIN, "b.csv": TRAIN})) == ["a.csv", "b.csv"]
    assert list(merged({"acc.csv": TRAIN, "acc2.csv": TRAIN, "c.csv": VAL})) == ["acc.csv", "acc2.csv", "c.csv"]


@pytest.mark.parametrize(
    "names",
    [
        ("seed0_train_acc.csv", "seed0_val_acc.csv", "seed1_train_acc.csv", "seed1_val_acc.csv"),
        ("s0/train.csv", "s0/val.csv", "s1/train.csv", "s1/val.csv"),
        ("run-s0-tag-train_acc.csv", "run-s0-tag-val_acc.csv", "run-s1-tag-train_acc.csv", "run-s1-tag-val_acc.csv"),
    ],
)
def test_charts_of_several_runs_go_by_their_names(names: tuple[str, ...]) -> None:
    runs = merged(dict(zip(names, (TRAIN, VAL, TRAIN, VAL), strict=True)))
    assert list(runs) == [names[0], names[2]]
    assert all({"train_acc", "val_acc"} <= set(run.table.columns) for run in runs.values())


def test_files_by_epoch_and_by_step_are_not_merged() -> None:
    assert len(merged({"acc.csv": TRAIN, "val.csv": VAL.replace("step", "epoch")})) == 2


def test_cases_of_several_files() -> None:
    folder = CASES / "18_npz_and_several_files"
    for names in (
        ("accuracy_curve.csv", "loss_curve.csv"),
        ("run-version_0-tag-train_acc.csv", "run-version_0-tag-val_acc.csv"),
    ):
        (run,) = merged({name: Path(folder / name).read_text() for name in names}).values()
        history, _ = read_columns(run.table, "h")
        assert len(history.steps) == 21
        assert {"train_acc", "val_acc"} <= set(history.signals)
    (history,) = read_recording(str(folder / "run-version_0-tag-val_acc.csv")).histories.values()
    assert set(history.signals) == {"val_acc"}
