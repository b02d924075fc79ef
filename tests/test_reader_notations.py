"""Histories in TOML, in YAML, and as the lists of a program."""

import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput

EXPECTED = {"step": [100, 200, 300], "train_acc": [0.5, 0.75, 1.0], "val_acc": [0.125, 0.125, 0.25]}
ROWS = list(zip(*EXPECTED.values(), strict=True))


def each(form: str) -> str:
    return "".join(form.format(s=s, t=t, v=v) for s, t, v in ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "lr = 1e-3\nstep = [100, 200, 300]\ntrain_acc = [0.5, 0.75, 1.0]\nval_acc = [\n  0.125,\n  0.125, 0.25,\n]\n",
        "[config]\nlr = 0.001\n[history]\nstep = [100, 200, 300]\ntrain.acc = [0.5, 0.75, 1.0]\nval.acc = [0.125, 0.125, 0.25]\n",
        "lr = 1e-3\n" + each("[[log]]\nstep = {s}\ntrain_acc = {t}\nval_acc = {v}\n\n"),
        "[config]\nlr = 1e-3\n" + each("[log.step_{s}]\ntrain_acc = {t}\nval_acc = {v}\n\n"),
        "lr: 0.001\nstep: [100, 200, 300]\ntrain_acc: [0.5, 0.75, 1.0]\nval_acc: [0.125, 0.125, 0.25]\n",
        "config: {lr: 1e-3}\nhistory:\n  step:\n  - 100\n  - 200\n  - 300\n  train_acc: [0.5, 0.75, 1]\n  val_acc: [0.125, 0.125, 0.25]\n",
        "config: {lr: 1e-3}\nhistory:\n" + each("  - step: {s}\n    train: {{acc: {t}}}\n    val: {{acc: {v}}}\n"),
    ],
)
def test_toml_and_yaml(read: Read, text: str) -> None:
    recording = read("h.txt", text)
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == {"learning_rate": 0.001}


@pytest.mark.parametrize(
    "text",
    [
        '{\n  // a run\n  "lr": 1e-3, /* the\n rate */\n  "url": "https://x.org//a", # note\n  "step": [100, 200, 300,],\n'
        '  "train_acc": [0.5, 0.75, 1.0,], "val_acc": [0.125, 0.125, 0.25],\n}\n',
        "// settings and curves\n{lr: 1e-3, history: {step: [100, 200, 300], 'train_acc': [.5, +0.75, 1.], val_acc: [0.125, .125, 0.25,],},}\n",
        "// log\n# of a run\n" + each('{{"step": {s}, "train_acc": {t}, "val_acc": {v}, "lr": 1e-3,}}\n'),
        each('{{"step": {s}, "train_acc": {t}, "val_acc": {v}, "lr": 1e-3}},\n'),
        '{"config": {"lr": 1e-3}, "log": [\n' + each('  {{"step": {s}, "train_acc": {t}, "val_acc": {v}}},\n') + '  {"step": 400, "tra',
        '{"config": {"lr": 1e-3}, "log": [' + each('{{"step": {s}, "train_acc": {t}, "val_acc": {v}}},') + '{"step": 400, "train_acc": 1.0, "val_acc": 0.',
    ],
    ids=["comments", "JSON5", "lines with comments", "lines with commas", "cut in a name", "cut in a number"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["h.json", "h.jsonl", "h.txt"])
def test_json_with_what_it_has_not_and_without_its_end(read: Read, name: str, text: str) -> None:
    recording = read(name, text)
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == {"learning_rate": 0.001}


@pytest.mark.parametrize(
    "text", ['{"step": [1, 2, 3], "val_acc": [0.1, 0.2, 0.', '{"step": [1, 2} // 3', "{a: /* 1}", '{"a": "b\n}']
)
def test_json_without_a_whole_record_is_refused(read: Read, text: str) -> None:
    with pytest.raises(InvalidInput, match="expected json with a column"):
        read("h.json", text)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("{} = [{}, {}, {}]\n", ""),
        ("{} = np.array([{}, {}, {}])\n", ""),
        ("{} = [{} {} {}];\n", "MATLAB"),
        ("{} <- c({}, {}, {})\n", "R"),
        ("const {} = [{}, {}, {}];\n", "JavaScript"),
        ("{}: [{} {}\n  {}]\n", "NumPy"),
        ("{} [{}, {}, {}] ", "of one line"),
        ("{}: {}, {}, {}\n", "without brackets"),
    ],
)
def test_lists_of_a_program(read: Read, name: str, array: str) -> None:
    text = "".join(name.format(signal, *column) for signal, column in EXPECTED.items())
    assert values(read("h", f"Training is done ({array}).\n{text}\nIt took 3 s.\n")) == EXPECTED


def test_lists_of_settings_above_a_log_are_no_history(read: Read) -> None:
    log = each("step {s} train_acc {t} val_acc {v}\n")
    assert values(read("h", f"steps: [100, 200, 300]\nhidden = [1, 2, 3]\n{log}")) == EXPECTED


def test_a_training_that_begins_again_is_no_yaml(read: Read) -> None:
    text = "".join(f"Epoch {k}:\n  - val_acc: 0.{k}\n" for k in (1, 2, 3, 1, 2, 3, 4))
    assert list(read("h.log", text, steps_per_epoch=10).runs) == ["attempt 1", "attempt 2"]
