"""Histories of a few checkpoints, as people tell them: sentences, tables of a paper, a curve at steps of its own."""

import pytest

from predictor.forecaster import OnsetForecaster
from predictor.question import Question, check
from tests.reading import Read, read as read, values
from training_runs import InvalidInput, Trajectory

SAID = "sentences with several steps are read as a checkpoint each"
BOTH = {"step": [1000, 5000, 20_000], "train_acc": [0.4, 0.99, 1.0], "val_acc": [0.01, 0.011, 0.013]}


@pytest.mark.parametrize("name", ["h.txt", "h.log", "h.md", "h"])
@pytest.mark.parametrize(
    "text",
    [
        "at 1k steps train acc 0.4 val acc 0.01, at 5k train acc 0.99 val acc 0.011, at 20k train acc 1.0 val acc 0.013",
        "At 1,000 steps: train acc 40%, val acc 1%. At 5,000 steps: train acc 99%, val acc 1.1%. At 20,000 steps: train acc 100%, val acc 1.3%.",
        "train acc was 0.4 after 1k steps, 0.99 after 5k and 1.0 after 20k. val acc was 0.01 after 1k steps, 0.011 after 5k, 0.013 after 20k",
        "train acc: step 1000 0.4, step 5000 0.99, step 20000 1.0\nval acc: step 1000 0.01, step 5000 0.011, step 20000 0.013",
        "train acc: 40% @ 1000 steps, 99% @ 5k steps, 100% @ 20k steps\nval acc: 1% @ 1000 steps, 1.1% @ 5k steps, 1.3% @ 20k steps\n",
        "After 10 min: step 1000, train acc 0.4, val acc 0.01\nAfter 1 h: step 5000, train acc 0.99, val acc 0.011\nAfter 4 h: step 20000, train acc 1.0, val acc 0.013\n",
        "Step 1000 - 40% train acc, 1% val acc\nStep 5000 - 99% train acc, 1.1% val acc\nStep 20000 - 100% train acc, 1.3% val acc\n",
        "Schritt 1.000: Trainingsgenauigkeit 40 %, Validierungsgenauigkeit 1,0 %\nSchritt 5.000: Trainingsgenauigkeit 99 %, Validierungsgenauigkeit 1,1 %\nSchritt 20.000: Trainingsgenauigkeit 100 %, Validierungsgenauigkeit 1,3 %\n",
        "| Step | 1,000 | 5,000 | 20,000 |\n|:--|--:|--:|--:|\n| Train acc | 40% | 99% | 100% |\n| Val acc | 1% | 1.1% | 1.3% |\n",
        "train acc @1000: 0.4, @5000: 0.99, @20000: 1.0\nval acc @1000: 0.01, @5000: 0.011, @20000: 0.013\n",
        "hi! my numbers: step 1000 train_acc 0.4 val_acc 0.01; step 5000 train_acc 0.99 val_acc 0.011; step 20000 train_acc 1.0 val_acc 0.013. will it grok?",
        "step 1000 train_acc 0.4 val_acc 0.01 | step 5000 train_acc 0.99 val_acc 0.011 | step 20000 train_acc 1.0 val_acc 0.013",
        "1k: train acc 0.4, val acc 0.01\n5k: train acc 0.99, val acc 0.011\n20k: train acc 1.0, val acc 0.013\n",
        "1e3 steps: train acc 0.4 val acc 0.01\n5e3 steps: train acc 0.99 val acc 0.011\n2e4 steps: train acc 1.0 val acc 0.013",
        "Train/val accuracy at 1k steps: 0.4/0.01\nTrain/val accuracy at 5k steps: 0.99/0.011\nTrain/val accuracy at 20k steps: 1.0/0.013\n",
        "step       1000    5000   20000\ntrain acc  40%    99%    100%\nval acc    1.0%   1.1%   1.3%\n",
        "steps: 1k, 5k, 20k\ntrain acc: 40%, 99%, 100%\nval acc: 1%, 1.1%, 1.3%\n",
        "train acc:\n  step 1000: 0.4\n  step 5000: 0.99\n  step 20000: 1.0\nval acc:\n  step 1000: 0.01\n  step 5000: 0.011\n  step 20000: 0.013\n",
        "Training accuracy\n1000 40%\n5000 99%\n20000 100%\n\nValidation accuracy\n1000 1%\n5000 1.1%\n20000 1.3%\n",
        "after 1000 updates: accuracy on training set 0.4, on test set 0.01\nafter 5000 updates: accuracy on training set 0.99, on test set 0.011\nafter 20000 updates: accuracy on training set 1.0, on test set 0.013\n",
        "step 1000 Train → acc=0.4 ‖ Val → acc=0.01\nstep 5000 Train → acc=0.99 ‖ Val → acc=0.011\nstep 20000 Train → acc=1.0 ‖ Val → acc=0.013\n",
        "| step | 1k | 5k | 20k |\n|---|---|---|---|\n| train acc | 0.4 | 0.99 | 1.0 |\n| val acc | 0.01 | 0.011 | 0.013 |\n",
    ],
)  # fmt: skip
def test_a_few_checkpoints_as_people_tell_them(read: Read, name: str, text: str) -> None:
    found = values(read(name, text))
    assert found["step"] == BOTH["step"]
    assert {signal: found[signal] for signal in ("train_acc", "val_acc")} == {
        signal: pytest.approx(BOTH[signal]) for signal in ("train_acc", "val_acc")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("val acc still 0.9 % after 200k steps", {"step": [200_000], "val_acc": [0.009]}),
        ("After 1 million steps train accuracy 100%, validation accuracy 2%", {"step": [1_000_000], "train_acc": [1.0], "val_acc": [0.02]}),
        ("val acc went from 1% at 1k steps to 5% at 50k steps", {"step": [1000, 50_000], "val_acc": [0.01, 0.05]}),
        ("val_acc: 0.01 (step 600), 0.012 (step 10k)", {"step": [600, 10_000], "val_acc": [0.01, 0.012]}),
        (
            "My model memorised (train acc 1.0) at step 600 and val acc is still 0.01 at step 80000.",
            {"step": [600, 80_000], "train_acc": [1.0, None], "val_acc": [None, 0.01]},
        ),
        (
            "By step 300 train acc was 1.0. By step 400 val acc had climbed to 0.375.",
            {"step": [300, 400], "train_acc": [1.0, None], "val_acc": [None, 0.375]},
        ),
        (
            "train acc: step 100 0.3, step 200 0.6, step 500 1.0\nval acc: step 250 0.01, step 500 0.012",
            {"step": [100, 200, 250, 500], "train_acc": [0.3, 0.6, None, 1.0], "val_acc": [None, None, 0.01, 0.012]},
        ),
        (
            "train_acc: {100: 0.3, 200: 0.6, 500: 1.0}\nval_acc: {250: 0.01, 500: 0.012}\n",
            {"step": [100, 200, 250, 500], "train_acc": [0.3, 0.6, None, 1.0], "val_acc": [None, None, 0.01, 0.012]},
        ),
        (
            '{"train_acc": {"100": 0.3, "200": 0.6, "500": 1.0}, "val_acc": {"250": 0.01, "500": 0.012}}',
            {"step": [100, 200, 250, 500], "train_acc": [0.3, 0.6, None, 1.0], "val_acc": [None, None, 0.01, 0.012]},
        ),
    ],
)  # fmt: skip
def test_each_value_is_of_its_own_step(read: Read, text: str, expected: dict[str, list[float | None]]) -> None:
    assert values(read("h.txt", text)) == {
        signal: pytest.approx(each) if None not in each else each for signal, each in expected.items()
    }


@pytest.mark.parametrize(("base", "powers"), [(10, (3, 4, 5)), (2, (10, 11, 12))])
@pytest.mark.parametrize("form", ["step {b}^{p} val_acc {v}\n", "step {b}**{p}: val_acc {v}\n", "{b}^{p},{v}\n"])
def test_steps_that_are_powers(read: Read, base: int, powers: tuple[int, ...], form: str) -> None:
    """All were step 10, or step 2."""
    rows = "".join(form.format(b=base, p=p, v=p / 100) for p in powers)
    header = "" if "step" in form else "step,val_acc\n"
    assert values(read("h.csv" if header else "h.txt", header + rows))["step"] == [base**p for p in powers]


def test_epochs_told_in_one_line(read: Read) -> None:
    text = "epoch 1: train acc 0.4 val acc 0.01; epoch 50: train acc 1.0 val acc 0.01"
    recording = read("h.txt", text, steps_per_epoch=10)
    assert values(recording)["step"] == [10, 500]
    assert SAID in recording.notes


def test_rows_without_a_header_that_count_in_thousands_are_all_read(read: Read) -> None:
    """The first was taken for the header, and replaced by `--columns`."""
    recording = read("h.txt", "10k 1.00 0.01\n20k 1.00 0.012\n", columns=("step", "train_acc", "val_acc"))
    assert values(recording)["step"] == [10_000, 20_000]


@pytest.mark.parametrize(
    "text",
    [
        "val acc: <1% at step 1000, ~1% at step 2000, 2% at step 3000",
        "step 1000: val acc < 0.01\nstep 2000: val acc 0.01\nstep 3000: val acc 0.02",
        "step 1000: train acc > 0.99, val acc \u2264 1%\nstep 2000: val acc 1%\nstep 3000: val acc 2%",
    ],
)
def test_a_bound_is_no_value(read: Read, text: str) -> None:
    recording = read("h.txt", text)
    assert values(recording)["val_acc"][-2:] == [0.01, 0.02]
    assert 0.99 not in values(recording).get("train_acc", [])
    assert values(recording)["val_acc"][:-2] in ([], [None])


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("still 0.9 % after 200k steps", "step 200000 val_acc 0.9%"),
        ("memorised at ~ 600 steps, nothing since, now at 80k", "step 600 train_acc ... val_acc ..."),
        ("after 10k steps train accuracy is 100% and val accuracy is 0.9%, after 100k steps still 100% and 1.1%", "step 10000 train_acc 100% val_acc 0.9%"),
    ],
)  # fmt: skip
def test_what_is_told_and_not_certain_is_refused_with_the_line_that_would_be_read(read: Read, text: str, shape: str) -> None:  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        read("h.txt", text)
    assert f"'{shape}'" in refused.value.hint
    if "..." not in shape:
        assert values(read("h.txt", shape))["val_acc"] == [pytest.approx(float(shape.split()[-1].rstrip("%")) / 100)]


def test_splits_alone_are_asked_for_and_then_read_at_each_step(read: Read) -> None:
    text = "at 1k steps train 0.4 val 0.01, at 5k train 0.99 val 0.011, at 20k train 1.0 val 0.013"
    with pytest.raises(InvalidInput, match="--map 'train=train_acc', --map 'val=val_acc'"):
        read("h.txt", text)
    assert values(read("h.txt", text, names={"train": "train_acc", "val": "val_acc"})) == BOTH


@pytest.mark.parametrize(
    "line",
    [
        "step {s} train_acc 1.0 val_acc {v} best val_acc 0.5 at step 50\n",
        "step {s} train_acc 1.0 val_acc {v} | saved at step 90 | 30 steps left | 12.5 steps/s\n",
        "step {s} (epoch 3, step 4 of the epoch) train_acc 1.0 val_acc {v}\n",
    ],
)
def test_other_steps_in_a_line_move_no_value(read: Read, line: str) -> None:
    found = values(read("h.log", "".join(line.format(s=s, v=v) for s, v in ((100, 0.01), (200, 0.02), (300, 0.04)))))
    assert (found["step"], found["val_acc"]) == ([100, 200, 300], [0.01, 0.02, 0.04])


def test_values_of_several_steps_that_are_not_certain_are_left_out_and_named(read: Read) -> None:
    text = "step 100 val_acc 0.01\nstep 200 val_acc 0.02, later 0.3 0.4 at step 900\nstep 300 val_acc 0.02, step 400 0.5 train acc 0.1 val acc\n"
    recording = read("h.txt", text)
    assert values(recording) == {"step": [100, 200], "val_acc": [0.01, 0.02]}
    assert any("a line with several steps is left out: step 300" in note for note in recording.notes)


def test_a_row_a_metric_without_a_name_for_its_steps_is_asked_for_it(read: Read) -> None:
    with pytest.raises(InvalidInput, match="begin the first line with step"):
        read("h.md", "|  | 100 | 1000 |\n|---|---|---|\n| train acc | 0.35 | 0.99 |\n| val acc | 0.01 | 0.01 |\n")


def test_a_share_beside_percent_is_asked_for_with_what_to_write(read: Read) -> None:
    with pytest.raises(InvalidInput, match="as Train Acc \\(%\\) is.* write 0.012 as 1.2%"):
        read("h.csv", "Step,Train Acc (%),Val Acc\n100,35.0,0.010\n500,98.5,0.012\n")


@pytest.mark.parametrize(
    ("train", "warned", "reason"),
    [
        ([0.4, 0.99, 1.0], "at the last 2 checkpoints", "memorisation is not confirmed yet"),
        ([0.4, 0.5, 1.0], "at the last checkpoint", "memorisation is not confirmed yet"),
        ([0.4, 0.5, 0.6], None, "memorisation is not confirmed yet"),
        (None, None, "nothing given shows whether it has memorised"),
    ],
)
def test_what_a_few_checkpoints_leave_open_is_said(
    train: list[float] | None, warned: str | None, reason: str, shipped: OnsetForecaster
) -> None:
    curves = {"val_acc": [0.01, 0.011, 0.013]} | ({"train_acc": train} if train else {})
    answer = shipped.forecast(Question(Trajectory([1000, 5000, 20_000], curves)))
    assert answer.phase == ("fitting" if train else None)
    assert answer.memorization_step is None
    assert reason in answer.advice.reason
    said = [warning for warning in answer.warnings if "memorisation is confirmed by 3 in a row" in warning]
    assert [warned in warning for warning in said] == ([True] if warned else [])


def test_a_run_that_is_watched_is_not_asked_for_checkpoints_that_it_will_send() -> None:
    steps = [100, 200, 300, 400, 500, 600]
    history = Trajectory(steps, {"train_acc": [0.1, 0.3, 0.6, 0.9, 0.97, 1.0], "val_acc": [0.01] * 6})
    assert not any("confirmed by 3" in warning for warning in check(Question(history)).warnings)


def test_one_checkpoint_after_a_long_wait_is_asked_for_more() -> None:
    with pytest.raises(InvalidInput, match="add earlier checkpoints"):
        check(Question(Trajectory([200_000], {"val_acc": [0.009]})))


@pytest.mark.parametrize(
    "line",
    [
        "val acc 0.01 at step 1000 (seed 0), 0.02 at step 1000 (seed 1)\n",
        "val acc was 0.01 at step 1000, 0.3 at step 1000\n",
        "step 1000 val_acc 0.01, 0.012, 0.011 (3 seeds)\n",
        "val loss 4.6 -> 6.2 -> 11.9 at step 1000\n",
        "step 1000 val acc 1,1 %\n",
    ],
)
def test_of_several_values_at_a_step_none_is_taken(read: Read, line: str) -> None:
    recording = read("h.txt", f"step 10 train_acc 0.5\nstep 100 train_acc 0.75\n{line}step 2000 train_acc 1.0\n")
    assert "val_acc" not in values(recording)
    assert "val_loss" not in values(recording)
    assert any("left out" in note for note in recording.notes)


@pytest.mark.parametrize("label", ["run {r}: ", "[seed {r}] ", "(exp-{r}) ", "fold {r} | "])
def test_lines_of_several_runs_in_turn_are_runs(read: Read, label: str) -> None:
    """Of each step the last line was kept, whichever run it was of."""
    text = "".join(
        label.format(r=r) + f"step {s} val_acc {v}\n" for s, v in ((1000, 0.125), (2000, 0.25)) for r in (1, 2)
    )
    recording = read("h.log", f"starting\n{text}")
    assert [values(recording, run) for run in recording.histories] == [
        {"step": [1000, 2000], "val_acc": [0.125, 0.25]}
    ] * 2
