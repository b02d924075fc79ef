"""Histories whose values would be read at another step, as another metric or not at all, without a word."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training_runs import InvalidInput
from training_runs.readers import ReadRun, read_recording

S, TL, VL, TA, VA = [100, 200, 300], [2.5, 1.5, 0.5], [2.75, 2.9, 3.1], [0.25, 0.5, 0.9], [0.05, 0.0625, 0.075]
NAN = float("nan")


def read(folder: Path, name: str, text: str) -> ReadRun:
    (folder / name).write_text(text)
    (run,) = read_recording(str(folder / name)).runs.values()
    return run


def rows(row: Callable[[int], str]) -> str:
    return "".join(row(k) for k in range(len(S)))


PRINTED = "   step  train_loss  val_loss\n" + rows(lambda k: f"{k}   {S[k]}   {TL[k]}   {VL[k]}\n")


@pytest.mark.parametrize(
    "text",
    [
        PRINTED + "\n[3 rows x 3 columns]\nsaved to out.csv, dtype: float64\n",
        PRINTED + "Total time 12 s\nbye\n",
        PRINTED + "Mean val_loss: 3.0\n",
        PRINTED.lstrip(),  # copied without its first blanks
        ">>> print(frame)\n" + PRINTED + ">>>\n",
    ],
)
def test_the_index_of_a_printed_table_shifts_no_column(tmp_path, text: str) -> None:
    history = read(tmp_path, "frame.txt", text).trajectory
    assert history.steps.tolist() == S
    assert history.signals["train_loss"].tolist() == TL
    assert history.signals["val_loss"].tolist() == VL


def test_epochs_with_a_nameless_column_behind_are_no_index(tmp_path) -> None:
    text = "step train_acc val_acc\n" + rows(lambda k: f"{k} {TA[k]} {VA[k]} {k}.5\n")
    assert read(tmp_path, "times.txt", text).trajectory.signals["train_acc"].tolist() == TA


@pytest.mark.parametrize(
    ("name", "text", "signals"),
    [
        # A file's name says nothing of columns that say it themselves.
        (
            "val_run.csv",
            "step,loss,val_acc\n" + rows(lambda k: f"{S[k]},{TL[k]},{VA[k]}\n"),
            {"train_loss": TL, "val_acc": VA},
        ),
        # The step of a block stands below its values.
        (
            "a.log",
            rows(lambda k: f"[train]\nloss: {TL[k]}\nacc: {TA[k]}\nstep: {S[k]}\n\n"),
            {"train_loss": TL, "train_acc": TA},
        ),
        (
            "b.log",
            rows(
                lambda k: (
                    f"----\n| train/ | |\n| loss | {TL[k]} |\n| n_updates | {S[k]} |\n| eval/ | |\n| loss | {VL[k]} |\n"
                )
            ),
            {"train_loss": TL, "val_loss": VL},
        ),
        (
            "c.log",
            rows(lambda k: f"step {S[k]}; train loss {TL[k]}\nValidation perplexity: {np.exp(VL[k])}\n"),
            {"train_loss": TL, "val_loss": VL},
        ),
        (
            "d.log",
            rows(lambda k: f"step={S[k]} train_loss={TL[k]}f0 val_loss={VL[k]}f0\n"),
            {"train_loss": TL, "val_loss": VL},
        ),
        (
            "e.log",
            rows(lambda k: f"{S[k]} {{'train_loss': {TL[k]}, 'val_loss': {VL[k]}}}\n"),
            {"train_loss": TL, "val_loss": VL},
        ),
        (
            "f.log",
            rows(lambda k: f"第{S[k]}步：训练损失 {TL[k]}，验证损失 {VL[k]}\n"),
            {"train_loss": TL, "val_loss": VL},
        ),
        (
            "g.csv",
            "metric,variant,iteration,value\n"
            + rows(lambda k: f"loss,train,{S[k]},{TL[k]}\nloss,val,{S[k]},{VL[k]}\n"),
            {"train_loss": TL, "val_loss": VL},
        ),
        (
            "h.jsonl",
            rows(
                lambda k: (
                    f'{{"type": "train", "step": {S[k]}, "loss": {TL[k]}}}\n{{"type": "lr", "step": {S[k]}, "value": 0.1}}\n'
                    f'{{"type": "eval", "step": {S[k]}, "loss": {VL[k]}, "acc": {VA[k]}}}\n'
                )
            ),
            {"train_loss": TL, "val_loss": VL, "val_acc": VA},
        ),
        (
            "i.csv",
            '"trainer/global_step","a - train/loss","a - train/loss__MIN","a - val/loss","a - val/loss__MIN"\n'
            + rows(lambda k: f"{S[k]},{TL[k]},0,{VL[k]},0\n"),
            {"train_loss": TL, "val_loss": VL},
        ),
        *(
            (f"{k}.json", json.dumps(curves), {"train_loss": TL, "val_loss": VL})
            for k, curves in enumerate(
                (
                    [
                        {"metricName": "train_loss", "steps": S, "values": TL},
                        {"metricName": "val_loss", "steps": S, "values": VL},
                    ],
                    [
                        {"name": "loss", "context": {"subset": s}, "iters": S, "values": v}
                        for s, v in (("train", TL), ("val", VL))
                    ],
                    {
                        "lr": 0.1,
                        "curves": [{"label": f"{s} loss", "x": S, "y": v} for s, v in (("train", TL), ("val", VL))],
                    },
                    [
                        {"tag": f"{s}/loss", "points": [*zip(S, v, strict=True)]}
                        for s, v in (("train", TL), ("val", VL))
                    ],
                )
            )
        ),
    ],
)
def test_values_are_of_their_step_and_of_their_metric(
    tmp_path, name: str, text: str, signals: dict[str, list[float]]
) -> None:
    history = read(tmp_path, name, text).trajectory
    assert history.steps.tolist() == S
    assert {signal: values.tolist() for signal, values in history.signals.items()} == {
        signal: pytest.approx(values) for signal, values in signals.items()
    }


@pytest.mark.parametrize("misread", ["O.25", "l.0", "0.2S"])
def test_numbers_with_letters_are_missing_values_with_a_note(tmp_path, misread: str) -> None:
    values = [misread, "0.5", "0.9"]
    run = read(tmp_path, "scan.txt", rows(lambda k: f"step {S[k]} train_acc {values[k]} val_acc {VA[k]}\n"))
    assert run.trajectory.signals["train_acc"].tolist() == pytest.approx([NAN, 0.5, 0.9], nan_ok=True)
    assert run.trajectory.signals["val_acc"].tolist() == VA
    assert any(misread in note for note in run.reading.notes)


def test_objects_of_runs_are_no_curves_of_metrics(tmp_path) -> None:
    (tmp_path / "runs.json").write_text(json.dumps([{"name": f"seed {k}", "step": S, "val_acc": VA} for k in (0, 1)]))
    assert set(read_recording(str(tmp_path / "runs.json")).runs) == {"seed 0", "seed 1"}
    for curves in (
        [{"name": "val_acc", "step": S, "values": v} for v in (VA, TA)],  # one metric twice
        [{"name": "val_acc", "epochs": S, "values": VA}],
        [{"name": "val_acc", "points": [[[1], 2]]}],
    ):
        with pytest.raises(InvalidInput):
            read(tmp_path, "curves.json", json.dumps(curves))


@pytest.mark.parametrize(
    "text",
    [
        rows(lambda k: f"update {S[k]} :: train >> loss {TL[k]} ; acc {TA[k]} :: vld >> loss {VL[k]} ; acc {VA[k]}\n"),
        rows(lambda k: f"trainer/step: {S[k]} | train: {TL[k]} loss, {TA[k]} acc | val: {VL[k]} loss, {VA[k]} acc\n"),
        "".join(
            f"{name} at step {step}: {values[k]}\n"
            for k, step in enumerate(S)
            for name, values in {"Train acc": TA, "Val acc": VA, "Train loss": TL, "Val loss": VL}.items()
        ),
        "".join(
            json.dumps(
                {
                    "_step": step,
                    "train/acc": TA[k],
                    "val/acc": VA[k],
                    "train/loss": TL[k],
                    "val/loss": VL[k],
                    "w": {"bins": [1, 2]},
                }
            )
            + "\n"
            for k, step in enumerate(S)
        ),
        rows(lambda k: f"eval @ step {S[k]}\n  train: loss={TL[k]} acc={TA[k]}\n  test:  loss={VL[k]} acc={VA[k]}\n"),
        rows(
            lambda k: (
                f"{S[k]}/300 [===>] train_loss: {TL[k]} - train_acc: {TA[k]} - val_loss: {VL[k]} - val_acc: {VA[k]}\n"
            )
        ),
        *(
            "".join(f"{name}{before}{between.join(map(str, values))}{after}\n" for name, values in curves.items())
            for curves in [{"Train acc": TA, "steps": S, "val acc": VA, "train loss": TL, "val loss": VL}]
            for before, between, after in ((": ", " ", ""), (" | ", " | ", ""), ("|", "|", "|"))
        ),
    ],
)
def test_logs_and_prints_of_curves_are_read(tmp_path, text: str) -> None:
    history = read(tmp_path, "out.txt", text).trajectory
    assert history.steps.tolist() == S
    read_as = {"train_loss": TL, "val_loss": VL, "train_acc": TA, "val_acc": VA}
    assert {name: values.tolist() for name, values in history.signals.items()} == read_as


def test_of_two_generalisations_one_is_asked_for(tmp_path) -> None:
    for names in ("iid_acc,ood_acc", "val_acc_iid,val_acc_ood"):
        with pytest.raises(InvalidInput, match="one column for val_acc"):
            read(tmp_path, "two.csv", f"step,{names}\n" + rows(lambda k: f"{S[k]},{TA[k]},{VA[k]}\n"))
