"""Logs as programs print them."""

import re

import pytest

from tests.reading import CASES, Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers import ReadOptions, read_recording

EXPECTED = {"step": [100, 200], "train_loss": [0.5, 0.25], "val_acc": [0.1, 0.2]}


@pytest.mark.parametrize("name", ["h.log", "h.txt", "h.out", "h"])
@pytest.mark.parametrize(
    "line",
    [
        "step={s} train_loss={l} val_acc={a}",
        "step: {s}, train_loss: {l}, val_acc: {a}",
        "step {s} | train loss {l} | val acc {a}",
        "step {s}/20000: train loss {l} - val acc {a}",
        "Step [{s}/20000] Train Loss: {l} Val Acc: {a}",
        "[{s}/20000] train_loss={l} val_acc={a}",
        "iter {s}: train loss {l}, val acc {a}",
        "2026-11-27 12:00:01,123 INFO train.py: step {s} train loss {l} val acc {a}",
        "[2026-11-27T12:00:01Z] [INFO] step={s} train/loss={l} val/acc={a} time=3.5s",
        "12:00:01 | INFO | main:train:42 - step: {s} train_loss: {l} val_acc: {a}",
        "step {s} train: loss {l} | val: acc {a}",
        "Step: {s}\tTraining Loss: {l}\tValidation Accuracy: {a}",
        "\x1b[32mstep\x1b[0m {s} \x1b[1mtrain_loss\x1b[0m {l} val_acc {a}",
        "step {s}, train_loss tensor({l}, device='cuda:0'), val_acc tensor({a})",
        " 45%|\u2588\u2588  | {s}/1000 [00:03<00:04, 120.50it/s, train_loss={l}, val_acc={a}]",
        "INFO:root:{{'step': {s}, 'train_loss': {l}, 'val_acc': {a}}}",
        "step={s} best_val_acc=0.9 train_loss={l} val_acc={a} lr=1e-3",
        "step {s} best val acc 0.9 train loss {l} val acc {a}",
    ],
)
def test_lines_of_any_usual_form(read: Read, name: str, line: str) -> None:
    rows = [line.format(s=s, l=loss, a=acc) for s, loss, acc in ((100, 0.5, 0.1), (200, 0.25, 0.2))]
    text = "\n".join(["starting on cuda:0", rows[0], "saved checkpoint", rows[1], "done in 3.2s"]) + "\n"
    recording = read(name, text)
    assert values(recording) == EXPECTED
    assert "2 of 5 lines are read as measurements" in recording.notes


def test_the_bar_of_a_loop_is_written_over_and_over(read: Read) -> None:
    bar = "\r{s}%|#   | {s}/1000 [00:03<00:04, 12.5it/s, train_loss={l}, val_acc={a}]"
    recording = read("h.log", "".join(bar.format(s=s, l=0.5, a=0.1) for s in (100, 150, 200)))
    assert values(recording)["step"] == [100, 150, 200]


@pytest.mark.parametrize("header", ["Epoch {e}/2\n", "epoch {e}\n", "=== Epoch: {e} ===\n"])
def test_an_epoch_on_a_line_of_its_own_holds_for_those_after_it(read: Read, header: str) -> None:
    keras = "40/40 [====] - 1s 2ms/step - loss: {l} - accuracy: 0.9 - val_loss: 3 - val_accuracy: {a}\n"
    text = "".join((header + keras).format(e=e, l=loss, a=a) for e, loss, a in ((1, 0.5, 0.1), (2, 0.25, 0.2)))
    found = values(read("h.log", text, steps_per_epoch=40, names={"Epoch": "step"} if "Epoch" in header else {}))
    assert found["step"] == [40, 80]
    assert (found["train_loss"], found["val_acc"]) == ([0.5, 0.25], [0.1, 0.2])


def test_steps_within_an_epoch_are_counted_on(read: Read) -> None:
    text = "".join(
        f"Epoch [{e}/2], Step [{s}/600], Train Loss: 0.5, Val Acc: 10.5%\n" for e in (1, 2) for s in (300, 600)
    )
    recording = read("h.log", text)
    assert values(recording) == {"step": [300, 600, 900, 1200], "train_loss": [0.5] * 4, "val_acc": [0.105] * 4}
    assert any("counts within an epoch of 600" in note for note in recording.notes)


def test_parameters_printed_before_are_context(read: Read) -> None:
    text = "[setup] wd=1.0 lr=1e-3\nstep=100 val_acc=0.1\nlr=5 restarted\nstep=200 val_acc=0.2\n"
    assert read("h.log", text).contexts["h"] == {"learning_rate": 0.001, "weight_decay": 1.0}


SLASHES = "Ep 100 | loss 3.2/3.9 | acc 0.20/0.02\nEp 200 | loss 0.2/5.1 | acc 0.98/0.03\n"


def test_two_values_under_one_name_are_named_by_a_pattern(read: Read) -> None:
    """The message has the pattern that reads these lines; it is for the user to say that the first is training's."""
    with pytest.raises(InvalidInput) as caught:
        read("h.log", SLASHES)
    pattern = caught.value.hint.split("--pattern '")[1].removesuffix("'")
    recording = read("h.log", SLASHES, pattern=pattern, steps_per_epoch=2)
    assert values(recording) == {
        "step": [200, 400],
        "train_loss": [3.2, 0.2],
        "val_loss": [3.9, 5.1],
        "train_acc": [0.2, 0.98],
        "val_acc": [0.02, 0.03],
    }


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(", "a regular expression"), ("Ep", "named groups"), (r"step (?P<step>\d+)", "its first line is 'Ep 100")],
)
def test_patterns_that_do_not_fit_are_refused(read: Read, pattern: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read("h.log", SLASHES, pattern=pattern)


@pytest.mark.parametrize("text", ["hello\nworld\n", "", "loss 3\nloss 2\n", "step 1\nstep 2\n"])
def test_a_log_without_measurements_is_refused(read: Read, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"step=100|log with a column"):
        read("h.log", text)


def test_cases_of_logs() -> None:
    recording = read_recording(str(CASES / "17_text_logs" / "keyvalue.log"))
    found = values(recording)
    assert found["step"] == [100, 1000, 2000, 3000]
    assert set(found) == {"step", "train_loss", "train_acc", "val_loss", "val_acc"}
    assert recording.contexts["keyvalue"]["learning_rate"] == 0.001
    with pytest.raises(InvalidInput, match="--pattern"):
        read_recording(str(CASES / "17_text_logs" / "slashes.log"))
    pattern = (
        r"Ep +(?P<step>\d+) \| loss (?P<train_loss>\S+)/(?P<val_loss>\S+) \| acc (?P<train_acc>\S+)/(?P<val_acc>\S+)"
    )
    (history,) = read_recording(
        str(CASES / "17_text_logs" / "slashes.log"), options=ReadOptions(pattern=pattern)
    ).histories.values()
    assert history.signals["val_acc"].tolist() == [0.02, 0.03, 0.02, 0.03]


def log_of(form: str) -> str:
    rows = [(100, 0.5, 90, 2.5, 2), (200, 0.25, 98, 3.5, 4), (300, 0.125, 99, 4.5, 1)]
    return "".join(form.format(s=s, tl=tl, ta=ta, vl=vl, va=va, of=100 * va) for s, tl, ta, vl, va in rows)


@pytest.mark.parametrize(
    "form",
    [
        "step {s} train: loss={tl} acc={ta}% | val: loss={vl}, acc={va}%\n",
        "Step {s}\n  train  loss {tl}  accuracy {ta} %\n  valid  loss {vl}  accuracy {va} %\n",
        "[Train] step {s} | loss {tl} | acc {ta}%\n[Val] step {s} | loss {vl} | acc {va}%\n",
        "Train step: {s} [0/600 (0%)]\tLoss: {tl}\tAccuracy: {ta}%\nTest set: Average loss: {vl}, Accuracy: {of}/10000 ({va}%)\n",
        "step {s} train loss {tl} train acc {ta}%\n    val loss {vl} val acc {va}%\n",
        "step {s} | test acc {va}% | test loss {vl} | loss {tl} | acc {ta}%\nFinal test accuracy: 99%\nSaved 3 files of 1.2M\n",
    ],
)
def test_a_split_holds_for_the_values_that_it_is_said_of(read: Read, form: str) -> None:
    assert values(read("h.log", log_of(form))) == {
        "step": [100, 200, 300],
        "train_loss": [0.5, 0.25, 0.125],
        "train_acc": pytest.approx([0.9, 0.98, 0.99]),
        "val_loss": [2.5, 3.5, 4.5],
        "val_acc": pytest.approx([0.02, 0.04, 0.01]),
    }


def test_thousands_of_steps(read: Read) -> None:
    assert values(read("h.log", "step 1.5k val_acc 0.1\nstep 20k val_acc 0.2\nstep 1M val_acc 0.3\n"))["step"] == [
        1500,
        20_000,
        1_000_000,
    ]
    assert values(read("h.csv", "step,val_acc\n1.5k,0.1\n20k,0.2\n1M,0.3\n"))["step"] == [1500, 20_000, 1_000_000]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("10 loss=(2.3, 2.4) acc=(0.5, 0.1)", "loss=\\((?P<train_loss>"),
        ("2024-03-01 12:00:00 INFO step 10\ttrain 2.3000/0.500\tval 2.4000/0.100", "--pattern 'step\\s+(?P<step>"),
        ("   10   2.3000    0.500   2.4000    0.100", "name the 5 with --columns"),
        ("[step 00010] L_train=2.30e+00 L_test=2.40e+00", "--map 'L_train=train_loss', --map 'L_test=val_loss'"),
        ("[10] train loss 2.3 (acc 50.0%), test loss 2.4 (acc 10.0%)", "--pattern, such as"),
    ],
)
def test_what_is_refused_says_what_would_read_it(read: Read, line: str, hint: str) -> None:
    log = "Namespace(lr=0.001, weight_decay=1.0, p=97, frac_train=0.3, seed=0)\n" + f"{line}\n" * 4
    with pytest.raises(InvalidInput) as refused:
        read("h.log", log)
    assert hint in str(refused.value)


def test_the_pattern_and_the_names_that_were_suggested_read_it_with_its_parameters(read: Read) -> None:
    head = "config: {'lr': 0.001, 'wd': 1.0}\n"
    lines = [(10, 2.3, 0.5, 2.4, 0.1), (100, 0.5, 0.9, 3.0, 0.1), (1000, 0.1, 1.0, 4.0, 0.2)]
    log = head + "".join("step {} train {}000/{} val {}000/{}\n".format(*line) for line in lines)
    with pytest.raises(InvalidInput) as refused:
        read("h.log", log)
    pattern = re.search(r"--pattern '(.*)'", str(refused.value))[1]
    expected = dict(
        zip(
            ("step", "train_loss", "train_acc", "val_loss", "val_acc"), map(list, zip(*lines, strict=True)), strict=True
        )
    )
    recording = read("h.log", log, pattern=pattern)
    assert values(recording) == expected
    assert recording.contexts["h"] == {"learning_rate": 0.001, "weight_decay": 1.0}
    numbers = "log of today\n" + "".join("  {}  {}  {}  {}  {}\n".format(*line) for line in lines)
    assert values(read("h.log", numbers, columns=tuple(expected))) == expected


@pytest.mark.parametrize(
    "form",
    [
        "{s}it [00:10,  9.98it/s, train_loss={tl}, train_acc={ta}, val_loss={vl}, val_acc={va}]",
        "step:{s} train:(loss={tl}, acc={ta}) test:(loss={vl}, acc={va})",
        "步数: {s}，训练损失：{tl}，训练准确率：{ta}，验证损失：{vl}，验证准确率：{va}",
        "step {s} train loss {tl} acc {ta} test loss {vl}\nAccuracy of the network on the test images: {va}",
    ],
)
def test_lines_of_other_programs(read: Read, form: str) -> None:
    lines = [(10, 2.3, 0.5, 2.4, 0.1), (100, 0.5, 0.9, 3.0, 0.1), (1000, 0.1, 1.0, 4.0, 0.2)]
    names = ("s", "tl", "ta", "vl", "va")
    log = "".join(form.format(**dict(zip(names, line, strict=True))) + "\n" for line in lines)
    signals = ("step", "train_loss", "train_acc", "val_loss", "val_acc")
    assert values(read("h.log", log)) == dict(zip(signals, map(list, zip(*lines, strict=True)), strict=True))


def test_decimal_commas_in_a_log_are_no_ends_of_numbers(read: Read) -> None:
    log = "".join(f"Schritt {s}: Genauigkeit train 0,{a}; Genauigkeit val 0,1\n" for s, a in [("10", 5), ("1.000", 9)])
    recording = read("h.log", log)
    assert values(recording) == {"step": [10, 1000], "train_acc": [0.5, 0.9], "val_acc": [0.1, 0.1]}
    assert "commas are read as decimal points" in recording.notes


def test_parameters_that_a_program_printed_before_its_steps(read: Read) -> None:
    printed = "Optimizer: AdamW (\nParameter Group 0\n    betas: (0.9, 0.98)\n    lr: 0.001\n)\nargs: --weight_decay 1.0 --p 97\n"
    recording = read("h.log", printed + "".join(f"step {s} train_acc 0.5 val_acc 0.1\n" for s in (10, 20)))
    expected = {
        "optimizer": "adamw",
        "beta1": 0.9,
        "beta2": 0.98,
        "learning_rate": 1e-3,
        "weight_decay": 1.0,
        "modulus": 97,
    }
    assert recording.contexts["h"] == expected


ROWS = [(100, 2.5, 0.5, 2.75, 0.125), (200, 0.5, 0.75, 3.5, 0.125), (300, 0.125, 1.0, 4.5, 0.25)]
SIGNALS = ("train_loss", "train_acc", "val_loss", "val_acc")


def printed(form: str) -> str:
    lines = [dict(zip(("s", "tl", "ta", "vl", "va"), row, strict=True)) for row in ROWS]
    return "".join(
        form.format(
            **line,
            e=k,
            z=k - 1,
            p=100 * line["va"],
            te=1 - line["ta"],
            ve=1 - line["va"],
            tp=100 - 100 * line["ta"],
            vp=100 - 100 * line["va"],
            tn=round(8 * line["ta"]),
            vn=round(8 * line["va"]),
        )
        for k, line in enumerate(lines, 1)
    )


def expected(*names: str) -> dict[str, list[float]]:
    columns = dict(zip(("step", *SIGNALS), map(list, zip(*ROWS, strict=True)), strict=True))
    return {name: columns[name] for name in ("step", *(names or SIGNALS))}


MM = "2023/05/01 10:00:00 - mmengine - INFO - "
ABSL = "I0501 10:00:00.000000 139 train.py:48] "


@pytest.mark.parametrize(
    "form",
    [
        f"{ABSL}[{{s}}] learning_rate=0.001, loss={{tl}}, accuracy={{ta}}\n{ABSL}[{{s}}] eval_accuracy={{va}}, eval_loss={{vl}}\n",
        "2024-05-01T10:00:00.123456789Z stdout F step {s}: train loss {tl}, acc {ta}, val loss {vl}, acc {va}\n",
        "{s:05d} | tr_loss {tl:.3e} | tr_acc {ta} | te_loss {vl:.3e} | te_acc {va}\n",
        "\x1b[1m[{s}]\x1b[0m train loss={tl} acc={ta} val loss={vl} acc={va}\n",
        "Loss(train) {tl} Acc(train) {ta} Loss(val) {vl} Acc(val) {va} step {s}\n",
        "step {s} | Loss [train]: {tl} | Acc [train]: {ta} | Loss [val]: {vl} | Acc [val]: {va}\n",
        "step {s} loss tr {tl} te {vl} acc tr {ta} te {va}\n",
        "[Step {s}] Train/Test loss: {tl} / {vl}, accuracy (train/test): {ta}/{va}.\n",
        "Step {s}\nTraining:\n  loss: {tl}\n  accuracy: {ta}\nValidation:\n  loss: {vl}\n  accuracy: {va}\n",
        "step {s} loss {tl} acc {ta}\nEvaluating on test set...\nloss {vl} acc {va}\n",
        "Step {s}\n--- train ---\nloss={tl} acc={ta}\n--- val ---\nloss={vl} acc={va}\n",
        "step {s}: {{'train': {{'loss': {tl}, 'acc': {ta}}}, 'val': {{'loss': {vl}, 'acc': {va}}}}}\n",
        "\r 9%|\u2588 | {s}.00/1.00k [00:01<00:03, 1.1kit/s, train_loss={tl}, train_acc={ta}, val_loss={vl}, val_acc={va}]",
        "step {s} train_loss {tl} acc {ta}\nEvaluating: 100%|\u2588| 10/10 [00:01<00:00, 9it/s]\nval_loss {vl} val_acc {va}\n",
        "Epoch [{e}/3], Step [{s}/300], train_loss {tl}, train_acc {ta}, val_loss {vl}, val_acc {va}\n",
        "Epoch [{e}/3] Iter [50/100] aux 3.0\nEpoch [{e}/3] Iter [100/100] loss {tl} acc {ta}\n  => val loss {vl} val acc {va}\n",
        "Epoch {e}/3\n Iter 100/100 loss {tl}\n train acc {ta} val loss {vl} val acc {va}\n",
        "Epoch [{e}/3] Iter [100/100] loss {tl} acc {ta}\nEpoch {e} val loss {vl} val acc {va}\n",
        "step {s} train_loss {tl} train_acc {ta} val_loss {vl} val_acc {va}\nstep {s} train_loss {tl} val_loss N/A val_acc {va}\n",
        "Step {s}: [Train] loss: {tl} | acc: {ta} || [Test] loss: {vl} | acc: {va} || 3.2s/it\n",
        "Step {s} (train) loss {tl} acc {ta} (val) loss {vl} acc {va}\n",
        "step {s} acc[train={ta} val={va}] loss: (train={tl}, val={vl})\n",
        "step\t{s}\ttrain_loss\t{tl}\ttrain_acc\t{ta}\tval_loss\t{vl}\tval_acc\t{va}\n",
        "---------\n| step | {s} |\n| train_loss | {tl} |\n| train_acc  | {ta} |\n| val_loss   | {vl} |\n| val_acc    | {va} |\n",
        "step {s} train loss {tl} nll_loss 9 acc {ta}\nstep {s} val loss {vl} nll_loss 9 acc {va}\n",
        "step {s} mem 1.2GB train_loss {tl} train_acc {ta} took 3.5s val_loss {vl} val_acc {va}\n",
        "n_iter {s} train_loss {tl} 1-train_acc {te} val_loss {vl} 1 - val_acc {ve}\n",
        "step {s} train loss {tl} train error {tp}% val loss {vl} val error {vp} %\n",
        "[2024/05/01 10:00:00] ppcls INFO: [Train][Step {s}/300][Avg]top1: {ta}, top5: 0.99, loss: {tl}\n"
        "[2024/05/01 10:00:00] ppcls INFO: [Eval][Step {s}][Avg]top1: {va}, top5: 0.99, loss: {vl}\n",
        "completed step: {s}, seconds: 1.2, loss: {tl}, accuracy: {ta}\neval metrics after step: {s}, loss={vl}, accuracy={va}\n",
        "Step {s} | loss train: {tl}, val: {vl} | acc train: {ta}, val: {va} | iter time: 100.10 ms\n",
        "INFO:tensorflow:loss = {tl}, accuracy = {ta}, step = {s} (1.2 sec)\n"
        "INFO:tensorflow:Saving dict for global step {s}: accuracy = {va}, global_step = {s}, loss = {vl}\n",
        "Step {s} of 300 took 1.234s\n  training loss:\t\t{tl}\n  training accuracy:\t{ta}\n  validation loss:\t\t{vl}\n  validation accuracy:\t{va}\n",
        "step {s} | loss: {tl} | train_accuracy: {ta} | valid_loss: {vl} | valid_accuracy: {va} |  0:00:01s\n",
        '| train | {{"epoch": {e}, "train_loss": "{tl}", "train_acc": "{ta}", "train_num_updates": "{s}"}}\n'
        '| valid | {{"epoch": {e}, "valid_loss": "{vl}", "valid_acc": "{va}", "valid_num_updates": "{s}", "valid_best_loss": "2.0"}}\n',
        "step {s} loss {tl} (val {vl}) acc {ta} (val {va})\n",
        "step {s} train loss {tl} (val {vl}, test 9.0) train acc {ta} (val {va}, test 0.5)\n",
        "step {s}: train loss {tl} [test {vl}]; train acc {ta} [test: {va}]\n",
        "At step {s} the training loss was {tl} and the training accuracy was {ta}, validation loss was {vl}, validation accuracy {va}\n",
        "step {s} -> train loss -> {tl}, train acc -> {ta}, val loss -> {vl}, val acc -> {va}\n",
        "Step {s}: train loss is {tl}, train accuracy reached {ta}; val loss is {vl}, val accuracy reached {va}\n",
        "step {s} loss {tl} (train) {vl} (val) acc {ta} (train) {va} (val)\n",
        "step {s}: loss: {tl} (train), {vl} (val) | acc: {ta} (train) / {va} (val) lr 0.001\n",
        "step {s} loss (train, val): ({tl}, {vl}), acc (train, val): ({ta}, {va})\n",
        "step {s} train (loss, acc): ({tl}, {ta}) val (loss, acc): ({vl}, {va})\n",
        "step {s} train loss {tl} ({tn}/8 correct) val loss {vl} ({vn}/8 correct)\n",
        "step {s} train loss {tl}, {tn} of 8 correct; val loss {vl}, {vn} out of 8 correct\n",
        'ts=2024-05-01T10:00:00Z level=info msg="evaluated" step={s} train_loss={tl} train_acc={ta} val_loss={vl} val_acc={va}\n',
        'level=info msg="step {s} train loss {tl} train acc {ta} val loss {vl} val acc {va}" took=3s\n',
    ],
)
def test_lines_of_further_programs(read: Read, form: str) -> None:
    assert values(read("h.log", printed(form))) == expected()


@pytest.mark.parametrize(
    "form",
    [
        f"{MM}Epoch(train) [{{e}}][100/100] lr: 1e-3 loss: {{tl}}\n{MM}Epoch(val) [{{e}}][10/10] accuracy/top1: {{p}}\n",
        "Train: {z} [ 99/100 (100%)]  Loss: {tl} ({tl})\nTest: [ 9/9]  Loss: 9 (9)  Acc@1: {p} ({p})  Acc@5: 99.5 (99.5)\n",
        "Epoch: [{z}][ 90/100]\tLoss {tl} (3.0)\tAcc@1 50.5 (50.5)\nTest: [ 9/10]\tLoss 9 (9)\tAcc@1 {p} ({p})\n",
        "Epoch {e}/3\nstep 100/100 [====] - loss: {tl} - 7ms/step\nEval begin...\nstep 10/10 [====] - loss: 9 - acc: {va} - 4ms/step\n",
    ],
)
def test_batches_of_an_epoch_or_of_a_validation_are_no_steps(read: Read, form: str) -> None:
    found = values(read("h.log", printed(form), steps_per_epoch=100))
    assert {name: found[name] for name in ("step", "train_loss", "val_acc")} == expected("train_loss", "val_acc")


@pytest.mark.parametrize("thousand", ["1'000", "1\u2019000", "1\u202f000", "1_000", "1,000", "1 000", "1k"])
def test_thousands_however_they_are_written(read: Read, thousand: str) -> None:
    log = (
        f"step 500 train acc 0.5 val acc 0.1\nstep {thousand} train acc 0.9 val acc 0.1\nstep {thousand}, val acc 0.2\n"
    )
    assert values(read("h.log", log))["step"] == [500, 1000]


@pytest.mark.parametrize(
    "power", ["2.5 x 10^-3", "2.5*10**-3", "2.5\u00b710\u207b\u00b3", "2.5\u00d710^{-3}", "2.5D-03", "2.5e-3"]
)
def test_powers_of_ten_however_they_are_written(read: Read, power: str) -> None:
    of_log = read("h.log", f"step 10 train loss {power} val loss 3.0\nstep 20 train loss {power} val loss 4.0\n")
    of_table = read("h.csv", f"step,train_loss,val_loss\n10,{power},3.0\n20,{power},4.0\n")
    assert values(of_log) == values(of_table) == {"step": [10, 20], "train_loss": [2.5e-3] * 2, "val_loss": [3, 4]}


def test_the_two_lines_of_megatron_are_of_one_step(read: Read) -> None:
    log = printed(
        " [2024-05-01 10:00:00] iteration      {s}/    5000 | consumed samples:    3200 | lm loss: {tl:E} | loss scale: 1.0 |"
        " number of skipped iterations:   0 | number of nan iterations:   0 |\n----\n"
        " validation loss at iteration {s} | lm loss value: {vl:E} | lm loss PPL: 9.9E+01 | \n----\n"
    )
    assert values(read("h.log", log)) == expected("train_loss", "val_loss")


@pytest.mark.parametrize("several", ["{va}/0.9", "({va}, 0.9)", "[{va}, 0.9, 0.8]"])
def test_several_values_of_a_metric_are_left_out_and_named(read: Read, several: str) -> None:
    recording = read("h.log", printed(f"step {{s}} train acc {{ta}} val loss {{vl}} val acc {several}\n"))
    assert values(recording) == expected("train_acc", "val_loss")
    assert any("val acc is left out: it has several values, such as 0.25" in note for note in recording.notes)


def test_a_last_line_that_was_cut_off_is_left_out(read: Read) -> None:
    log = printed("step {s} train_loss {tl} train_acc {ta} val_loss {vl} val_acc {va}\n")
    recording = read("h.log", log + "step 400 train_loss 0.0")
    assert values(recording) == expected()
    assert "the last line is cut off and left out: step 400 train_loss 0.0" in recording.notes
    rarer = log + "step 400 train_loss 0.5\nstep 500 train_loss 0.25"  # validation that is rarer is none
    assert values(read("h.log", rarer))["step"][-1] == 500


def test_values_that_are_printed_before_their_step_are_of_it(read: Read) -> None:
    before = printed("Validation loss {vl} acc {va}\nstep {s} train loss {tl} acc {ta}\n")
    recording = read("h.log", before)
    assert values(recording) == expected()
    assert "lines without a step are of the step that is printed behind them" in recording.notes
    at_first = values(
        read("h.log", "val loss 9 val acc 0.1\n" + printed("step {s} loss {tl} acc {ta}\nval loss {vl} val acc {va}\n"))
    )
    assert at_first == expected()  # an evaluation before the first step has none


def test_the_rarer_of_epochs_and_steps_are_left_out(read: Read) -> None:
    epochs = "".join(f"epoch {e} train_acc 1.0 val_acc 0.1\n" for e in (1, 2, 3))
    recording = read("h.log", "step 7 val_acc 0.5\n" + epochs, steps_per_epoch=100)
    assert values(recording)["step"] == [100, 200, 300]
    assert any("1 lines that name a step and no epoch are left out" in note for note in recording.notes)


def test_numbers_that_do_not_rise_are_no_steps(read: Read) -> None:
    with pytest.raises(InvalidInput, match="--pattern"):
        read("h.log", "3 loss=2.5 val_acc=0.1\n1 loss=1.5 val_acc=0.1\n2 loss=0.5 val_acc=0.2\n")
