"""Stored runs over HTTP, with the shipped forecaster."""

import base64
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wire.examples import ANSWER, APPEND, OUTCOME, RUN
from tests.wire import post, problem_of

STEPS = APPEND["history"]["step"]


def points(steps: list[int], **signals: list[float | None]) -> dict[str, Any]:
    return {"history": {"step": steps, **signals}}


@pytest.fixture
def run(shipped_client: TestClient, request: pytest.FixtureRequest) -> str:
    """The path of a new run."""
    path = f"/v1/runs/{request.node.name[:100].replace('[', '-').replace(']', '')}"
    assert shipped_client.put(path, json=RUN).status_code == 201
    return path


def test_a_live_run_from_registration_to_outcome(shipped_client: TestClient, run: str) -> None:
    """The documented examples, one after another."""
    answer = post(shipped_client, APPEND, f"{run}/metrics")
    assert answer.status_code == 200, answer.text
    appended = answer.json()
    assert appended["points_changed"] == appended["points"] == len(STEPS)
    assert appended["problem"] is None
    assert list(appended["forecast"]) == list(ANSWER)
    assert appended["forecast"]["horizon_step"] == RUN["horizon_step"]
    stateless = post(shipped_client, {**APPEND, **RUN}).json()
    assert appended["forecast"] == stateless
    shown = shipped_client.get(run).json()
    assert shown["history"] == APPEND["history"]
    assert shown["context"] == RUN["context"]
    assert shown["forecast"] == stateless
    (made,) = shipped_client.get(f"{run}/forecasts").json()["forecasts"]
    assert made["forecast"] == stateless
    outcome = shipped_client.put(f"{run}/outcome", json=OUTCOME).json()
    assert (outcome["memorization_step"], outcome["onset_step"]) == (25, None)
    assert outcome["outcome"] == "memorization"
    assert outcome["training_data"]
    assert shipped_client.get(run).json()["status"] == "finished"


def test_the_list_has_the_figures_of_the_newest_forecast(shipped_client: TestClient, run: str) -> None:
    def listed() -> Any:
        runs = shipped_client.get("/v1/runs", params={"limit": 50}).json()["runs"]
        return next(each for each in runs if run.endswith(f"/{each['run_id']}"))["newest_forecast"]

    assert listed() is None
    post(
        shipped_client, {"history": {name: values[:4] for name, values in APPEND["history"].items()}}, f"{run}/metrics"
    )
    forecast = post(shipped_client, APPEND, f"{run}/metrics").json()["forecast"]
    found = listed()
    same = ("observed_until_step", "phase", "probability_onset_by_horizon", "horizon_step", "supported_until_step")
    assert {name: found[name] for name in same} == {name: forecast[name] for name in same}
    assert found["in_support"] == forecast["support"]["in_support"]
    assert found["median_onset_step"] == forecast["onset_step"]["p50"]
    assert {name: found[name] for name in ("action", "check_again_step")} == {
        name: forecast["advice"][name] for name in ("action", "check_again_step")
    }


def test_the_same_append_again_is_answered_alike_and_makes_nothing(shipped_client: TestClient, run: str) -> None:
    first = post(shipped_client, APPEND, f"{run}/metrics").json()
    again = post(shipped_client, APPEND, f"{run}/metrics").json()
    assert again == {**first, "points_changed": 0}
    assert len(shipped_client.get(f"{run}/forecasts").json()["forecasts"]) == 1


def test_every_append_adds_to_the_timeline(shipped_client: TestClient, run: str) -> None:
    for k in range(3, len(STEPS) + 1):
        body = points(STEPS[:k], train_acc=APPEND["history"]["train_acc"][:k])
        assert post(shipped_client, body, f"{run}/metrics").status_code == 200
    seen: list[int] = []
    cursor = 0
    while cursor is not None:
        page = shipped_client.get(f"{run}/forecasts?limit=2&cursor={cursor}").json()
        seen += [f["forecast"]["observed_until_step"] for f in page["forecasts"]]
        cursor = page["next_cursor"]
    assert seen == STEPS[2:]


def test_too_few_points_are_kept_and_the_problem_is_told(shipped_client: TestClient, run: str) -> None:
    answer = post(shipped_client, points([0], val_acc=[0.02]), f"{run}/metrics").json()
    assert answer["points"] == 1
    assert answer["forecast"] is None
    assert answer["problem"]["field"] == "history.step"
    assert shipped_client.get(run).json()["history"] == {"step": [0], "val_acc": [0.02]}


def test_another_value_is_a_conflict_with_both_values(shipped_client: TestClient, run: str) -> None:
    post(shipped_client, APPEND, f"{run}/metrics")
    answer = post(shipped_client, points([60], val_acc=[0.5]), f"{run}/metrics")
    body = problem_of(answer, 409)
    assert (body["field"], body["value"], body["stored"]) == ("history.val_acc[0]", 0.5, 0.03)
    assert body["errors"] == [{k: body[k] for k in ("field", "value", "expected", "hint", "stored")}]


def test_a_rewind_lets_another_future_be_told(shipped_client: TestClient, run: str) -> None:
    post(shipped_client, APPEND, f"{run}/metrics")
    rewound = shipped_client.request("DELETE", f"{run}/metrics?from_step=40").json()
    assert (rewound["points_deleted"], rewound["observed_until_step"]) == (2, 25)
    shown = shipped_client.get(run).json()
    assert shown["history"]["step"] == STEPS[:3]
    assert shown["forecast"] is None
    assert post(shipped_client, points([40, 50, 60], val_acc=[0.1, 0.2, 0.3]), f"{run}/metrics").status_code == 200
    made = shipped_client.get(f"{run}/forecasts").json()["forecasts"]
    assert [m["rewound"] for m in made] == [True, False]


def test_a_run_may_be_watched_past_its_horizon(shipped_client: TestClient, run: str) -> None:
    far = points([*STEPS, 25_000], val_acc=[*APPEND["history"]["val_acc"], 0.02])
    forecast = post(shipped_client, far, f"{run}/metrics").json()["forecast"]
    assert forecast["horizon_step"] == 250_000
    assert "horizon_step 20000 has passed" in forecast["warnings"][0]


def test_a_finished_run_takes_no_more_until_it_is_rewound(shipped_client: TestClient, run: str) -> None:
    post(shipped_client, APPEND, f"{run}/metrics")
    shipped_client.put(f"{run}/outcome", json={"status": "stopped_early"})
    more = points([70], val_acc=[0.03])
    assert "from_step" in problem_of(post(shipped_client, more, f"{run}/metrics"), 409)["detail"]
    shipped_client.request("DELETE", f"{run}/metrics?from_step=60")
    assert post(shipped_client, more, f"{run}/metrics").json()["status"] == "running"


def test_a_reason_holds_nothing_that_a_database_cannot_keep(shipped_client: TestClient, run: str) -> None:
    problem = problem_of(shipped_client.put(f"{run}/stop", json={"reason": "a\0b"}), 422)
    assert problem["field"] == "reason"
    assert shipped_client.put(f"{run}/stop", json={"reason": "first\nsecond \U0001f600"}).status_code == 200


def test_a_run_without_validation_is_no_training_data(shipped_client: TestClient, run: str) -> None:
    post(shipped_client, points([0, 10, 20], train_acc=[0, 1, 1]), f"{run}/metrics")
    outcome = shipped_client.put(f"{run}/outcome", json={}).json()
    assert not outcome["training_data"]
    assert "val_acc" in outcome["reason"]


def test_a_deleted_run_is_gone(shipped_client: TestClient, run: str) -> None:
    assert shipped_client.delete(run).status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/forecasts"), ("GET", "/events"), ("PUT", "/outcome")):
        body = {"json": {}} if method == "PUT" else {}
        problem_of(shipped_client.request(method, run + path, **body), 404)
    problem_of(post(shipped_client, APPEND, f"{run}/metrics"), 404)


def test_runs_are_paged_the_newest_first(shipped_client: TestClient) -> None:
    names = [f"paged-{k}" for k in range(5)]
    for name in names:
        shipped_client.put(f"/v1/runs/{name}", json={})
    first = shipped_client.get("/v1/runs?limit=3").json()
    second = shipped_client.get(f"/v1/runs?limit=2&cursor={first['next_cursor']}").json()
    seen = [r["run_id"] for r in first["runs"] + second["runs"]]
    assert seen == names[::-1]


def test_unknown_names_are_ignored_and_named(shipped_client: TestClient) -> None:
    answer = shipped_client.put("/v1/runs/x", json={"colour": 1, "context": {"mood": 2}}).json()
    assert [w.split(" (")[0] for w in answer["warnings"]] == [
        "unknown fields ignored: colour",
        "unknown context fields ignored: mood",
    ]
    appended = post(
        shipped_client, points([0, 10, 20], val_acc=[0.1, 0.1, 0.1], foo=[1, 2, 3]), "/v1/runs/x/metrics"
    ).json()
    assert "foo" in appended["warnings"][0]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/v1/runs/a%20b", {}, "run_id"),
        ("PUT", f"/v1/runs/{'x' * 129}", {}, "run_id"),
        ("PUT", "/v1/runs/%00", {}, "run_id"),
        ("PUT", "/v1/runs/a", {"horizon_step": 0}, "horizon_step"),
        ("PUT", "/v1/runs/a", {"context": {"modulus": "x"}}, "context.modulus"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "ftp://example.org"}}, "webhook.url"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "http://127.0.0.1/x"}}, "webhook.url"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "http://169.254.169.254/"}}, "webhook.url"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "http://[::ffff:10.0.0.1]/"}}, "webhook.url"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "https://u:p@example.org"}}, "webhook.url"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "https://example.org", "secret": "short"}}, "webhook.secret"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "https://example.org", "secret": "a" * 32}}, "webhook.secret"),
        ("GET", "/v1/runs?limit=0", None, "limit"),
        ("GET", "/v1/runs?limit=9999", None, "limit"),
        ("GET", "/v1/runs?cursor=99999999999999999999", None, "cursor"),
        ("GET", "/v1/runs?status=flying", None, "status"),
        ("GET", "/v1/retrainings/99999999999999999999", None, "number"),
        ("DELETE", "/v1/runs/a/metrics", None, "from_step"),
        ("DELETE", "/v1/runs/a/metrics?from_step=-1", None, "from_step"),
        ("PUT", "/v1/runs/a/outcome", {"status": "happy"}, "status"),
        # Where no warning would tell of it, a name that is not known is refused: it may be a mistyped one.
        ("PUT", "/v1/runs/a/outcome", {"block": True}, "block"),
        ("PUT", "/v1/runs/a/stop", {"why": "x"}, "why"),
        ("PUT", "/v1/runs/a", {"webhook": {"url": "https://example.org", "secrets": "a"}}, "webhook.secrets"),
        ("POST", "/v1/retrainings", {"promoted": False}, "promoted"),
        ("POST", "/v1/forecasts/batch", {"items": [], "context": {"learning_rate": 0.1}}, "context"),
        ("PUT", "/v1/forecasters/active", {"version": "2026.11.28", "force": True}, "force"),
    ],
)
def test_a_bad_value_is_named(shipped_client: TestClient, method: str, path: str, body: Any, field: str) -> None:
    answer = (
        shipped_client.request(method, path, json=body) if body is not None else shipped_client.request(method, path)
    )
    assert problem_of(answer, 422)["field"] == field


def test_a_run_keeps_no_secret_in_its_answers(shipped_client: TestClient) -> None:
    hook = {"url": "https://example.org/hook", "secret": "whsec_" + base64.b64encode(bytes(range(32))).decode()}
    answer = shipped_client.put("/v1/runs/secretive", json={"webhook": hook})
    assert answer.json()["webhook_url"] == hook["url"]
    for text in (answer.text, shipped_client.get("/v1/runs/secretive").text):
        assert hook["secret"] not in text


def test_a_history_may_be_left_out(shipped_client: TestClient, run: str) -> None:
    post(shipped_client, APPEND, f"{run}/metrics")
    shown = shipped_client.get(f"{run}?history=false").json()
    assert shown["history"] is None
    assert shown["forecast"]


def test_the_documented_answers_are_what_is_answered(shipped_client: TestClient) -> None:
    schemas = shipped_client.get("/openapi.json").json()["components"]["schemas"]
    for name in ("RunRequest", "AppendRequest", "OutcomeRequest", "RetrainRequest", "ActivateRequest"):
        assert json.dumps(schemas[name]["examples"])
