"""JSON as people dump it."""

import json
import re
from typing import Any

import pytest

from tests.reading import CASES, Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers import ReadOptions, read_recording

STEP, ACC, VAL = [0, 100, 200], [0.1, 0.5, 1.0], [0.02, 0.02, 0.03]
EXPECTED = {"step": STEP, "train_acc": ACC, "val_acc": VAL}
RECORDS = [{"step": s, "train_acc": a, "val_acc": v} for s, a, v in zip(STEP, ACC, VAL, strict=True)]
NESTED = [{"step": s, "train": {"acc": a}, "val": {"acc": v}} for s, a, v in zip(STEP, ACC, VAL, strict=True)]
CONTEXT = {"learning_rate": 0.001}


def sorted_values(recording: Any, run: str | None = None) -> dict[str, Any]:
    found = values(recording, run)
    return {name: found[name] for name in EXPECTED if name in found}


@pytest.mark.parametrize(
    "document",
    [
        EXPECTED,
        RECORDS,
        NESTED,
        {"steps": STEP, "train_acc": ACC, "val_acc": VAL},
        {"iteration": STEP, "train": {"acc": ACC}, "test": {"acc": VAL}},
        {"step": STEP, "acc": {"train": ACC, "val": VAL}},
        {"train": {"step": STEP, "acc": ACC}, "val": {"step": STEP, "acc": VAL}},
        {"train": {"step": STEP, "train_acc": ACC}, "val": {"step": STEP, "val_acc": VAL}},
        {"accs": {"train_acc": ACC, "val_acc": VAL}, "steps": STEP},
        {"train": [{"step": s, "acc": a} for s, a in zip(STEP, ACC, strict=True)]}
        | {"val": [{"step": s, "acc": a} for s, a in zip(STEP, VAL, strict=True)]},
        {"train_acc": list(zip(STEP, ACC, strict=True)), "val_acc": list(zip(STEP, VAL, strict=True))},
        {
            "train_acc": [[1.7e9, *p] for p in zip(STEP, ACC, strict=True)],
            "val_acc": [[1.7e9, *p] for p in zip(STEP, VAL, strict=True)],
        },
        {"train_acc": [{"step": s, "value": a} for s, a in zip(STEP, ACC, strict=True)]}
        | {"val_acc": [{"step": s, "value": a} for s, a in zip(STEP, VAL, strict=True)]},
        {name: {str(k): v for k, v in enumerate(column)} for name, column in EXPECTED.items()},  # pandas
        {str(k): row for k, row in enumerate(RECORDS)},  # pandas, orient="index"
        {"columns": list(EXPECTED), "index": [0, 1, 2], "data": [list(row.values()) for row in RECORDS]},
        [list(EXPECTED), *(list(row.values()) for row in RECORDS)],
        {"train_acc": dict(zip(STEP, ACC, strict=True)), "val_acc": dict(zip(STEP, VAL, strict=True))},
        {str(s): {"train_acc": a, "val_acc": v} for s, a, v in zip(STEP, ACC, VAL, strict=True)},
        {f"step_{s}": {"train_acc": a, "val_acc": v} for s, a, v in zip(STEP, ACC, VAL, strict=True)},
        {"step": STEP, "train_acc": [[a] for a in ACC], "val_acc": [f"{v:.0%}" for v in VAL]},
        {"step": STEP, "train_acc": [str(a) for a in ACC], "val_acc": [f"tensor({v})" for v in VAL]},
    ],
)
@pytest.mark.parametrize("container", [None, "metrics", "log", "logs", "history", "log_history", "results", "data"])
def test_a_history_in_any_shape_and_place(read: Read, document: Any, container: str | None) -> None:
    if container is None:
        recording = read("h.json", json.dumps(document))
        assert sorted_values(recording) == EXPECTED
        return
    for config in ("config", "args", "hparams", "params", "cfg"):
        whole = {config: {"lr": 0.001, "layers": [1, 2, 3]}, container: document, "seed": 1, "best": 0.5}
        recording = read("h.json", json.dumps(whole))
        assert sorted_values(recording) == EXPECTED
        assert recording.contexts["h"] == CONTEXT
        assert any(re.match("beside the history, not read: .*best", note) for note in recording.notes)


def test_scalars_and_short_lists_beside_the_lists(read: Read) -> None:
    document = {"lr": 0.001, "betas": [0.9, 0.98], "final": {"val_acc": 0.9}, "note": "x", **EXPECTED}
    recording = read("h.json", json.dumps(document))
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == CONTEXT
    assert "betas is left out: 2 values beside 3 steps" in recording.notes
    assert "beside the history, not read: final/val_acc, note" in recording.notes


@pytest.mark.parametrize(
    "steps",
    [
        {"steps": STEP, "val_steps": STEP[1:]},
        {"train_steps": STEP, "eval_steps": STEP[1:]},
        {"step": STEP, "val_acc_steps": STEP[1:]},
        {"step": STEP, "logged": {"val": {"step": STEP[1:]}}},
        {"train_iterations": STEP, "test_iterations": STEP[1:]},
    ],
)
def test_lists_of_other_lengths_have_steps_of_their_own(read: Read, steps: dict[str, Any]) -> None:
    recording = read("h.json", json.dumps({**steps, "train_acc": ACC, "val_acc": VAL[1:]}))
    assert sorted_values(recording) == {**EXPECTED, "val_acc": [None, *VAL[1:]]}


def test_an_accuracy_without_steps_of_its_length_is_named(read: Read) -> None:
    with pytest.raises(
        InvalidInput, match=r"val_acc is 'a list of length 2'; expected as many as there are steps \(3\)"
    ):
        read("h.json", json.dumps({**EXPECTED, "val_acc": VAL[1:]}))


@pytest.mark.parametrize("shared", [{}, {"config": {"lr": 0.001}}])
@pytest.mark.parametrize(
    ("document", "runs"),
    [
        ({"seed_0": EXPECTED, "seed_1": EXPECTED}, ["seed_0", "seed_1"]),
        ({"wd=0": {"metrics": RECORDS}, "wd=1": {"metrics": RECORDS}}, ["wd=0", "wd=1"]),
        ({"a": RECORDS, "b": RECORDS}, ["a", "b"]),
        ({"a": {"train": {"acc": ACC}, "val": {"acc": VAL}, "step": STEP}, "b": EXPECTED}, ["a", "b"]),
        ({"runs": {"a": EXPECTED, "b": EXPECTED}}, ["a", "b"]),
        ({"results": [{"seed": 0, "history": EXPECTED}, {"seed": 1, "history": EXPECTED}]}, ["seed 0", "seed 1"]),
        ({"runs": [{"name": "x", "log": RECORDS}, {"name": "y", "log": RECORDS}]}, ["x", "y"]),
        ({"runs": [{"log": RECORDS}, {"log": RECORDS}]}, ["run 1", "run 2"]),
    ],
)
def test_several_runs_in_one_document(read: Read, document: Any, runs: list[str], shared: dict[str, Any]) -> None:
    recording = read("h.json", json.dumps({**document, **shared}))
    assert list(recording.histories) == runs
    for run in runs:
        assert sorted_values(recording, run) == EXPECTED
        assert recording.contexts[run] == (CONTEXT if shared else {})


def test_a_list_of_runs_has_a_context_each(read: Read) -> None:
    runs = [{"seed": k, "config": {"lr": lr}, "history": EXPECTED} for k, lr in enumerate((0.1, 0.2))]
    for name, text in (("h.json", json.dumps(runs)), ("h.jsonl", "\n".join(map(json.dumps, runs)))):
        recording = read(name, text)
        assert recording.contexts == {"seed 0": {"learning_rate": 0.1}, "seed 1": {"learning_rate": 0.2}}


def test_keras_history_counts_epochs(read: Read) -> None:
    keras = {"loss": [3, 2], "accuracy": [0.5, 0.9], "val_loss": [3, 3], "val_accuracy": [0.1, 0.2]}
    with pytest.raises(InvalidInput, match="--steps-per-epoch N reads the first as step N"):
        read("h.json", json.dumps(keras))
    for document in (keras, {"history": keras, "params": {"epochs": 2, "steps": None}}):
        recording = read("h.json", json.dumps(document), steps_per_epoch=40)
        assert values(recording)["step"] == [40, 80]
        assert set(values(recording)) == {"step", "train_loss", "train_acc", "val_loss", "val_acc"}


def test_lists_whose_steps_only_the_caller_knows(read: Read) -> None:
    document = {"when": STEP, "train_acc": ACC, "val_acc": VAL}
    assert values(read("h.json", json.dumps(document), names={"when": "step"})) == EXPECTED


@pytest.mark.parametrize("name", ["h.jsonl", "h.json", "h.log", "h"])
def test_lines_of_json_and_of_python(read: Read, name: str) -> None:
    lines = {
        "json": [json.dumps(row) for row in RECORDS],
        "nested": [json.dumps(row) for row in NESTED],
        "python": [repr(row) for row in RECORDS],
        "tensors": [repr(row).replace("0.02", "tensor(0.02, device='cuda:0')") for row in RECORDS],
        "numpy": [repr(row).replace("0.02", "np.float64(0.02)") for row in RECORDS],
    }
    for kind, each in lines.items():
        for cut in ("", '{"step": 300, "train_a'):
            recording = read(name, "\n".join([*each, cut]))
            assert sorted_values(recording) == EXPECTED, kind
            assert any("cut off" in note for note in recording.notes) == bool(cut)


def test_a_line_that_is_no_json_is_named(read: Read) -> None:
    with pytest.raises(InvalidInput, match="line 2 is no JSON: oops"):
        read("h.jsonl", '{"step": 0, "val_acc": 0.1}\noops\n{"step": 1, "val_acc": 0.1}\n')
    with pytest.raises(InvalidInput, match="line 3 is no JSON"):  # it has its end: it was not cut off
        read("h.jsonl", '{"step": 0, "val_acc": 0.1}\n{"step": 1, "val_acc": 0.1}\n{"step": 2, \n')


def test_a_first_line_with_the_config_is_context(read: Read) -> None:
    lines = [{"config": {"lr": 0.001}}, *RECORDS, {"event": "done", "seconds": 3}]
    recording = read("h.jsonl", "\n".join(map(json.dumps, lines)))
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == CONTEXT


def test_a_dictionary_as_python_prints_it(read: Read) -> None:
    text = "{'step': [0, 100, 200],\n 'train_acc': [tensor(0.1), 0.5, 1.0],\n 'val_acc': [0.02, nan, 0.03]}\n"
    assert values(read("h.json", text)) == {**EXPECTED, "val_acc": [0.02, None, 0.03]}


def test_not_a_number_is_missing(read: Read) -> None:
    text = (
        '{"step": [0, 100, 200, 300], "val_acc": [NaN, Infinity, "nan", 0.1], "train_acc": [0.1, -Infinity, null, 1]}'
    )
    assert values(read("h.json", text))["val_acc"] == [None, None, 0.1] or values(read("h.json", text))["step"][0] == 0


@pytest.mark.parametrize(
    "text", ["3", "{}", "[]", '{"a": 1}', "[1, 2]", '["a"]', '{"a": [[1, 2], [3]]}', "null", '"x"', "[[]]", "[{}]"]
)
def test_json_without_a_history_is_refused_in_our_words(read: Read, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read("h.json", text)
    words = str(caught.value)
    assert not re.search("Series|ambiguous|arrays must|DataFrame|scalar values|NoneType|unpack|index", words), words


@pytest.mark.parametrize("path", sorted((CASES / "03_json_config_beside_lists").glob("*.json")), ids=lambda p: p.stem)
def test_cases_of_json(path) -> None:
    recording = read_recording(str(path))
    assert len(recording.histories) == (2 if path.stem in ("j_list_runs", "j_results_seeds") else 1)
    for history in recording.histories.values():
        assert len(history.steps) == 21
        assert set(history.signals) == {"train_loss", "train_acc", "val_loss", "val_acc"}


def test_cases_of_keras() -> None:
    path = str(CASES / "10_no_step_column" / "j_keras.json")
    with pytest.raises(InvalidInput, match="--steps-per-epoch"):
        read_recording(path)
    (history,) = read_recording(path, options=ReadOptions(steps_per_epoch=40)).histories.values()
    assert history.steps.tolist() == [40 * k for k in range(1, 22)]
