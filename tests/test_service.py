"""The service: with a stand-in for the forecaster where only the wire matters, with the shipped one where it does not."""

import gzip
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings, strategies as st

from api.app import create_app
from api.examples import ANSWER, PROBLEM, REQUEST
from api.schemas import ForecastAnswer
from api.settings import Settings
from predictor.errors import DamagedForecaster, ForecasterNotFound
from predictor.forecast import (
    Advice,
    Curve,
    Driver,
    Forecast,
    Quantiles,
    Question,
    Support,
)
from training_runs import InvalidInput
from training_runs.signals import SIGNALS

EXAMPLE = Path(__file__).parent.parent / "examples/request.json"
STEPS = [0, 10, 25, 40, 60]
FORECAST = Forecast(
    forecaster="stand-in",
    observed_until_step=60,
    phase="memorized",
    memorization_step=25,
    target_accuracy=0.95,
    horizon_step=20_000,
    supported_until_step=20_000,
    probability_onset_by_horizon=0.91,
    onset_step=Quantiles(1400, 3100, None),
    onset_step_if_onset=Quantiles(1350, 2800, 9000),
    delay_steps=Quantiles(1375, 3075, None),
    outcome_probabilities={
        "grokking": 0.88,
        "comprehension": 0.03,
        "memorization": 0.08,
        "confusion": 0.01,
    },
    curve=Curve((64, 81), (0.0, 0.001)),
    drivers=(Driver("weight_norm_slope", 0.8, "weight norm has begun to fall"),),
    support=Support(0.93, True, ("train_loss",), ("weight_norm",)),
    advice=Advice("continue", "91 % to generalise within the horizon", 0.05, 0.02, 120),
    warnings=(),
)


@dataclass
class StandInForecaster:
    """Answers any question of at least 3 points with the same forecast, and keeps the questions."""

    version: str = "stand-in"
    questions: list[Question] = field(default_factory=list)
    batches: int = 0

    def forecast(self, question: Question) -> Forecast:
        self.questions.append(question)
        if len(question.trajectory) < 3:
            found = f"{len(question.trajectory)} checkpoints"
            raise InvalidInput(field="history.step", value=found, expected="at least 3")
        return replace(FORECAST, warnings=question.warnings)

    def forecast_many(self, questions: list[Question]) -> list[Forecast | InvalidInput]:
        self.batches += 1
        return [self._forecast_or_error(question) for question in questions]

    def _forecast_or_error(self, question: Question) -> Forecast | InvalidInput:
        try:
            return self.forecast(question)
        except InvalidInput as error:
            return error


class BrokenForecaster(StandInForecaster):
    def forecast(self, question: Question) -> Forecast:
        raise RuntimeError("secret of /home/someone")


class NotANumberForecaster(StandInForecaster):
    def forecast(self, question: Question) -> Forecast:
        return replace(FORECAST, curve=Curve((64,), (math.nan,)))


@dataclass
class StandInStore:
    """Holds one forecaster, or the error that loading it raises."""

    forecaster: StandInForecaster | Exception = field(default_factory=StandInForecaster)

    def load(self, version: str | None = None) -> StandInForecaster:
        if isinstance(self.forecaster, Exception):
            raise self.forecaster
        return self.forecaster

    def cards(self) -> list[dict[str, Any]]:
        return [{"version": "stand-in", "active": True, "auroc": math.nan}]

    def card(self, version: str) -> dict[str, Any]:
        if version == "damaged":
            raise DamagedForecaster(path="/home/someone/damaged", problem="model.txt is missing")
        if version != "stand-in":
            raise ForecasterNotFound(version=version, known=["stand-in"])
        return self.cards()[0]


def served(forecaster: StandInForecaster | Exception, limits: Settings | None = None) -> TestClient:
    app = create_app(limits or Settings(), StandInStore(forecaster))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def forecaster() -> StandInForecaster:
    return StandInForecaster()


@pytest.fixture
def client(forecaster: StandInForecaster) -> Iterator[TestClient]:
    with served(forecaster) as client:
        yield client


@pytest.fixture(scope="module")
def shipped_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service as it is after installation: an empty data directory, the shipped forecaster."""
    app = create_app(Settings(forecaster_store=tmp_path_factory.mktemp("forecasters")))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def request(**changes: Any) -> dict[str, Any]:
    """Return the documented request with some of its fields replaced."""
    return {**REQUEST, **changes}


def history(**changes: Any) -> dict[str, Any]:
    """Return a request whose history has some signals replaced."""
    return request(history={**REQUEST["history"], **changes})


def post(client: TestClient, body: Any, path: str = "/v1/forecasts", **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return client.post(path, content=content, headers=headers)


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """Return the body of a problem, having checked what every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.content, parse_constant=pytest.fail)
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status
    assert body["type"].startswith("urn:grokcast:problem:")
    return body


def is_subset_shape(found: Any, documented: Any) -> bool:
    """Say whether objects have the same members at every depth."""
    if isinstance(documented, dict):
        return found.keys() == documented.keys() and all(
            is_subset_shape(found[name], documented[name]) for name in documented
        )
    return isinstance(found, list) == isinstance(documented, list)


# Answers


def test_the_documented_request_is_answered_with_every_documented_field(client: TestClient) -> None:
    answer = post(client, REQUEST)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert is_subset_shape(body, ANSWER)
    assert list(body) == list(ANSWER)
    assert body["onset_step"] == {"p05": 1400, "p50": 3100, "p95": None}


def test_the_documented_answer_is_one_that_the_service_can_give() -> None:
    assert ForecastAnswer.model_validate(ANSWER).model_dump() == ANSWER


def test_the_question_holds_what_was_asked(
    client: TestClient, forecaster: StandInForecaster
) -> None:
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


def test_a_whole_number_may_be_written_as_a_float(
    client: TestClient, forecaster: StandInForecaster
) -> None:
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
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                expected = "application/json" if status == "200" else "application/problem+json"
                assert list(response["content"]) == [expected]
    assert document["components"]["schemas"]["History"]["properties"].keys() == {"step", *SIGNALS}
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
    "a context that is a word": (request(context="modular"), "context", "a JSON object"),
    "a context of text": (request(context={"weight_decay": "1"}), "context.weight_decay", "number"),
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
def test_a_bad_value_is_named(
    client: TestClient, asked: dict[str, Any], where: str, expected: str
) -> None:
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
def test_percent_is_named_as_the_likely_cause(
    client: TestClient, asked: dict[str, Any], where: str
) -> None:
    body = problem_of(post(client, asked), 422)
    assert body["field"] == where
    assert "percent" in body["hint"]
    assert "percent" in body["detail"]


def test_the_documented_problem_is_what_is_answered(client: TestClient) -> None:
    asked = history(val_acc=[0.02, 0.02, 0.03, 0.02, 97.5])
    assert problem_of(post(client, asked), 422) == PROBLEM


@pytest.mark.parametrize(
    ("token", "value"), [("NaN", "NaN"), ("-Infinity", "-Infinity"), ("1e999", "Infinity")]
)
def test_what_json_has_no_number_for_is_refused_and_null_is_named(
    client: TestClient, token: str, value: str
) -> None:
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


# Bodies


@pytest.mark.parametrize(
    "content",
    [b"{", b"not json", b'{"history": "\\ud800"}', b"\xff\xfe{", b"[" * 100_000, b"1" * 5_000],
)
def test_a_malformed_body_is_a_problem(client: TestClient, content: bytes) -> None:
    assert problem_of(post(client, content), 400)["title"] == "Malformed body"


def test_a_missing_body_is_a_problem(client: TestClient) -> None:
    body = problem_of(client.post("/v1/forecasts"), 422)
    assert (body["field"], body["value"]) == ("body", None)


def test_a_body_that_is_not_called_json_is_a_problem(client: TestClient) -> None:
    answer = post(client, REQUEST, content_type="text/plain")
    assert "expected application/json" in problem_of(answer, 415)["detail"]


@pytest.mark.parametrize(
    "packed", [gzip.compress, lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:])]
)
def test_gzip_is_accepted(client: TestClient, packed: Callable[[bytes], bytes]) -> None:
    content = packed(json.dumps(REQUEST).encode())
    assert post(client, content, content_encoding="gzip").status_code == 200


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(json.dumps(REQUEST).encode())[:-20], b""]
)
def test_damaged_gzip_is_a_problem(client: TestClient, content: bytes) -> None:
    body = problem_of(post(client, content, content_encoding="gzip"), 400)
    assert "gzip" in body["detail"]


def test_another_coding_is_a_problem(client: TestClient) -> None:
    answer = post(client, b"x", content_encoding="br")
    assert "gzip" in problem_of(answer, 415)["detail"]
    assert answer.headers["accept-encoding"] == "gzip"


@pytest.fixture
def small_client() -> Iterator[TestClient]:
    limits = Settings(forecast_body_limit=1000, batch_body_limit=4000)
    with served(StandInForecaster(), limits) as client:
        yield client


def pieces(content: bytes) -> Iterator[bytes]:
    """Yield a body in pieces, so that its length is not declared."""
    for start in range(0, len(content), 100):
        yield content[start : start + 100]


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_over_the_limit_is_a_problem(
    small_client: TestClient, declared: bool, coding: str
) -> None:
    bare = json.dumps(REQUEST).encode()
    for size, status in ((1000, 200), (1001, 413)):
        content = bare.ljust(size)
        packed = gzip.compress(content) if coding == "gzip" else content
        answer = small_client.post(
            "/v1/forecasts",
            content=packed if declared else pieces(packed),
            headers={"content-type": "application/json", "content-encoding": coding},
        )
        assert answer.status_code == status
    assert "1000 bytes" in problem_of(answer, 413)["detail"]


def test_a_batch_may_be_larger(small_client: TestClient) -> None:
    content = json.dumps({"items": [REQUEST]}).encode().ljust(4000)
    assert post(small_client, content, "/v1/forecasts/batch").status_code == 200
    problem_of(post(small_client, content + b" ", "/v1/forecasts/batch"), 413)


def test_a_gzip_bomb_is_refused(client: TestClient) -> None:
    bomb = gzip.compress(b" " * (17 * 2**20))
    assert len(bomb) < 20_000
    body = problem_of(post(client, bomb, content_encoding="gzip"), 413)
    assert "16 MiB" in body["detail"]


def test_endless_empty_gzip_members_are_refused(client: TestClient) -> None:
    members = gzip.compress(b"") * (17 * 2**20 // len(gzip.compress(b"")))
    problem_of(post(client, members, content_encoding="gzip"), 413)


# Batches


def test_one_bad_item_spoils_no_other(client: TestClient, forecaster: StandInForecaster) -> None:
    items = [
        REQUEST,
        history(val_acc=[97, 98, 99, 99, 99]),
        "nonsense",
        {"history": {"step": [5]}},
        history(foo=[1]),
    ]
    answer = post(client, {"items": items}, "/v1/forecasts/batch")
    assert answer.status_code == 200
    found = answer.json()["items"]
    assert [list(item) for item in found] == [
        ["forecast"],
        ["problem"],
        ["problem"],
        ["problem"],
        ["forecast"],
    ]
    assert found[0]["forecast"] == post(client, REQUEST).json()
    assert found[4]["forecast"]["warnings"]
    assert forecaster.batches == 1
    for i in (1, 2, 3):
        assert found[i]["problem"] == problem_of(post(client, items[i]), 422)


def test_a_batch_of_bad_items_asks_no_forecaster(
    client: TestClient, forecaster: StandInForecaster
) -> None:
    answer = post(client, {"items": [None]}, "/v1/forecasts/batch")
    assert list(answer.json()["items"][0]) == ["problem"]
    assert post(client, {"items": []}, "/v1/forecasts/batch").json() == {"items": []}
    assert forecaster.batches == 0


def test_a_batch_has_at_most_1000_items(client: TestClient) -> None:
    small = {"history": {"step": [1, 2, 3]}}
    answer = post(client, {"items": [small] * 1000}, "/v1/forecasts/batch")
    assert len(answer.json()["items"]) == 1000
    body = problem_of(post(client, {"items": [small] * 1001}, "/v1/forecasts/batch"), 422)
    assert (body["field"], body["value"]) == ("items", "1001 values")


@pytest.mark.parametrize("asked", [{}, {"items": 5}, [REQUEST]])
def test_a_batch_needs_items(client: TestClient, asked: Any) -> None:
    problem_of(post(client, asked, "/v1/forecasts/batch"), 422)


# The rest of the service


def test_it_lives_and_is_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "live"}
    assert client.get("/readyz").json() == {"status": "ready", "forecaster": "stand-in"}


@pytest.mark.parametrize(
    "error",
    [
        DamagedForecaster(path="/home/someone", problem="altered"),
        ForecasterNotFound(version="1", known=[]),
    ],
)
def test_without_a_forecaster_it_lives_but_is_not_ready(error: Exception) -> None:
    with served(error) as client:
        assert client.get("/healthz").status_code == 200
        problem_of(client.get("/readyz"), 503)
        answer = post(client, REQUEST)
    problem_of(answer, 503)
    assert "someone" not in answer.text


def test_signals_are_listed(client: TestClient) -> None:
    signals = client.get("/v1/signals").json()["signals"]
    assert [s["name"] for s in signals] == list(SIGNALS)
    assert signals[1].keys() == {"name", "meaning", "source", "low", "high"}


def test_forecasters_are_listed(client: TestClient) -> None:
    answer = client.get("/v1/forecasters")
    (card,) = json.loads(answer.content, parse_constant=pytest.fail)["forecasters"]
    assert card == {"version": "stand-in", "active": True, "auroc": None}
    assert client.get("/v1/forecasters/stand-in").json() == card


def test_a_forecaster_that_is_not_there_is_a_problem(client: TestClient) -> None:
    assert "stand-in" in problem_of(client.get("/v1/forecasters/1999.1.1"), 404)["detail"]
    answer = client.get("/v1/forecasters/damaged")
    problem_of(answer, 503)
    assert "someone" not in answer.text


def test_an_unknown_route_or_method_is_a_problem(client: TestClient) -> None:
    assert "/docs" in problem_of(client.get("/v1/nothing"), 404)["detail"]
    answer = client.get("/v1/forecasts")
    assert "POST" in problem_of(answer, 405)["detail"]
    assert answer.headers["allow"] == "POST"


def test_an_unexpected_failure_tells_nothing_of_itself() -> None:
    with served(BrokenForecaster()) as client:
        answer = post(client, REQUEST)
    problem_of(answer, 500)
    assert "secret" not in answer.text
    assert "someone" not in answer.text


def test_an_answer_never_holds_nan() -> None:
    with served(NotANumberForecaster()) as client:
        problem_of(post(client, REQUEST), 500)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings() == Settings(host="127.0.0.1", port=8321)
    monkeypatch.setenv("GROKCAST_PORT", "9000")
    monkeypatch.setenv("GROKCAST_FORECASTER_STORE", "/models")
    assert (Settings().port, Settings().forecaster_store) == (9000, Path("/models"))


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
    assert body["onset_step"] == {"p05": 25, "p50": 25, "p95": 25}
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


# Anything at all

NUMBERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, 10**400, -1, 0, 1]),
    st.floats(),
    st.text(max_size=5),
)
JSON = st.recursive(
    NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)
LISTS = st.lists(st.one_of(NUMBERS, st.floats(0, 1)), max_size=8) | JSON
RISING = st.lists(st.integers(0, 10**6), min_size=1, max_size=8, unique=True).map(sorted)
HISTORIES = st.fixed_dictionaries(
    {"step": RISING | LISTS},
    optional=dict.fromkeys(("train_acc", "val_acc", "val_loss", "weight_norm", "foo"), LISTS),
)
CONTEXTS = st.dictionaries(
    st.sampled_from(["task_family", "modulus", "chance_accuracy", "budget_step", "x"]), JSON
)
REQUESTS = st.fixed_dictionaries(
    {"history": HISTORIES | JSON},
    optional={"context": CONTEXTS | JSON, "horizon_step": NUMBERS, "target_accuracy": NUMBERS},
)


@given(asked=JSON | REQUESTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_json_brings_the_service_down(shipped_client: TestClient, asked: Any) -> None:
    answer = post(shipped_client, asked)
    if answer.status_code != 200:
        problem_of(answer, answer.status_code)
        assert answer.status_code in {400, 422}
    batch = post(shipped_client, {"items": [asked, REQUEST]}, "/v1/forecasts/batch")
    assert batch.status_code in {200, 400}
    if batch.status_code == 200:
        spoilt, good = batch.json()["items"]
        assert ("forecast" in spoilt) == (answer.status_code == 200)
        assert "forecast" in good


@given(content=st.binary(max_size=200), coding=st.sampled_from(["identity", "gzip"]))
@settings(max_examples=100, deadline=None)
def test_no_bytes_bring_the_service_down(
    shipped_client: TestClient, content: bytes, coding: str
) -> None:
    problem_of(answer := post(shipped_client, content, content_encoding=coding), answer.status_code)
    assert answer.status_code in {400, 422}


# What is imported


@pytest.mark.parametrize(("module", "absent"), [("api.app", "torch"), ("api.schemas", "fastapi")])
def test_what_is_not_needed_is_not_imported(module: str, absent: str) -> None:
    code = f"import sys, {module}; sys.exit({absent!r} in sys.modules)"
    root = Path(__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
