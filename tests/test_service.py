"""The service as a whole: whether it is ready, what it lists, and what it says when it fails."""

import json
import re
import subprocess
import sys
from pathlib import Path

import anyio
import httpx2
import pytest
from fastapi.testclient import TestClient

from api.settings import Settings
from api.wire.examples import REQUEST
from predictor.errors import DamagedForecaster, ForecasterNotFound
from tests.timing import own_seconds
from tests.wire import BrokenForecaster, NotANumberForecaster, post, problem_of, served
from training_runs.signals import SIGNALS

# The rest of the service


def test_it_lives_and_is_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "live"}
    assert client.get("/readyz").json() == {"status": "ready", "forecaster": "stand-in"}


@pytest.mark.parametrize(
    "error",
    [
        DamagedForecaster(path="/home/someone", problem="altered"),
        ForecasterNotFound(version="1", known=[]),
        MemoryError("an array of 80 GB"),
        KeyError("reach"),
        PermissionError("the store"),
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


def test_a_wrong_method_is_told_all_that_are_allowed(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert sum(len(methods) > 1 for methods in paths.values()) >= 4
    for path, methods in paths.items():
        answer = client.request("PATCH", re.sub(r"\{(run_id|number|version)\}", "5", path))
        allowed = answer.headers["allow"].split(", ")
        assert set(allowed) >= {method.upper() for method in methods}
        assert f"expected {', '.join(allowed)}" in problem_of(answer, 405)["detail"]


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/", "/v1/runs", "/metrics", "/v1/events", "/v1/nothing", "/v1/forecasts"]
)
def test_head_is_answered_as_get_is_without_a_body(client: TestClient, path: str) -> None:
    found = client.head(path)
    assert found.content == b""
    if path == "/v1/events":  # which GET would follow for ever
        assert found.headers["content-type"].startswith("text/event-stream")
        return
    asked = client.get(path)
    assert found.status_code == asked.status_code
    varying = (
        {"x-request-id", "content-length"} if path == "/metrics" else {"x-request-id"}
    )  # which counts this request
    assert {n: v for n, v in found.headers.items() if n not in varying} == {
        n: v for n, v in asked.headers.items() if n not in varying
    }


@pytest.mark.parametrize("path", ["/healthz/", "/v1/runs/?limit=1", "/docs/", "/v1/forecasters/stand-in//"])
def test_a_slash_too_many_leads_on_by_the_path_alone(client: TestClient, path: str) -> None:
    """By its host and scheme too, a key that came by HTTPS would be sent again without it."""
    answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == re.sub("/+([?]|$)", r"\1", path)


def test_a_value_that_is_asked_for_twice_is_a_problem(client: TestClient) -> None:
    client.put("/v1/runs/twice", json={})
    body = problem_of(client.delete("/v1/runs/twice/metrics?from_step=100&from_step=1"), 422)
    assert (body["field"], body["value"], body["expected"]) == ("from_step", "100 and 1", "one value")
    problem_of(post(client, REQUEST, "/v1/histories/read?format=json&format=csv"), 422)


def test_very_many_names_in_an_address_take_no_time(client: TestClient) -> None:
    """Each was looked for among all of them, in the event loop."""
    started = own_seconds()
    for _ in range(10):
        assert client.get("/healthz?" + "&".join(f"a{k}=1" for k in range(5_000))).status_code == 200
    assert own_seconds() - started < 5


def test_a_list_that_is_asked_for_and_what_is_ignored_may_come_twice(client: TestClient) -> None:
    assert client.get("/metrics?name=a&name=b").status_code == 200  # as Prometheus may be told to ask
    table = b"step,a,b\n1,0.1,0.2\n2,0.1,0.2\n3,0.1,0.2\n"
    assert client.post("/v1/histories/read?map=a:val_acc&map=b:train_acc", content=table).status_code == 200


def test_a_wrong_method_is_told_of_head_where_there_is_get(client: TestClient) -> None:
    assert client.post("/healthz").headers["allow"] == "GET, HEAD"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings() == Settings(host="127.0.0.1", port=8321)
    monkeypatch.setenv("GROKCAST_PORT", "9000")
    monkeypatch.setenv("GROKCAST_FORECASTER_STORE", "/models")
    assert (Settings().port, Settings().forecaster_store) == (9000, Path("/models"))


def test_it_lives_while_every_thread_waits(client: TestClient) -> None:
    async def ask() -> int:
        threads = anyio.to_thread.current_default_thread_limiter()
        threads.total_tokens = 1
        async with threads:  # as a request does that waits for the database
            transport = httpx2.ASGITransport(app=client.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as asked:
                with anyio.fail_after(10):
                    return int((await asked.get("/healthz")).status_code)

    assert anyio.run(ask) == 200


def test_a_path_cannot_write_lines_of_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "grokcast.request"):
        client.get("/v1/x%0Aforged")
    (line,) = (record.getMessage() for record in caplog.records)
    assert line == "GET /v1/x%0Aforged 404"


# What is imported


@pytest.mark.parametrize(("module", "absent"), [("api.app", "torch"), ("api.wire.forecasts", "fastapi")])
def test_what_is_not_needed_is_not_imported(module: str, absent: str) -> None:
    code = f"import sys, {module}; sys.exit({absent!r} in sys.modules)"
    root = Path(__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
