"""Logs as people have them: what is read, how it is said, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from training_runs import InvalidInput
from training_runs.metric_names import canonical_name
from training_runs.readers import ReadOptions, UnreadColumns, read_content, read_history, read_recording

CASES = Path(__file__).parent / "data/cases"
STEPS = list(range(0, 1000, 100))


def columns(level: float = 0.0, **others: object) -> dict[str, object]:
    rise = np.linspace(0.1, 0.9, len(STEPS))
    return {"step": STEPS, "train_acc": rise, "val_acc": rise / 10 + level, **others}


def table_of(*runs: dict[str, object]) -> pd.DataFrame:
    return pd.concat([pd.DataFrame(run) for run in runs], ignore_index=True)


def read_table(table: pd.DataFrame, **options: object):
    return read_content(table.to_csv(index=False).encode(), "x.csv", options=ReadOptions(**options))


@pytest.mark.parametrize(
    ("file", "signals"),
    [
        ("ce_names.csv", {"train_loss", "train_acc", "val_loss", "val_acc"}),
        ("j_plural.json", {"train_loss", "train_acc", "val_loss", "val_acc"}),
        ("post_body.json", {"train_acc", "val_acc"}),
    ],
)
def test_names_that_people_use_are_read(file, signals):
    (run,) = read_recording(str(CASES / "01_no_signal_recognised" / file)).runs.values()
    assert set(run.trajectory.recorded_names()) == signals
    assert {s for s in run.reading.mapping.values() if s != "step"} == signals


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("acc_te", "val_acc"),
        ("loss_tr", "train_loss"),
        ("Testing Acc", "val_acc"),
        ("trainLoss", "train_loss"),
        ("valAccuracy", "val_acc"),
        ("train_losses", "train_loss"),
        ("metrics.train.loss", "train_loss"),
        ("train/loss/dataloader_idx_0", "train_loss"),
        ("eval-accuracy", "val_acc"),
        ("tst_nll_loss", "val_loss"),
        ("ood_acc", "val_acc"),
        ("avg_train_loss", "train_loss"),
        ("trainloss", "train_loss"),
        ("val acc@1", "val_acc"),
        ("best_val_acc", None),
        ("ema_val_acc", None),
        ("val_perplexity", None),
        ("log_train_loss", None),
        ("train_loss_std", None),
        ("val_error", None),
    ],
)
def test_a_name_means_a_signal_where_it_is_certain(name, signal):
    assert canonical_name(name) == signal


@pytest.mark.parametrize(
    ("table", "suspect"),
    [
        ({"acc_holdout2": "val_acc"}, "acc_holdout2"),
        ({"best_val_acc": "val_acc"}, "best_val_acc"),
        ({"lossB": "val_loss"}, "lossB"),
    ],
)
def test_half_of_the_metrics_is_not_read_in_silence(table, suspect):
    held = {name: np.linspace(0.1, 0.2, len(STEPS)) for name in table}
    with pytest.raises(UnreadColumns, match=f"--map '{suspect}={table[suspect]}'") as caught:
        read_history({"step": STEPS, "train_acc": np.linspace(0.1, 0.9, len(STEPS)), **held})
    assert caught.value.suspected == table
    run = read_history(
        {"step": STEPS, "train_acc": np.linspace(0.1, 0.9, len(STEPS)), **held}, options=ReadOptions(table)
    )
    assert run.reading.mapping[suspect] == table[suspect]


def test_a_log_without_validation_is_read():
    run = read_history({"step": STEPS, "train_acc": np.linspace(0.1, 0.9, len(STEPS)), "memory": [3.5] * len(STEPS)})
    assert run.trajectory.recorded_names() == ["train_acc"]
    assert run.reading.left_out == ("memory",)


@pytest.mark.parametrize("history", [{"a": STEPS}, {"val_acc": [np.nan] * len(STEPS)}, {"score": STEPS}])
def test_nothing_known_is_refused(history):
    with pytest.raises(UnreadColumns):
        read_history({"step": STEPS, **history})


def test_error_rates_are_read_as_accuracies_and_that_is_said():
    wrong = np.linspace(0.9, 0.1, len(STEPS))
    run = read_history({"step": STEPS, "test_error_rate": wrong})
    np.testing.assert_allclose(run.trajectory.signals["val_acc"], 1 - wrong)
    assert "test_error_rate is read as 1 - val_acc" in run.reading.notes
    beside = read_history({"step": STEPS, "test_loss": wrong, "test_err": wrong})
    np.testing.assert_allclose(beside.trajectory.signals["val_acc"], 1 - wrong)
    with pytest.raises(UnreadColumns, match="--map 'test_err=1-val_acc'"):
        read_history({"step": STEPS, "test_err": wrong})
    mapped = read_history({"step": STEPS, "test_err": wrong}, options=ReadOptions({"test_err": "1-val_acc"}))
    np.testing.assert_allclose(mapped.trajectory.signals["val_acc"], 1 - wrong)


@pytest.mark.parametrize("file", ["two_run_id", "two_run_name", "two_seeds", "two_weight_decay"])
def test_several_runs_in_a_table_are_never_one(file):
    recording = read_recording(str(CASES / "02_several_runs_in_one_table" / f"{file}.csv"))
    assert len(recording.runs) == 2
    with pytest.raises(InvalidInput, match="choose one with --run"):
        recording.run()
    rows = len((CASES / "02_several_runs_in_one_table" / f"{file}.csv").read_text().splitlines()) - 1
    assert sum(len(run.trajectory) for run in recording.runs.values()) == rows
    if file == "two_weight_decay":
        assert [c["weight_decay"] for c in recording.contexts.values()] == [1, 0]


def test_runs_side_by_side_are_told_apart():
    table = table_of(columns(seed=1, val_f1=0.5), columns(0.1, seed=2, val_f1=0.6)).sort_values("step", kind="stable")
    recording = read_table(table)
    assert list(recording.runs) == ["seed=1", "seed=2"]
    name, run = recording.run("2")
    assert (name, run.trajectory.signals["val_acc"][0]) == ("seed=2", pytest.approx(0.11))
    with pytest.raises(InvalidInput, match="--run-column"):
        read_table(table.drop(columns=["seed", "val_f1"]))


def test_a_grid_is_told_apart_by_two_columns():
    grid = [columns(k / 50, lr=lr, wd=wd) for k, (lr, wd) in enumerate([(0.1, 0), (0.1, 1), (0.01, 0), (0.01, 1)])]
    recording = read_table(table_of(*grid))
    assert list(recording.runs) == ["lr=0.1, wd=0", "lr=0.1, wd=1", "lr=0.01, wd=0", "lr=0.01, wd=1"]
    assert recording.contexts["lr=0.01, wd=1"] == {"learning_rate": 0.01, "weight_decay": 1}


def test_the_caller_names_the_column_of_runs():
    table = table_of(columns(a=1, b="x"), columns(0.1, a=2, b="y"), columns(0.2, a=2, b="z").copy())
    table["c"] = np.repeat([1, 2, 3], len(STEPS))
    assert list(read_table(table, run_column="c").runs) == ["c=1", "c=2", "c=3"]
    with pytest.raises(InvalidInput, match="a column of"):
        read_table(table, run_column="d")


def test_long_tables_and_rows_for_splits_of_several_runs():
    wide = table_of(columns(seed=1), columns(0.1, seed=2))
    long = wide.melt(["seed", "step"], var_name="metric", value_name="value")
    split = pd.concat(
        [
            wide[["seed", "step"]].assign(split=name, acc=wide[column])
            for name, column in (("train", "train_acc"), ("test", "val_acc"))
        ]
    )
    for table in (long, split):
        recording = read_table(table)
        assert list(recording.runs) == ["seed=1", "seed=2"]
        np.testing.assert_allclose(recording.histories["seed=2"].signals["val_acc"], columns(0.1)["val_acc"])


def test_what_a_dead_attempt_recorded_beyond_a_rewind_goes():
    first, second = columns(), columns(0.5)
    resumed = table_of(first, {name: np.asarray(values)[6:] for name, values in second.items()})
    resumed = resumed.iloc[[*range(9), *range(10, len(resumed))]]
    (run,) = read_table(resumed).runs.values()
    assert run.trajectory.steps.tolist() == STEPS
    assert (run.trajectory.signals["val_acc"] > 0.5).tolist() == [False] * 6 + [True] * 4
    assert any("went back from step 800 to 600: 3 rows" in note for note in run.reading.notes)


def test_a_training_that_begins_again_is_a_second_run():
    recording = read_table(table_of(columns(), columns(0.1)))
    assert list(recording.runs) == ["attempt 1", "attempt 2"]


def test_reversed_rows_are_sorted_and_shuffled_ones_are_not_guessed():
    table = pd.DataFrame(columns())
    (run,) = read_table(table[::-1]).runs.values()
    assert run.trajectory.steps.tolist() == STEPS
    assert "rows are in reversed order: sorted by step" in run.reading.notes
    shuffled = table.iloc[[3, 1, 7, 0, 9, 2, 8, 4, 6, 5]]
    with pytest.raises(InvalidInput, match="--sort"):
        read_table(shuffled)
    (run,) = read_table(shuffled, sort=True).runs.values()
    np.testing.assert_allclose(run.trajectory.signals["val_acc"], table["val_acc"])


def test_lightning_names_one_metric_three_times():
    recording = read_recording(str(CASES / "04_lightning_trio_and_one_bad_run/lightning_logs"))
    (run,) = recording.runs.values()
    assert run.reading.mapping["train_loss_epoch"] == "train_loss"
    assert run.trajectory.signals["train_loss"][0] == 3.922


def test_one_bad_run_spoils_no_other():
    recording = read_recording(str(CASES / "04_lightning_trio_and_one_bad_run/mlruns_one_bad"))
    assert (list(recording.runs), list(recording.problems)) == (["good"], ["ill"])
    assert recording.run("good")[0] == "good"
    with pytest.raises(InvalidInput, match="one column for val_acc"):
        recording.run("ill")
    with pytest.raises(InvalidInput, match="it holds good, ill"):
        recording.run()


@pytest.mark.parametrize("file", ["wandb_runs.csv", "wandb_runs2.csv"])
def test_a_table_of_runs_is_no_history(file):
    with pytest.raises(InvalidInput, match=r"a table of runs \(Name, State"):
        read_recording(str(CASES / "07_wandb_runs_table" / file))


@pytest.mark.parametrize("file", ["Epoch.csv", "epochs.csv"])
def test_epochs_under_any_name(file):
    path = str(CASES / "12_epoch_names" / file)
    with pytest.raises(InvalidInput, match="--steps-per-epoch"):
        read_recording(path)
    (run,) = read_recording(path, options=ReadOptions(steps_per_epoch=40)).runs.values()
    assert run.trajectory.steps[1] == 4000


def test_steps_that_look_like_epochs_are_said_to():
    counted = {"step": range(200), "val_acc": np.linspace(0, 1, 200)}
    run = read_history({name: list(values) for name, values in counted.items()})
    assert run.reading.asked == ("steps_per_epoch",)
    assert any("if these are epochs: --steps-per-epoch N" in note for note in run.reading.notes)


NAMES = st.sampled_from(
    ["step", "epoch", "val_acc", "train_acc", "acc_te", "loss", "test_error", "seed", "lr", "split", "value", "metric"]
) | st.text(max_size=6)
VALUES = st.lists(
    st.one_of(st.integers(-3, 9), st.floats(-2, 2), st.none(), st.sampled_from(["", "a", "train", "nan", "1"])),
    min_size=6,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6), st.booleans())
def test_any_table_is_a_history_that_is_told_or_one_refusal(table, sort):
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    try:
        recording = read_content(json.dumps(rows).encode(), "t.json", "json", ReadOptions(sort=sort))
    except InvalidInput:
        return
    for run in recording.runs.values():
        assert run.trajectory.recorded_names()
        reading = run.reading
        said = {*reading.mapping, *reading.left_out, *reading.context_columns, *reading.run_columns}
        if not {"split", "metric"} & set(table):
            assert said == set(table)
        assert set(reading.suspected) <= set(reading.left_out)
