"""Logs as strangers have them: cut, wrapped, of several processes, with pairs whose order is said once, of many programs."""

import re

import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput

ROWS = [(100, 2.5, 0.5, 2.75, 0.125), (200, 0.5, 0.75, 3.5, 0.125), (300, 0.125, 1.0, 4.5, 0.25), (400, 0.0625, 1.0, 4.75, 0.375)]  # fmt: skip
NAMES = ("step", "train_loss", "train_acc", "val_loss", "val_acc")
LINE = "step {s} train_loss {tl} train_acc {ta} val_loss {vl} val_acc {va}\n"


def printed(form: str) -> str:
    """A form for each checkpoint; `e` counts epochs of 100 steps, `z` from zero, `tp` and `vp` are percent, `te` and `ve` errors."""
    return "".join(
        form.format(s=s, e=s // 100, z=s // 100 - 1, tl=tl, ta=ta, vl=vl, va=va, tp=100 * ta, vp=100 * va, te=1 - ta, ve=1 - va)
        for s, tl, ta, vl, va in ROWS
    )  # fmt: skip


def expected(*names: str) -> dict[str, list[float]]:
    columns = dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))
    return {name: columns[name] for name in ("step", *(names or NAMES[1:]))}


@pytest.mark.parametrize(
    ("above", "form"),
    [
        ("# pairs below are train/val\n", "step {s} loss: {tl}/{vl} acc: {ta}/{va}\n"),
        ("Logging (train, val) every 100 steps\n", "step {s}: loss=({tl}, {vl}) acc=({ta}, {va})\n"),
        ("loss and acc: val/train\n", "step {s} loss: {vl}/{tl} acc: {va}/{ta}\n"),
        ("", "step {s} [tr/te] loss {tl}/{vl} acc {ta}/{va}\n"),
        ("", "step {s} - (train | test) loss: ({tl} | {vl}), acc: ({ta} | {va})\n"),
        ("", "Step {s} Train|Val Loss: {tl}|{vl}  Train|Val Acc: {tp}%|{vp}%\n"),
        ("", "step {s} train acc/loss: {ta}/{tl}, val acc/loss: {va}/{vl}\n"),
        ("", "step {s} acc/loss train {ta}/{tl} test {va}/{vl}\n"),
        ("", "training step {s} complete. Train loss: {tl}. Train accuracy: {tp}%. Val loss: {vl}. Val accuracy: {vp}%.\n"),
        ("", "step {s}\n  Train  loss {tl}   acc {ta}\n  Valid  loss {vl}   acc {va}\n"),
        ("", "step {s}: val_loss={vl} (train {tl}), val_acc={va} (train {ta})\n"),
        ("", "step {s}: loss on training set {tl}, on test set {vl}; accuracy on the training set {ta} and on the test set {va}\n"),
        ("", "step {s} loss (train/val/test): {tl}/{vl}/9.0 acc (train/val/test): {ta}/{va}/0.9\n"),
        ("", "step {s}\n          Train    Val\nloss      {tl}     {vl}\nacc       {ta}     {va}\n"),
        ("", "Step {s}\n INFO - a.console -          Training |  Validation\n INFO - a.console - accuracy  |   {ta}  |   {va}\n INFO - a.console - loss   |  {tl}  |  {vl}\n"),
        ("", "step {s}\ntrain: {{'loss': {tl}, 'acc': {ta}}}\nval: {{'loss': {vl}, 'acc': {va}}}\n"),
    ],
)  # fmt: skip
def test_pairs_whose_order_the_text_says(read: Read, above: str, form: str) -> None:
    found = values(read("h.log", above + printed(form)))
    assert {name: found[name] for name in NAMES} == {name: pytest.approx(v) for name, v in expected().items()}


@pytest.mark.parametrize(
    "text",
    [
        printed("step {s}: loss=({tl}, {vl}) acc=({ta}, {va})\n"),
        "train/test split: 0.3/0.7\n" + printed("step {s} loss: {tl}/{vl} acc: {ta}/{va}\n"),
        "train/val\n" + printed("step {s} loss: {tl}/{vl}\n") + "val/train\n" + printed("step {s} loss: {vl}/{tl}\n"),
        printed("step {s} loss: {tl} {vl} acc: {ta} {va}\n"),
    ],
    ids=["none", "of the data", "two orders", "blanks between"],
)
def test_pairs_without_an_order_are_asked_for(read: Read, text: str) -> None:
    with pytest.raises(InvalidInput, match="--pattern"):
        read("h.log", text)


@pytest.mark.parametrize("by", [" | ", ", ", "; ", "\t"])
def test_a_header_that_is_announced_names_the_columns_below_it(read: Read, by: str) -> None:
    header = by.join(["Format: step", "loss (train/val)", "acc (train/val)"])
    rows = printed(by.join(["{s}", "{tl}/{vl}", "{ta}/{va}"]) + "\n")
    assert values(read("h.log", f"{header}\n{rows}")) == expected()


def test_one_name_twice_in_a_line_is_of_several_values(read: Read) -> None:
    """The first was kept, training's, and `--map correct=val_acc` was proposed for it."""
    recording = read("h.log", printed("step {s} train_loss {tl} correct 5/8 val_loss {vl} correct 1/8\n"))
    assert values(recording) == expected("train_loss", "val_loss")
    assert any("correct is left out: it has several values, such as 0.625, 0.125" in note for note in recording.notes)


def test_pairs_of_a_table_are_of_the_order_above_it(read: Read) -> None:
    rows = printed("{s},{tl}/{vl},{ta}/{va}\n")
    assert values(read("h.csv", f"# loss and acc are train/val\nstep,loss,acc\n{rows}")) == expected()
    with pytest.raises(InvalidInput, match="--map 'loss=train_loss'"):
        read("h.csv", f"step,loss,acc\n{rows}")


@pytest.mark.parametrize("width", [40, 60, 72, 80])
def test_lines_that_a_terminal_wrapped(read: Read, width: int) -> None:
    lines = printed(
        "step {s:06d} train_loss {tl:.6f} train_acc {ta:.6f} val_loss {vl:.6f} val_acc {va:.6f}\n"
    ).splitlines()
    wrapped = "".join(line[at : at + width] + "\n" for line in lines for at in range(0, len(line), width))
    recording = read("h.log", wrapped)
    assert values(recording) == expected()
    assert f"lines are wrapped at {width} characters: they are joined" in recording.notes


def test_lines_of_one_length_are_not_wrapped(read: Read) -> None:
    form = "step {s:06d} train_loss {tl:.6f} train_acc {ta:.6f}\nval_loss {vl:.2f} val_acc {va:.3f}\n"
    assert values(read("h.log", printed(form))) == expected()


@pytest.mark.parametrize(
    ("wrong", "left_out"),
    [("val_acc 0. 125", "val_acc"), ("train_loss 2 .5", "train_loss"), ("train_loss 2,5", "train_loss")],
)
def test_a_number_behind_a_number_makes_the_value_unknown(read: Read, wrong: str, left_out: str) -> None:
    recording = read(
        "h.log", printed(LINE).replace(wrong.replace(" .", ".").replace(". ", ".").replace(",", "."), wrong)
    )
    assert left_out not in values(recording)
    assert any(f"{left_out} is left out: it has several values" in note for note in recording.notes)


@pytest.mark.parametrize("wrong", ["step 2OO", "step 2O0", "step Z00", "step S00"])
def test_values_of_a_step_that_is_no_number_are_left_out(read: Read, wrong: str) -> None:
    wrong = wrong.replace("Z", "l")
    recording = read("h.log", printed(LINE).replace("step 200", wrong))
    assert values(recording)["step"] == [100, 300, 400]
    assert values(recording)["train_loss"] == [2.5, 0.125, 0.0625]
    assert any(f"lines whose step is no number are left out, such as {wrong}" in note for note in recording.notes)


@pytest.mark.parametrize(
    "beside",
    [
        "/usr/lib/torch/optim/lr_scheduler.py:123: UserWarning: step 5 was called 3 times, loss 9",
        "RuntimeError: CUDA out of memory at step 7",
        "Best val acc: 0.99 at step 350",
        "New best val_acc 0.99 (step 350)",
        "Early stopping: best step 150 val_acc 0.99",
        "Final: train_loss 0.01 val_acc 0.99",
    ],
)
def test_what_a_program_says_beside_its_measurements_is_none(read: Read, beside: str) -> None:
    form = f"step {{s}} train_loss {{tl}} train_acc {{ta}}\n{beside}\nval_loss {{vl}} val_acc {{va}}\n"
    assert values(read("h.log", printed(form))) == expected()
    assert values(read("h.log", printed(LINE) + beside + "\n")) == expected()


def test_of_several_processes_the_first_is_read(read: Read) -> None:
    form = "[rank1] step {s} train_loss 9.0 val_acc 0.9\n[rank0] " + LINE
    recording = read("h.log", printed(form))
    assert values(recording) == expected()
    assert "lines of 1 other processes are left out: those of rank 0 are read" in recording.notes


@pytest.mark.parametrize(
    "form",
    [
        "[1,0]<stdout>:" + LINE,
        "11/28/26 12:00 PM " + LINE,
        "step_{s}: train_loss {tl}, train_acc {ta}, val_loss {vl}, val_acc {va}\n",
        "Step \u2116{s} train_loss {tl}, train_acc {ta}, val_loss {vl}, val_acc {va}\n",
        "({s}/400) train_loss {tl}, train_acc {ta}, val_loss {vl}, val_acc {va}\n",
        "{s} steps | train_loss {tl} | train_acc {ta} | val_loss {vl} | val_acc {va}\n",
        "After {s} steps: train_loss {tl} train_acc {ta} val_loss {vl} val_acc {va}\n",
        "step {s}: {tl} train loss, {vl} val loss, {tp}% train acc, {vp}% val acc\n",
        "step {s} it/s: 12.3 train_loss {tl} train_acc {ta} tok/s 1.2M val_loss {vl} val_acc {va}\n",
        "step {s} train loss {tl} error {te} val loss {vl} error {ve}\n",
        "step: {s}, skipped=0, lr=[0.001]\nsteps: {s} loss: {tl} acc {ta} iter time (s): 0.1\niter {s} val_loss {vl} val_acc {va}\n",
        "[batch={s}/400]:\n\t Train loss/train/total: {tl}\n\t Train metrics/train/MulticlassAccuracy: {ta}\n[Eval batch=1/9] Eval on eval data\n"
        "[Eval batch=9/9] Eval on eval data:\n\t Eval metrics/eval/LanguageCrossEntropy: {vl}\n\t Eval metrics/eval/LanguagePerplexity: 9\n"
        "\t Eval metrics/eval/MulticlassAccuracy: {va}\n",
        "[rank=0] INFO: [101] determined.core: report_training_metrics(steps_completed={s}, metrics={{'loss': {tl}, 'accuracy': {ta}}})\n"
        "[rank=0] INFO: [101] determined.core: report_validation_metrics(steps_completed={s}, metrics={{'loss': {vl}, 'accuracy': {va}}})\n",
    ],
)  # fmt: skip
def test_lines_of_still_other_programs(read: Read, form: str) -> None:
    assert values(read("h.log", printed(form))) == expected()


BACKSPACES = "\b" * 60


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("Epoch {e}/4\n\n  1/100 [....] - ETA: 9s - loss: 9.0 - accuracy: 0.1" + BACKSPACES
         + "100/100 [====] - 1s 2ms/step - loss: {tl} - accuracy: {ta} - val_loss: {vl} - val_accuracy: {va}\n", ()),
        ("Training:  50%|##  | 50/100 [00:01<00:01, 45.1it/s, loss=9.0]\rTraining: 100%|####| 100/100 [00:02<00:00, 45.1it/s, loss={tl}]\n"
         "Epoch {e}: train_loss={tl}, train_acc={ta}, val_loss={vl}, val_acc={va}\n", ()),
        ("{{'loss': {tl}, 'learning_rate': 5e-05, 'epoch': {e}.0}}\n{{'eval_loss': {vl}, 'eval_accuracy': {va}, 'eval_runtime': 2.1, 'epoch': {e}.0}}\n"
         "{{'train_runtime': 100.0, 'train_loss': 0.8, 'epoch': {e}.0}}\n", ("train_loss", "val_loss", "val_acc")),
        ("train ({e}/4) accuracy: {ta} | loss: {tl} | lr: 0.02\nvalid ({e}/4) accuracy: {va} | loss: {vl}\n* Epoch ({e}/4) \n", ()),
        ("epoch: {z}, batch_id: 50, loss is: [9.0], acc is: [0.1]\nepoch: {z}, batch_id: 100, loss is: [{tl}], acc is: [{ta}]\n"
         "[validation] accuracy/loss: {va}/{vl}\n", ()),
        ("Epoch {z}/3  \u2501\u2501\u2501\u2501\u2501 100/100 0:00:05 \u2022 0:00:00 18.90it/s v_num: 0.000 train_loss: {tl} train_acc: {ta} val_loss: {vl} val_acc: {va}\n", ()),
        ("INFO:root:Epoch[{z}] Batch [50]\tSpeed: 43383.55 samples/sec\taccuracy=0.1\nINFO:root:Epoch[{z}] Train-accuracy={ta}\n"
         "INFO:root:Epoch[{z}] Time cost=1.494\nINFO:root:Epoch[{z}] Validation-accuracy={va}\n", ("train_acc", "val_acc")),
        ("\u7b2c{e}\u8f6e \u8bad\u7ec3\u635f\u5931\uff1a{tl} \u8bad\u7ec3\u51c6\u786e\u7387\uff1a{ta} \u9a8c\u8bc1\u635f\u5931\uff1a{vl} \u9a8c\u8bc1\u51c6\u786e\u7387\uff1a{va}\n", ()),
        ("\u042d\u043f\u043e\u0445\u0430 {e}/4: \u043f\u043e\u0442\u0435\u0440\u0438 (\u043e\u0431\u0443\u0447\u0435\u043d\u0438\u0435) {tl}, \u0442\u043e\u0447\u043d\u043e\u0441\u0442\u044c (\u0432\u0430\u043b\u0438\u0434\u0430\u0446\u0438\u044f) {va}\n", ("train_loss", "val_acc")),
    ],
    ids=["Keras' backspaces", "bars within epochs", "the Trainer", "Catalyst", "Paddle", "Lightning", "MXNet", "Chinese", "Russian"],
)  # fmt: skip
def test_epochs_of_still_other_programs(read: Read, form: str, names: tuple[str, ...]) -> None:
    assert values(read("h.log", printed(form), steps_per_epoch=100)) == expected(*names)


REPORTS = [
    "Result for train_0f2a3_00000:\n  date: 2023-01-01_00-00-00\n  done: false\n  train_acc: {ta}\n  train_loss: {tl}\n"
    "  training_iteration: {e}\n  trial_id: 0f2a3_00000\n  val_acc: {va}\n  val_loss: {vl}\n\n",
    "\u256d\u2500\u2500\u256e\n\u2502 Trial train_0f2a3_00000 result \u2502\n\u2502 time_total_s   0.5 \u2502\n\u2502 training_iteration   {e} \u2502\n"
    "\u2502 train_acc  {ta} \u2502\n\u2502 train_loss  {tl} \u2502\n\u2502 val_acc  {va} \u2502\n\u2502 val_loss  {vl} \u2502\n\u2570\u2500\u2500\u256f\n",
    '{{"train_acc": {ta}, "train_loss": {tl}, "training_iteration": {e}, "val_acc": {va}, "val_loss": {vl}}}\n',
]  # fmt: skip


@pytest.mark.parametrize("form", REPORTS, ids=["a list", "a box", "result.json"])
def test_a_report_of_ray_tune_is_of_the_iteration_that_it_names(read: Read, form: str) -> None:
    assert values(read("result.json", printed(form), steps_per_epoch=100)) == expected()
    with pytest.raises(InvalidInput, match="--steps-per-epoch"):
        read("result.json", printed(form))


def test_lines_that_sum_up_the_whole_are_named(read: Read) -> None:
    recording = read("h.log", printed(LINE) + "Best val acc: 0.99 at step 350\n")
    assert "lines that sum up the whole are left out, such as Best val acc: 0.99 at step 350" in recording.notes


def test_perplexities_in_a_log_are_losses(read: Read) -> None:
    found = values(read("h.log", re.sub(r"\b(\d\.\d+)$", r"\1", printed("step {s} train ppl {vl} val ppl 10.0\n"))))
    assert found["val_loss"] == pytest.approx([2.302585] * 4)


def test_a_minus_of_print_is_one(read: Read) -> None:
    log = printed("step {s} train_loss {tl:.2e} val_loss {vl:.2e}\n").replace("e-0", "e\u22120")
    assert values(read("h.log", log)) == expected("train_loss", "val_loss") | {"train_loss": [2.5, 0.5, 0.125, 0.0625]}


@pytest.mark.parametrize("dots", ["", "..   ...      ...        ...\n"])
def test_a_table_that_pandas_folded_or_shortened(read: Read, dots: str) -> None:
    above = "   step  train_loss  train_acc  \\\n" + printed("{z}   {s}      {tl}       {ta}   \n") + dots
    below = "    val_loss  val_acc  \n" + printed("{z}      {vl}    {va}  \n") + dots
    recording = read("h.txt", f"{above}\n{below}\n[4 rows x 5 columns]\n")
    assert values(recording) == expected()
    assert any("rows that were not printed" in note for note in recording.notes) == bool(dots)


@pytest.mark.parametrize("steps", ["Step\tTraining Loss", "Epoch\tTraining Loss"])
def test_the_accuracy_in_the_trainers_table_is_validations(read: Read, steps: str) -> None:
    text = f"{steps}\tValidation Loss\tAccuracy\n" + printed("{s}\t{tl}\t{vl}\t{va}\n").replace("\t2.5\t", "\tNo log\t")
    found = values(read("h.txt", text, steps_per_epoch=1 if "Epoch" in steps else None))
    assert found == expected("train_loss", "val_loss", "val_acc") | {"train_loss": [None, 0.5, 0.125, 0.0625]}
