"""A history in, a forecast out; values that cannot be used are named."""

import dataclasses
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wire.examples import ANSWER, PROBLEM, REQUEST
from api.wire.forecasts import ForecastAnswer
from tests.wire import (
    EXAMPLE,
    STEPS,
    StandInForecaster,
    history,
    is_subset_shape,
    post,
    problem_of,
    request,
)
from training_runs import Context
from training_runs.signals import SIGNALS

# Answers


def test_the_documented_request_is_answered_with_every_documented_field(client: TestClient) -> None:
    answer = post(client, REQUEST)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert is_subset_shape(body, ANSWER)
    assert list(body) == list(ANSWER)
    assert body["onset_step"] == {"p05": 1400, "p50": 3100, "p95": None, "status": "beyond_support"}


def test_the_documented_answer_is_one_that_the_service_can_give() -> None:
    assert ForecastAnswer.from_stored(ANSWER).model_dump() == ANSWER


def test_the_question_holds_what_was_asked(client: TestClient, forecaster: StandInForecaster) -> None:
    post(client, history(val_acc=[0.02, None, 0.03, None, 0.03], grad_norm=None))
    (question,) = forecaster.questions
    assert question.trajectory.steps.tolist() == STEPS
    assert question.trajectory.recorded("val_acc")[0].tolist() == [0, 25, 60]
    assert "grad_norm" not in question.trajectory.signals
    assert question.context.weight_decay == 1.0
    assert (question.horizon_step, question.target_accuracy) == (20_000, 0.95)


def test_only_the_steps_are_required(client: TestClient, forecaster: StandInForecaster) -> None:
    asked = {"history": {"step": STEPS}, "context": None, "horizon_step": None}
    assert post(client, asked).status_code == 200
    assert forecaster.questions[0].horizon_step is None


def test_a_whole_number_may_be_written_as_a_float(client: TestClient, forecaster: StandInForecaster) -> None:
    asked = request(horizon_step=20000.0, context={"budget_step": 500.0})
    assert post(client, asked).status_code == 200
    assert forecaster.questions[0].horizon_step == 20_000
    assert forecaster.questions[0].context.budget_step == 500


def test_unknown_names_are_ignored_and_named(client: TestClient) -> None:
    asked = history(foo=[1, "x"], bar=None) | {
        "context": {"color": "red", "weight_decay": 1},
        "horizon": 5,
    }
    warnings = post(client, asked).json()["warnings"]
    assert [w.split(" (")[0] for w in warnings] == [
        "unknown fields ignored: horizon",
        "unknown signals ignored: bar, foo",
        "unknown context fields ignored: color",
    ]


def test_a_warning_does_not_repeat_megabytes(client: TestClient) -> None:
    asked = history(**{f"{i:03}" + "x" * 10_000: [] for i in range(300)})
    (warning,) = post(client, asked).json()["warnings"]
    assert "and 280 more" in warning
    assert len(warning) < 2_000


def test_the_openapi_examples_are_answered(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    (example,) = schemas["ForecastRequest"]["examples"]
    assert post(client, example).status_code == 200
    (batch,) = schemas["BatchRequest"]["examples"]
    assert post(client, batch, "/v1/forecasts/batch").status_code == 200


def test_the_example_file_is_wholly_understood(client: TestClient) -> None:
    answer = post(client, EXAMPLE.read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.json()["warnings"] == []


def test_openapi_documents_problems_under_their_media_type(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    others = {
        "/metrics": "text/plain",
        "/v1/runs/{run_id}/events": "text/event-stream",
        "/v1/events": "text/event-stream",
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                good = others.get(path, "application/json")
                expected = good if status < "400" else "application/problem+json"
                assert list(response.get("content", {})) == ([] if status == "204" else [expected])
    assert document["components"]["schemas"]["History"]["properties"].keys() == {"step", "time", *SIGNALS}
    assert "HTTPValidationError" not in json.dumps(document["paths"])


# Values that cannot be used

BAD_VALUES: dict[str, tuple[dict[str, Any], str, str]] = {
    "steps that do not increase": (
        history(step=[0, 10, 10, 40, 60]),
        "history.step[2]",
        "more than history.step[1]",
    ),
    "steps that are not whole": (
        history(step=[0, 10, 25.5, 40, 60]),
        "history.step[2]",
        "a whole number",
    ),
    "negative steps": (history(step=[-1, 10, 25, 40, 60]), "history.step[0]", "a whole number"),
    "a missing step": (history(step=[None, 10, 25, 40, 60]), "history.step[0]", "a number"),
    "no steps": (request(history={"step": []}), "history.step", "at least one step"),
    "no step field": (request(history={"val_acc": [0.1]}), "history.step", "required"),
    "lengths that differ": (history(val_loss=[1, 2]), "history.val_loss", "5, one for each step"),
    "text for a number": (history(val_loss=[1, 2, "3", 4, 5]), "history.val_loss[2]", "a number"),
    "true for a number": (history(val_acc=[0, 0, True, 0, 0]), "history.val_acc[2]", "a number"),
    "a list of lists": (history(val_loss=[[1], [2]]), "history.val_loss[0]", "a number"),
    "a number for a list": (history(val_loss=5), "history.val_loss", "a list"),
    "an accuracy below 0": (
        history(val_acc=[0, 0, -0.1, 0, 0]),
        "history.val_acc[2]",
        "a number in [0, 1]",
    ),
    "an enormous number": (
        history(val_loss=[1, 2, 10**400, 4, 5]),
        "history.val_loss[2]",
        "number",
    ),
    "too few points": (
        request(history={"step": [3], "val_acc": [0.1]}),
        "history.step",
        "at least",
    ),
    "no history": ({}, "history", "required"),
    "a history that is a list": (request(history=[1, 2]), "history", "a JSON object"),
    "a context that is a number": (request(context=5), "context", "a JSON object"),
    "a context of text": (request(context={"weight_decay": "much"}), "context.weight_decay", "number"),
    "an enormous count": (request(context={"modulus": 10**400}), "context.modulus", "number"),
    "a count of 0": (request(context={"modulus": 0}), "context.modulus", "a whole number >= 1"),
    "a number for a word": (request(context={"optimizer": 3}), "context.optimizer", "a word"),
    "a horizon of 0": (request(horizon_step=0), "horizon_step", ">= 1"),
    "half a horizon": (request(horizon_step=10.5), "horizon_step", "a whole number"),
    "an endless horizon": (request(horizon_step=1e300), "horizon_step", "a whole number"),
    "a horizon in words": (request(horizon_step="100"), "horizon_step", "a whole number"),
    "a true horizon": (request(horizon_step=True), "horizon_step", "a whole number"),
    "a target of 0": (request(target_accuracy=0), "target_accuracy", "a number > 0"),
    "a target in words": (request(target_accuracy="high"), "target_accuracy", "a number"),
    "a list for a request": ([1, 2], "body", "a JSON object"),
}


@pytest.mark.parametrize(("asked", "where", "expected"), BAD_VALUES.values(), ids=BAD_VALUES.keys())
def test_a_bad_value_is_named(client: TestClient, asked: dict[str, Any], where: str, expected: str) -> None:
    body = problem_of(post(client, asked), 422)
    assert body["field"] == where
    assert expected in body["expected"]
    assert "value" in body
    assert where in body["detail"]
    assert body["errors"][0].items() <= body.items()


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (history(val_acc=[2, 2, 3, 2, 97.5]), "history.val_acc[0]"),
        (request(target_accuracy=95), "target_accuracy"),
        (request(context={"chance_accuracy": 10}), "context.chance_accuracy"),
    ],
)
def test_percent_is_named_as_the_likely_cause(client: TestClient, asked: dict[str, Any], where: str) -> None:
    body = problem_of(post(client, asked), 422)
    assert body["field"] == where
    assert "percent" in body["hint"]
    assert "percent" in body["detail"]


def test_the_documented_problem_is_what_is_answered(client: TestClient) -> None:
    asked = history(val_acc=[0.02, 0.02, 0.03, 0.02, 97.5])
    assert problem_of(post(client, asked), 422) == PROBLEM


@pytest.mark.parametrize(("token", "value"), [("NaN", "NaN"), ("-Infinity", "-Infinity"), ("1e999", "Infinity")])
def test_what_json_has_no_number_for_is_refused_and_null_is_named(client: TestClient, token: str, value: str) -> None:
    content = b'{"history": {"step": [0, 10], "val_loss": [1.0, ' + token.encode() + b"]}}"
    body = problem_of(post(client, content), 422)
    assert (body["field"], body["value"]) == ("history.val_loss[1]", value)
    assert "null" in body["hint"]


def test_every_wrong_field_is_listed(client: TestClient) -> None:
    asked = history(val_loss="x", train_acc=[True]) | {"horizon_step": -1}
    body = problem_of(post(client, asked), 422)
    assert {e["field"] for e in body["errors"]} == {
        "history.val_loss",
        "history.train_acc[0]",
        "horizon_step",
    }


def test_a_signal_of_more_than_100_000_values_is_refused(client: TestClient) -> None:
    many = list(range(100_001))
    body = problem_of(post(client, {"history": {"step": many, "val_loss": many}}), 422)
    assert [e["field"] for e in body["errors"]] == ["history.step", "history.val_loss"]
    assert (body["value"], body["expected"]) == ("100001 values", "at most 100000")


def test_a_long_wrong_value_is_cut(client: TestClient) -> None:
    body = problem_of(post(client, history(val_loss="x" * 100_000)), 422)
    assert len(body["value"]) <= 80
    assert len(body["detail"]) < 300


# With the shipped forecaster


@pytest.mark.parametrize("content", [json.dumps(REQUEST).encode(), EXAMPLE.read_bytes()])
def test_the_examples_are_forecast(shipped_client: TestClient, content: bytes) -> None:
    answer = post(shipped_client, content)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == list(ANSWER)
    assert body["phase"] == "memorized"
    assert sum(body["outcome_probabilities"].values()) == pytest.approx(1)
    assert body["curve"]["probability_onset"] == sorted(body["curve"]["probability_onset"])
    batch = post(shipped_client, {"items": [json.loads(content)] * 2}, "/v1/forecasts/batch")
    assert batch.json()["items"] == [{"forecast": body}] * 2


def test_an_onset_that_has_been_seen_is_said_and_not_forecast(shipped_client: TestClient) -> None:
    val_acc = [0.02, 0.5, 0.96, 0.97, 0.98]
    body = post(shipped_client, history(val_acc=val_acc)).json()
    assert body["phase"] == "generalized"
    assert body["onset_step"] == {"p05": 25, "p50": 25, "p95": 25, "status": "available"}
    assert body["probability_onset_by_horizon"] == 1


def test_too_few_checkpoints_are_said_to_be(shipped_client: TestClient) -> None:
    body = problem_of(post(shipped_client, {"history": {"step": [5], "val_acc": [0.1]}}), 422)
    assert body["field"] == "history.step"
    assert "checkpoints" in body["expected"]


def test_the_shipped_forecaster_is_ready_and_shows_its_card(shipped_client: TestClient) -> None:
    version = shipped_client.get("/readyz").json()["forecaster"]
    cards = shipped_client.get("/v1/forecasters").json()["forecasters"]
    assert [c["version"] for c in cards if c["active"]] == [version]
    assert shipped_client.get(f"/v1/forecasters/{version}").json()["version"] == version


@pytest.mark.parametrize("version", ["%2e%2e", "active", "%00", "x" * 5000])
def test_only_versions_can_be_read_from_the_store(shipped_client: TestClient, version: str) -> None:
    problem_of(shipped_client.get(f"/v1/forecasters/{version}"), 404)


def test_every_field_of_the_context_is_described(client: TestClient) -> None:
    fields = client.get("/openapi.json").json()["components"]["schemas"]["Context"]["properties"]
    assert set(fields) == {field.name for field in dataclasses.fields(Context)}
    assert [name for name, field in fields.items() if not field.get("description")] == []


def test_an_answer_that_an_earlier_release_stored_has_todays_fields():
    new = ("delay_steps_if_onset", "delay_epochs", "delay_epochs_if_onset", "outcome", "horizon_assumed", "words")
    stored = {name: value for name, value in json.loads(json.dumps(ANSWER)).items() if name not in new}
    for name in ("onset_step", "onset_step_if_onset", "delay_steps"):
        del stored[name]["status"]
    assert ForecastAnswer.from_stored(stored).model_dump() == ANSWER
    fitting = ForecastAnswer.from_stored(stored | {"memorization_step": None})
    assert (fitting.delay_steps_if_onset.p50, fitting.delay_steps.status) == (None, "not_known_yet")
