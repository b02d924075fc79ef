"""Bodies of the service whose lists bear other people's names: read, told, or refused."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from api.wire.forecasts import ForecastRequest
from grokcast.frames import requests_of
from predictor.question import Question
from tests.wire import post, problem_of
from training_runs import InvalidInput
from training_runs.readers import read_history

STEPS = [0, 100, 200, 300, 400]
TRAIN = [0.02, 0.6, 1.0, 1.0, 1.0]
VAL = [0.02, 0.02, 0.03, 0.02, 0.03]


def asked(history: dict[str, object], **others: object) -> Question:
    return ForecastRequest.model_validate({"history": history, **others}).to_question()


def test_known_names_are_taken_as_they_are_and_import_no_pandas():
    code = (
        "import sys; from api.wire.forecasts import ForecastRequest as R;"
        f"q = R.model_validate({{'history': {{'step': {STEPS}, 'val_acc': {VAL}}}}}).to_question();"
        "assert 'pandas' not in sys.modules and not q.warnings"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("step", ["step", "global_step", "iteration"])
def test_other_names_are_read_as_files_are_and_told(step):
    columns = {step: STEPS, "train_accuracy": TRAIN, "test_accuracy": VAL}
    question, read = asked(columns), read_history(columns)
    assert question.trajectory.steps.tolist() == read.trajectory.steps.tolist()
    for name in ("train_acc", "val_acc"):
        assert question.trajectory.signals[name].tolist() == read.trajectory.signals[name].tolist()
    assert question.warnings == read.reading.notes
    assert "test_accuracy is read as val_acc" in question.warnings


def test_missing_values_and_error_rates_are_read():
    question = asked({"step": STEPS, "train_acc": TRAIN, "test_error_rate": [None, *(1 - v for v in VAL[1:])]})
    steps, values = question.trajectory.recorded("val_acc")
    assert steps.tolist() == STEPS[1:]
    assert values.tolist() == pytest.approx(VAL[1:])


def test_splits_that_are_objects_are_read_and_nothing_that_is_read_is_called_ignored():
    question = asked(
        {"step": STEPS, "train": {"acc": TRAIN, "ppl": [2.0] * 5}, "test": {"acc": VAL}, "other": {"x": 1}}
    )
    assert question.trajectory.signals["train_acc"].tolist() == TRAIN
    assert question.trajectory.signals["val_acc"].tolist() == VAL
    assert "the logarithm of train/ppl is read as train_loss" in question.warnings
    (ignored,) = (warning for warning in question.warnings if "ignored" in warning)
    assert "ignored: other " in ignored


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"step": STEPS, "val_acc": VAL}, "put the lists under history"),
        ({"history": [{"step": 1, "val_acc": 0.1}]}, "POST /v1/histories/read"),
        ({"history": {"step": STEPS, "val_acc": VAL}, "context": ["AdamW lr 1e-3"]}, 'words, "1L transformer'),
        ({"context": {"lr": 1e-3}}, "is planned from its context"),
    ],
)
def test_bodies_of_another_shape_are_told_the_right_one(shipped_client: TestClient, body, hint):
    assert hint in problem_of(post(shipped_client, body), 422)["hint"]


def test_epochs_need_the_steps_of_an_epoch():
    columns = {"epoch": [1, 2, 3, 4, 5], "train_accuracy": TRAIN, "test_accuracy": VAL}
    with pytest.raises(InvalidInput, match=r"context\.steps_per_epoch"):
        asked(columns)
    assert asked(columns, context={"steps_per_epoch": 10}).trajectory.steps.tolist() == [10, 20, 30, 40, 50]


def test_a_list_of_one_value_is_context_unless_the_context_says_otherwise():
    columns = {"step": STEPS, "val_accuracy": VAL, "lr": [0.001] * 5, "wd": [0.1] * 5}
    context = asked(columns, context={"weight_decay": 1.0}).context
    assert (context.learning_rate, context.weight_decay) == (0.001, 1.0)


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ({"step": STEPS, "train_acc": TRAIN, "acc_holdout2": VAL}, "send acc_holdout2 as val_acc"),
        ({"step": STEPS, "foo": VAL}, "columns step, foo.*train_loss, train_acc"),
        ({"foo": VAL}, "send it as step"),
        ({"step": STEPS, "train_acc": TRAIN, "train_accuracy": TRAIN}, "send one of them, as train_acc"),
        ({"steps": STEPS, "val_accuracy": [2.0, 3.0, 4.0, 5.0, 90.0]}, "divide all accuracies by 100"),
        ({"steps": [0, 1, 0, 1], "seed": [0, 0, 1, 1], "test_acc": VAL[:4]}, "a history of its own"),
        ({"step": STEPS, "acc_te": ["x", *VAL[1:]]}, r"history.acc_te\[0\]"),
        ({"step": STEPS, "acc_te": [True, *VAL[1:]]}, r"history.acc_te\[0\]"),
        ({"step": STEPS, "acc_te": VAL[1:]}, "columns of one length"),
        ({"step": STEPS[::-1], "acc_te": VAL}, "increas"),
        ({}, "required"),
    ],
)
def test_what_makes_no_history_is_refused_in_the_words_of_a_body(history, words):
    with pytest.raises(InvalidInput, match=words) as refusal:
        asked(history)
    assert "--" not in str(refusal.value)


def test_the_route_answers_and_refuses(shipped_client: TestClient):
    known = {"step": STEPS, "train_acc": TRAIN, "val_acc": VAL}
    other = {"iteration": STEPS, "train_accuracy": TRAIN, "test_accuracy": VAL}
    first, second = (post(shipped_client, {"history": h, "horizon_step": 5000}).json() for h in (known, other))
    assert "test_accuracy is read as val_acc" in second["warnings"]
    assert {**second, "warnings": first["warnings"]} == first
    half = {"step": STEPS, "train_acc": TRAIN, "acc_holdout2": VAL}
    assert problem_of(post(shipped_client, {"history": half}), 422)["hint"].endswith("send acc_holdout2 as val_acc")
    items = post(shipped_client, {"items": [{"history": other}, {"history": half}]}, "/v1/forecasts/batch").json()[
        "items"
    ]
    assert [list(item) for item in items] == [["forecast"], ["problem"]]


def test_appends_are_read_by_names_alone(shipped_client: TestClient):
    shipped_client.put("/v1/runs/named", json={})
    points = {"iteration": STEPS, "train_accuracy": TRAIN, "test_accuracy": VAL}
    answer = post(shipped_client, {"history": points}, "/v1/runs/named/metrics").json()
    assert "test_accuracy is read as val_acc" in answer["warnings"]
    assert shipped_client.get("/v1/runs/named").json()["history"] == {"step": STEPS, "train_acc": TRAIN, "val_acc": VAL}
    for name, words in (
        ("test_error", "whatever its values are"),
        ("val_acc_pct", "whatever its values are"),
        ("acc_holdout2", "as val_acc"),
        ("train_accuracy", "one list for train_acc"),
    ):
        refused = post(
            shipped_client, {"history": {"step": [500], "train_acc": [1.0], name: [0.1]}}, "/v1/runs/named/metrics"
        )
        assert words in problem_of(refused, 422)["detail"]
    unread = post(shipped_client, {"history": {"step": [500], "acc_holdout2": [0.1]}}, "/v1/runs/named/metrics")
    assert "acc_holdout2" in problem_of(unread, 422)["detail"]


NOTHING_KNOWN = [
    {"step": STEPS},
    {"step": STEPS, "foo": [1.0] * len(STEPS)},
    {"step": STEPS, "foo": "words"},
    {"step": STEPS, "learning_rate": [0.1] * len(STEPS)},
    {"step": STEPS, "time": list(range(len(STEPS)))},
    {"global_step": STEPS},
    {"step": STEPS, "epoch": list(range(len(STEPS)))},
]


@pytest.mark.parametrize("history", NOTHING_KNOWN)
def test_steps_without_a_known_signal_are_refused_at_every_route(
    shipped_client: TestClient, history: dict[str, object]
):
    shipped_client.put("/v1/runs/nothing", json={})
    for body, path in (
        ({"history": history}, "/v1/forecasts"),
        ({"history": history}, "/v1/runs/nothing/metrics"),
    ):
        problem = problem_of(post(shipped_client, body, path), 422)
        assert problem["field"] == "history"
        assert "signal" in problem["expected"]
    (item,) = post(shipped_client, {"items": [{"history": history}]}, "/v1/forecasts/batch").json()["items"]
    assert item["problem"]["status"] == 422
    read = shipped_client.post("/v1/histories/read", params={"name": "h.json"}, content=json.dumps(history))
    assert problem_of(read, 422)["expected"]
    assert shipped_client.get("/v1/runs/nothing").json()["history"] is None


def test_a_table_of_runs_is_read_under_other_names():
    table = pd.concat(
        pd.DataFrame({"seed": seed, "global_step": STEPS, "train_accuracy": TRAIN, "test_accuracy": VAL})
        for seed in (3, 4)
    )
    requests = requests_of(table.iloc[::-1], contexts={"3": {"weight_decay": 1.0}}, horizon_step=5000)
    assert sorted(requests) == ["seed=3", "seed=4"]
    assert requests["seed=3"]["history"] == {"global_step": STEPS, "train_accuracy": TRAIN, "test_accuracy": VAL}
    assert requests["seed=3"]["context"]["weight_decay"] == 1.0
    with pytest.raises(ValueError, match="no column of steps"):
        requests_of(pd.DataFrame({"run_id": ["a"], "val_acc": [0.1]}))
