"""Both clients against the service itself, in this process, and against one that is unwell."""

import asyncio
import inspect
import json
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.app import create_app
from api.settings import Settings
from grokcast import AsyncClient, Client, ServiceError, ServiceUnreachable, requests as calls
from grokcast.answer import gap_in_words
from grokcast.frames import requests_of
from tests.wire import local_client

HISTORY = {
    "step": [0, 10, 25, 40, 60],
    "train_loss": [3.9, 2.1, 0.4, 0.1, 0.05],
    "train_acc": [0.02, 0.6, 0.99, 1.0, 1.0],
    "val_loss": [3.9, 4.8, 6.0, 7.1, 7.9],
    "val_acc": [0.02, 0.02, 0.03, 0.02, 0.03],
}


class InProcess(httpx2.BaseTransport):
    """Runs an ASGI app for a synchronous client: one event loop for each request."""

    def __init__(self, app):
        self._app = httpx2.ASGITransport(app)

    def handle_request(self, request):
        async def answer():
            response = await self._app.handle_async_request(request)
            content = b"".join([part async for part in response.stream])
            return httpx2.Response(response.status_code, headers=response.headers, content=content)

        return asyncio.run(answer())


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The service with its forecaster loaded, and a key to it."""
    database = tmp_path_factory.mktemp("service") / "service.db"
    app = create_app(Settings(database_url=f"sqlite:///{database}"))
    with local_client(app):
        _, app.state.key = app.state.keys.create("clients", "write")
        yield app


def called(app, kind, method, *arguments, **options):
    """Call a method of either client on an app, and gather what it yields."""
    key = getattr(app.state, "key", "secret")
    if kind == "sync":
        with Client("http://test", transport=InProcess(app), max_retries=3, api_key=key) as client:
            result = getattr(client, method)(*arguments, **options)
            return list(result) if inspect.isgenerator(result) else result

    async def ask():
        async with AsyncClient(
            "http://test", transport=httpx2.ASGITransport(app), max_retries=3, api_key=key
        ) as client:
            result = getattr(client, method)(*arguments, **options)
            return [e async for e in result] if inspect.isasyncgen(result) else await result

    return asyncio.run(ask())


BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


def test_both_clients_have_the_same_methods_with_the_same_parameters():
    public = [n for n in vars(Client) if not n.startswith("_")]
    assert public == [n for n in vars(AsyncClient) if not n.startswith("_")]
    for name in public:
        parameters = [inspect.signature(getattr(c, name)).parameters for c in (Client, AsyncClient)]
        assert parameters[0] == parameters[1], name


@BOTH
def test_a_forecast_of_the_service(service, kind):
    answer = called(service, kind, "forecast", {"history": HISTORY, "horizon_step": 20_000})
    assert (answer["observed_until_step"], answer["memorization_step"]) == (60, 25)
    assert {c["name"] for c in called(service, kind, "signals")} >= {"val_acc"}
    assert called(service, kind, "forecasters")[0]["version"] == answer["forecaster"]


@BOTH
def test_what_the_service_refuses_is_an_error_with_its_problem(service, kind):
    with pytest.raises(ServiceError, match="percent") as caught:
        called(service, kind, "forecast", {"history": {**HISTORY, "val_acc": [2, 2, 3, 2, 97.5]}})
    assert caught.value.status == 422
    assert caught.value.field == "history.val_acc[0]"


@BOTH
def test_many_runs_as_a_table(service, kind):
    good = pd.DataFrame(HISTORY).assign(run_id="good")
    bad = pd.DataFrame({"run_id": "bad", "step": [1, 2], "val_acc": [0.1, 97.0]})
    table = pd.concat([good.iloc[::-1], bad])
    found = called(
        service,
        kind,
        "forecast_table",
        table,
        contexts={"good": {"chance_accuracy": 0.019, "learning_rate": 1e-3, "color": "red"}},
        horizon_step=20_000,
    )
    assert found["run_id"].tolist() == ["good", "bad"]
    one, other = found.iloc[0], found.iloc[1]
    alone = called(
        service,
        kind,
        "forecast",
        {"history": HISTORY, "horizon_step": 20_000, "context": {"chance_accuracy": 0.019, "learning_rate": 1e-3}},
    )
    assert one["probability_onset_by_horizon"] == alone["probability_onset_by_horizon"]
    assert one["onset_step_p50"] == alone["onset_step"]["p50"]
    assert pd.isna(one["problem"])
    for name in ("p05", "p50", "p95"):
        assert one[f"onset_step_if_onset_{name}"] == alone["onset_step_if_onset"][name]
    assert one["check_again_step"] == alone["advice"]["check_again_step"]
    assert "color" in one["warnings"]
    assert pd.isna(other["warnings"])
    assert "percent" in other["problem"]
    assert pd.isna(other["probability_onset_by_horizon"])
    with pytest.raises(ValueError, match="expected run_id"):
        called(service, kind, "forecast_table", pd.DataFrame(HISTORY))


@BOTH
def test_a_table_says_what_to_tell_next_where_that_is_asked(service, kind):
    table = pd.DataFrame(HISTORY).assign(run_id="a")
    (gap, *_) = called(service, kind, "forecast", {"history": HISTORY, "include": ["gaps"]})["gaps"]
    found = called(service, kind, "forecast_table", table, gaps=True)
    assert found["tell_next"][0] == gap_in_words(gap)
    assert pd.isna(called(service, kind, "forecast_table", table)["tell_next"][0])


@BOTH
def test_many_requests_that_ask_for_gaps_go_in_batches_that_are_taken(kind):
    sizes = []

    async def answer(request):
        items = (await request.json())["items"]
        sizes.append(len(items))
        return JSONResponse({"items": [{"problem": {}}] * len(items)})

    app = Starlette(routes=[Route("/v1/forecasts/batch", answer, methods=["POST"])])
    asked = [{"history": HISTORY, "include": ["gaps"]}] * 250
    assert len(called(app, kind, "forecast_many", asked)) == 250
    assert len(called(app, kind, "forecast_many", [{"history": HISTORY}] * 250)) == 250
    assert sizes == [100, 100, 50, 250]


@pytest.mark.parametrize("contexts", [{1: {"weight_decay": 1.0}}, {"1": {"weight_decay": 1.0}}])
def test_run_ids_that_are_numbers_have_their_contexts(contexts):
    table = pd.DataFrame({"run_id": [1, 1, 2], "step": [10, 20, 10], "val_acc": [0.1, 0.2, 0.1]})
    requests = requests_of(table, contexts=contexts)
    assert {run: r["context"] for run, r in requests.items()} == {"1": {"weight_decay": 1.0}, "2": {}}


def test_missing_values_of_any_kind_are_null():
    step = [10, 20, 30, 40]
    missing = pd.DataFrame({"run_id": "a", "step": step, "val_acc": [0.1, None, float("inf"), 0.2]})
    objects = missing.astype({"val_acc": object})
    objects.loc[1, "val_acc"] = pd.NaT
    for table in (missing, missing.astype({"val_acc": "Float64"}), objects):
        history = requests_of(table)["a"]["history"]
        assert json.loads(json.dumps(history, allow_nan=False)) == {"step": step, "val_acc": [0.1, None, None, 0.2]}


def test_more_runs_than_a_batch_takes_are_sent_in_several(monkeypatch):
    sizes = []

    async def batch(request):
        items = (await request.json())["items"]
        sizes.append(len(items))
        return JSONResponse({"items": [{"forecast": {"observed_until_step": i["history"]["step"][0]}} for i in items]})

    app = Starlette(routes=[Route("/v1/forecasts/batch", batch, methods=["POST"])])
    requests = [{"history": {"step": [k]}} for k in range(2_500)]
    answers = called(app, "sync", "forecast_many", requests)
    assert [a["forecast"]["observed_until_step"] for a in answers] == list(range(2_500))
    assert sizes == [1_000, 1_000, 500]
    sizes.clear()
    monkeypatch.setattr(calls, "MAX_VALUES", 20)
    long = {"history": {"step": list(range(15))}}
    called(app, "sync", "forecast_many", [long, long])
    assert sizes == [1, 1]


@pytest.fixture
def waits(monkeypatch):
    """What the clients wait for, which here takes no time."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr("grokcast.client.time.sleep", waits.append)
    monkeypatch.setattr("grokcast.async_client.asyncio.sleep", sleep)
    return waits


def unwell(*statuses, headers=None):
    """An app that answers with these statuses, and then well; and the requests that it got."""
    left, seen = list(statuses), []

    async def answer(request):
        seen.append((request.method, request.headers.get("authorization"), await request.body()))
        if left:
            status = left.pop(0)
            return JSONResponse({"title": "not now", "status": status}, status, headers)
        return JSONResponse({"forecaster": "test"})

    return Starlette(routes=[Route("/v1/forecasts", answer, methods=["POST"])]), seen


@BOTH
@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_what_may_pass_is_tried_again_further_apart(kind, status, waits):
    random.seed(0)
    app, seen = unwell(status, status, status)
    assert called(app, kind, "forecast", {"history": HISTORY}) == {"forecaster": "test"}
    assert len(seen) == 4
    assert {s[1] for s in seen} == {"Bearer secret"}
    assert {json.loads(s[2])["history"]["step"][-1] for s in seen} == {60}
    assert len(waits) == 3
    for k, wait in enumerate(waits):
        assert 0.125 * 2**k <= wait <= 0.25 * 2**k


@BOTH
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_what_will_not_pass_is_not_tried_again(kind, status, waits):
    app, seen = unwell(status)
    with pytest.raises(ServiceError, match=f"{status}: not now"):
        called(app, kind, "forecast", {"history": HISTORY})
    assert (len(seen), waits) == (1, [])


@BOTH
def test_retries_end(kind, waits):
    app, seen = unwell(*[503] * 9)
    with pytest.raises(ServiceError, match="503"):
        called(app, kind, "forecast", {"history": HISTORY})
    assert (len(seen), len(waits)) == (4, 3)


@BOTH
def test_the_service_says_how_long_to_wait(kind, waits):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
    for header, low, high in (("5", 5, 5), (soon, 4, 8), ("9999", 30, 30), ("nonsense", 0, 0.25)):
        waits.clear()
        app, _ = unwell(429, headers={"Retry-After": header})
        called(app, kind, "forecast", {"history": HISTORY})
        assert low <= waits[0] <= high, header


def test_no_answer_at_all_is_tried_again_and_then_told(waits):
    with (
        Client("http://127.0.0.1:9", max_retries=2) as client,
        pytest.raises(ServiceUnreachable, match=r"127\.0\.0\.1:9 does not answer"),
    ):
        client.signals()
    assert len(waits) == 2


def test_address_and_key_are_those_of_the_environment(monkeypatch):
    monkeypatch.setenv("GROKCAST_URL", "http://there:1/")
    monkeypatch.setenv("GROKCAST_API_KEY", "from-the-environment")
    app, seen = unwell()
    with Client(transport=InProcess(app)) as client:
        assert client.url == "http://there:1"
        client.forecast({"history": HISTORY})
    assert seen[0][1] == "Bearer from-the-environment"


def runs_app():
    """The routes of stored runs as their contract has them, on a dict."""
    runs = {}

    def run_of(request):
        return runs[request.path_params["run_id"]]

    async def put(request):
        settings = json.loads(await request.body())
        name = request.path_params["run_id"]
        runs.setdefault(name, {"points": {}, "forecasts": []})["settings"] = settings
        until = max(runs[name]["points"], default=None)
        return JSONResponse({"run_id": name, "observed_until_step": until, "warnings": []}, 201)

    async def get(request):
        run = run_of(request)
        steps = sorted(run["points"])
        history = {"step": steps, "val_acc": [run["points"][s] for s in steps]}
        context = run["settings"].get("context", {})
        return JSONResponse(
            {"run_id": request.path_params["run_id"], "context": context, "history": history, "forecast": None}
        )

    async def delete(request):
        del runs[request.path_params["run_id"]]
        return Response(status_code=204)

    async def append(request):
        history = (await request.json())["history"]
        run = run_of(request)
        run["points"] |= dict(zip(history["step"], history["val_acc"], strict=True))
        forecast = {"observed_until_step": max(run["points"]), "forecaster": "test"}
        run["forecasts"].append({"id": len(run["forecasts"]), "forecast": forecast})
        return JSONResponse({"points": len(run["points"]), "forecast": forecast, "problem": None})

    async def rewind(request):
        run, step = run_of(request), int(request.query_params["from_step"])
        kept = {s: v for s, v in run["points"].items() if s < step}
        gone, run["points"] = len(run["points"]) - len(kept), kept
        return JSONResponse({"points_deleted": gone, "points": len(kept)})

    async def page(request):
        at = int(request.query_params.get("cursor", 0))
        return JSONResponse(
            {
                "runs": [{"run_id": r} for r in list(runs)[at : at + 2]],
                "next_cursor": at + 2 if at + 2 < len(runs) else None,
            }
        )

    async def forecasts(request):
        at, made = int(request.query_params.get("cursor", 0)), run_of(request)["forecasts"]
        return JSONResponse({"forecasts": made[at : at + 1], "next_cursor": at + 1 if at + 1 < len(made) else None})

    async def events(request):
        lines = [
            ": comment",
            "event: run",
            'data: {"points": 1}',
            "",
            "event: forecast",
            "id: 3",
            'data: {"id":',
            "data: 3}",
            "",
            "",
        ]
        return Response("\n".join(lines), media_type="text/event-stream")

    async def outcome(request):
        return JSONResponse({"training_data": True, **await request.json()})

    run, metrics = "/v1/runs/{run_id}", "/v1/runs/{run_id}/metrics"
    routes = [
        ("/v1/runs", page, "GET"),
        (run, put, "PUT"),
        (run, get, "GET"),
        (run, delete, "DELETE"),
        (metrics, append, "POST"),
        (metrics, rewind, "DELETE"),
        (f"{run}/forecasts", forecasts, "GET"),
        (f"{run}/events", events, "GET"),
        (f"{run}/outcome", outcome, "PUT"),
    ]
    return Starlette(routes=[Route(path, f, methods=[m]) for path, f, m in routes])


@BOTH
def test_the_life_of_a_stored_run(kind):
    app = runs_app()

    def call(method, *arguments, **options):
        return called(app, kind, method, *arguments, **options)

    for name in ("a", "b", "seed=1.x"):
        call("put_run", name, context={"learning_rate": 1e-3}, horizon_step=100)
    assert [r["run_id"] for r in call("runs")] == ["a", "b", "seed=1.x"]
    assert call("append", "a", {"step": [1, 2], "val_acc": [0.1, None]})["forecast"]["observed_until_step"] == 2
    call("append", "a", {"step": [3], "val_acc": [0.2]})
    assert [f["forecast"]["observed_until_step"] for f in call("forecasts", "a")] == [2, 3]
    assert call("rewind", "a", 2) == {"points_deleted": 2, "points": 1}
    shown = call("run", "a")
    assert (shown["context"], shown["history"]) == ({"learning_rate": 1e-3}, {"step": [1], "val_acc": [0.1]})
    assert call("events", "a") == [
        {"event": "run", "data": {"points": 1}},
        {"event": "forecast", "data": {"id": 3}},
    ]
    assert call("put_outcome", "a", "stopped_early") == {
        "training_data": True,
        "status": "stopped_early",
        "blocked": False,
    }
    assert call("delete_run", "a") is None
    assert [r["run_id"] for r in call("runs")] == ["b", "seed=1.x"]


def test_the_waits_double_up_to_a_limit():
    random.seed(1)
    waits = [calls.wait_before(k, None) for k in range(12)]
    assert all(w <= 30 for w in waits)
    assert waits[8] > waits[0]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"[]", {}),
        (b"5", {}),
        (b'"text"', {}),
        (b"{}", {}),
        (b'{"runs": 1}', {}),
        (b"[" * 100_000, {}),
        (b"no gzip", {"Content-Encoding": "gzip"}),
    ],
    ids=range(7),
)
def test_what_is_not_grokcast_is_told(content, headers):
    sent = httpx2.MockTransport(lambda _: httpx2.Response(200, content=content, headers=headers))
    with Client("http://here", transport=sent, max_retries=0) as client:
        with pytest.raises((ServiceError, ServiceUnreachable)):
            list(client.runs())
        if content not in (b"{}", b'{"runs": 1}'):
            with pytest.raises((ServiceError, ServiceUnreachable)):
                client.forecast({})


def test_nothing_is_no_forecast():
    sent = httpx2.MockTransport(lambda _: httpx2.Response(204))
    with Client("http://here", transport=sent, max_retries=0) as client:
        client.delete_run("a")
        with pytest.raises(ServiceError, match="is it Grokcast"):
            client.forecast({})
