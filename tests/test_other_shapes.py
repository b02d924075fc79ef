"""Tables and JSON as people send them: units in names, runs in columns, parameters above, and what is no step."""

import json
import re

import numpy as np
import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput

STEPS = [10, 100, 1000]
TRAIN, VAL = [0.5, 1.0, 1.0], [0.1, 0.1, 0.2]
EXPECTED = {"step": STEPS, "train_acc": TRAIN, "val_acc": VAL}


def table(header: str, *columns: list[object], rows: str = "") -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n" + rows


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("step (k)", 1000),
        ("ksteps", 1000),
        ("Iterations [x1000]", 1000),
        ("step/1000", 1000),
        ("steps (millions)", 1e6),
    ],
)
def test_steps_are_counted_in_the_unit_that_their_name_says(read: Read, name: str, factor: float) -> None:
    recording = read("h.csv", table(f"{name},train_acc,val_acc", [s / factor for s in STEPS], TRAIN, VAL))
    assert values(recording) == EXPECTED
    assert any(f"{name} times {factor:g} is read as" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("time (min)", 60), ("elapsed [h]", 3600), ("wall time (ms)", 0.001), ("runtime_hours", 3600), ("Time (s)", 1)],
)
def test_times_are_in_the_unit_that_their_name_says(read: Read, name: str, seconds: float) -> None:
    text = table(f"{name},step,train_acc,val_acc", [s / seconds for s in STEPS], STEPS, TRAIN, VAL)
    (history,) = read("h.csv", text).histories.values()
    assert history.times == pytest.approx(STEPS)


def test_losses_in_bits_are_read_in_nats_and_what_the_caller_names_stays(read: Read) -> None:
    text = table("step,train loss (bits),val_loss (nats)", STEPS, [1, 1, 1], [2, 2, 2])
    assert values(read("h.csv", text)) == {
        "step": STEPS,
        "train_loss": pytest.approx([np.log(2)] * 3),
        "val_loss": [2] * 3,
    }
    assert values(read("h.csv", text, names={"train loss (bits)": "train_loss"}))["train_loss"] == [1, 1, 1]


@pytest.mark.parametrize(
    ("header", "runs"),
    [
        ("step,adamw_train_acc,adamw_val_acc,sgd_train_acc,sgd_val_acc", ["adamw", "sgd"]),
        ("step,run1/train_acc,run1/val_acc,run2/train_acc,run2/val_acc", ["run1", "run2"]),
        ("step,train_acc_seed0,val_acc_seed0,train_acc_seed1,val_acc_seed1", ["seed0", "seed1"]),
    ],
)
def test_runs_side_by_side_are_runs(read: Read, header: str, runs: list[str]) -> None:
    recording = read("h.csv", table(header, STEPS, TRAIN, VAL, VAL, TRAIN))
    assert list(recording.runs) == runs
    assert values(recording, runs[0]) == EXPECTED
    assert values(recording, runs[1]) == {"step": STEPS, "train_acc": VAL, "val_acc": TRAIN}


@pytest.mark.parametrize(
    "header", ["step,train_acc_std,val_acc_std,train_acc_ema,val_acc_ema", "step,a_train_acc,a_val_acc,b_train_acc,x"]
)
def test_other_quantities_of_one_run_are_no_runs(read: Read, header: str) -> None:
    with pytest.raises(InvalidInput, match="expected values of a known signal"):
        read("h.csv", table(header, STEPS, TRAIN, VAL, VAL, TRAIN))


def test_a_column_a_step_and_a_row_a_metric(read: Read) -> None:
    rows = [["step", *STEPS], ["train_acc", *TRAIN], ["val_acc", *VAL]]
    assert values(read("h.csv", "\n".join(",".join(map(str, row)) for row in rows))) == EXPECTED


@pytest.mark.parametrize(
    "lines", ["# lr=0.001, wd: 1.0\n# modulus = 97\n", "lr,0.001\nweight_decay,1.0\nmodulus,97\n\n"]
)
def test_parameters_above_a_table_are_context(read: Read, lines: str) -> None:
    recording = read("h.csv", lines + table("step,train_acc,val_acc", STEPS, TRAIN, VAL))
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == {"learning_rate": 0.001, "weight_decay": 1.0, "modulus": 97}


@pytest.mark.parametrize("twice", ["loss", "time (s)", "a_val_acc"])
def test_two_columns_of_one_name_are_refused_by_it(read: Read, twice: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"two columns {twice}'; expected columns of different names")):
        read("h.json", json.dumps([["step", twice, twice], [10, 1, 2], [20, 1, 2], [30, 1, 2]]))


SPLITS = {"train": TRAIN, "val": VAL}


@pytest.mark.parametrize(
    "document",
    [
        {"accuracy": {s: dict(zip(map(str, STEPS), v, strict=True)) for s, v in SPLITS.items()}},
        {"log": [{"type": s, "step": k, "acc": a} for s, v in SPLITS.items() for k, a in zip(STEPS, v, strict=True)]},
        {f"{s}_acc": [{"x": k, "y": a} for k, a in zip(STEPS, v, strict=True)] for s, v in SPLITS.items()},
    ],
    ids=["metric over split over step", "records of either split", "points of charts"],
)
def test_nested_metrics(read: Read, document: object) -> None:
    assert values(read("h.json", json.dumps(document))) == EXPECTED


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("t,train_acc,val_acc", "of another name? --map 't=step'"),
        ("samples_seen,train_acc,val_acc", "does samples_seen count them? divide it by those of a step"),
        ("log10_step,train_acc,val_acc", "is log10_step a logarithm? raise its base to it"),
        ("step,acc,x", "--map 'acc=train_acc'; val_ in place of train_ for what is validation's"),
        ("step,acc,acc", "--map 'acc=train_acc', --map 'acc.1=val_acc'"),
    ],
)
def test_what_would_be_read_wrongly_is_asked(read: Read, header: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("h.csv", table(header, STEPS, TRAIN, VAL))
    assert hint in str(refused.value)
