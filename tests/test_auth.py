"""Keys, scopes, rate limits, and who may see what."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.access.auth import RateLimits
from api.access.keys import KeyStore
from api.app import create_app
from api.caller import Scope
from api.errors import TooManyRequests
from api.settings import Settings
from api.storage.database import Database
from api.wire.examples import APPEND, PLAN_REQUEST, REQUEST, RUN
from tests.wire import StandInStore, local_client, post, problem_of

LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ROUTES: list[tuple[str, str, Any, Scope]] = [
    ("POST", "/v1/forecasts", REQUEST, "read"),
    ("POST", "/v1/forecasts/batch", {"items": []}, "read"),
    ("POST", "/v1/plans", PLAN_REQUEST, "read"),
    ("POST", "/v1/histories/read", None, "read"),
    ("GET", "/v1/signals", None, "read"),
    ("GET", "/v1/forecasters", None, "read"),
    ("GET", "/v1/forecasters/stand-in", None, "read"),
    ("GET", "/v1/runs", None, "read"),
    ("GET", "/v1/runs/r", None, "read"),
    ("GET", "/v1/runs/r/forecasts", None, "read"),
    ("GET", "/v1/retrainings", None, "read"),
    ("GET", "/metrics", None, "read"),
    ("POST", "/mcp", LIST_TOOLS, "read"),
    ("PUT", "/v1/runs/r", RUN, "write"),
    ("POST", "/v1/runs/r/metrics", APPEND, "write"),
    ("DELETE", "/v1/runs/r/metrics?from_step=5", None, "write"),
    ("PUT", "/v1/runs/r/outcome", {}, "write"),
    ("PUT", "/v1/runs/r/stop", {}, "write"),
    ("DELETE", "/v1/runs/r/stop", None, "write"),
    ("DELETE", "/v1/runs/r", None, "write"),
    ("PUT", "/v1/forecasters/active", {"version": "x"}, "admin"),
    ("DELETE", "/v1/retrainings/5", None, "admin"),
]


class Service:
    """A service with a key of each scope."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        url = f"sqlite:///{folder}/service.db"
        self._database = Database(url)
        self._database.migrate()
        self.keys = KeyStore(self._database)
        self.key = {scope: self.keys.create(scope, scope)[1] for scope in ("read", "write", "admin")}
        app = create_app(Settings(database_url=url, **settings), StandInStore())
        self.client = local_client(app, raise_server_exceptions=False)

    def __enter__(self) -> "Service":
        self.client.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.client.__exit__(*error)
        self._database.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = {} if body is None else {"json": body}
        return self.client.request(method, path, headers=headers, **content)

    def bearing(self, scope: str, method: str, path: str, body: Any = None) -> Any:
        return self.ask(method, path, body, authorization=f"Bearer {self.key[scope]}")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    with service:
        yield service


@pytest.mark.parametrize(("method", "path", "body", "scope"), ROUTES, ids=lambda v: str(v)[:30])
def test_every_route_needs_its_scope(service: Service, method: str, path: str, body: Any, scope: Scope) -> None:
    answer = service.ask(method, path, body)
    problem_of(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    problem_of(service.ask(method, path, body, authorization="Bearer gk_1_wrong"), 401)
    problem_of(service.ask(method, path, body, **{"x-api-key": "wrong"}), 401)
    scopes = ("read", "write", "admin")
    for lesser in scopes[: scopes.index(scope)]:
        body_ = problem_of(service.bearing(lesser, method, path, body), 403)
        assert f"`{scope}`" in body_["detail"]
    for enough in scopes[scopes.index(scope) :]:
        assert service.bearing(enough, method, path, body).status_code not in {401, 403, 500}


def test_the_routes_above_are_all_of_them(service: Service) -> None:
    listed = {(m, p.split("?")[0]) for m, p, _, _ in ROUTES}
    elsewhere = {
        ("GET", "/v1/runs/r/events"),
        ("GET", "/v1/events"),
        ("POST", "/v1/retrainings"),
        ("GET", "/v1/retrainings/5"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    }
    documented = {
        (method.upper(), path.format(run_id="r", number=5, version="stand-in"))
        for path, operations in service.client.get("/openapi.json").json()["paths"].items()
        for method in operations
    }
    assert documented | {("POST", "/mcp")} == listed | elsewhere  # which describes itself
    for method, path in elsewhere - {("GET", "/healthz"), ("GET", "/readyz")}:
        problem_of(service.ask(method, path), 401)
    problem_of(service.bearing("write", "POST", "/v1/retrainings"), 403)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
def test_some_routes_need_no_key(service: Service, path: str) -> None:
    assert service.ask("GET", path).status_code == 200


def test_a_revoked_key_opens_nothing_from_the_next_request_on(service: Service) -> None:
    assert service.bearing("read", "GET", "/v1/runs").status_code == 200
    for key in service.keys.all():
        service.keys.revoke(key.key_id)
    problem_of(service.bearing("read", "GET", "/v1/runs"), 401)
    problem_of(service.ask("GET", "/v1/runs"), 401)


def test_runs_of_another_key_are_not_there(service: Service) -> None:
    _, other = service.keys.create("other", "write")
    theirs = {"x-api-key": other}
    assert service.bearing("write", "PUT", "/v1/runs/mine", {}).status_code == 201
    for method, path, body in (
        ("GET", "/v1/runs/mine", None),
        ("GET", "/v1/runs/mine/forecasts", None),
        ("GET", "/v1/runs/mine/events", None),
        ("POST", "/v1/runs/mine/metrics", APPEND),
        ("DELETE", "/v1/runs/mine/metrics?from_step=0", None),
        ("PUT", "/v1/runs/mine/outcome", {}),
        ("PUT", "/v1/runs/mine/stop", {}),
        ("DELETE", "/v1/runs/mine/stop", None),
        ("DELETE", "/v1/runs/mine", None),
    ):
        hidden = service.ask(method, path, body, **theirs)
        missing = service.ask(method, path.replace("mine", "none"), body, **theirs)
        assert problem_of(hidden, 404)["detail"].replace("mine", "none") == problem_of(missing, 404)["detail"]
    assert service.ask("GET", "/v1/runs", **theirs).json()["runs"] == []
    problem_of(service.ask("PUT", "/v1/runs/mine", {}, **theirs), 409)
    assert len(service.bearing("admin", "GET", "/v1/runs").json()["runs"]) == 1


def test_a_key_has_a_rate_limit_and_others_are_not_held_up(tmp_path: Path) -> None:
    service = Service(tmp_path, rate_limit="3/minute")
    with service:
        left = [service.bearing("read", "GET", "/v1/runs").headers["ratelimit-remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        answer = service.bearing("read", "GET", "/v1/runs")
        assert "3 per 1 minute" in problem_of(answer, 429)["detail"]
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert service.bearing("write", "GET", "/v1/runs").status_code == 200


def test_a_storage_of_limits_that_does_not_answer_is_not_the_callers_fault(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(dict[str, Any]):
        def __getitem__(self, _: str) -> Any:
            raise ValueError("what this storage's failures are, as Redis's are connection errors")

    storage = service.client.app.state.rate_limits._limiter.storage
    assert storage.base_exceptions is ValueError
    monkeypatch.setattr(storage, "events", Broken())
    problem_of(service.bearing("read", "GET", "/v1/runs"), 503)


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8321", 200),
        ("127.0.0.1", "localhost", 200),
        ("::1", "[::1]:8321", 200),
        ("10.0.0.7", "localhost", 401),
        ("127.0.0.1", "rebound.example.org", 401),
        ("127.0.0.1", "10.0.0.7", 401),
        ("127.0.0.1", "evil", 401),
        ("127.0.0.1", "a:b:c", 401),
        ("127.0.0.1", "", 401),
        ("127.0.0.1", "localhost.", 401),
        ("proxy", "localhost", 401),
    ],
)
def test_without_keys_only_this_machine_may_ask(tmp_path: Path, client: str, host: str, status: int) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/service.db"), StandInStore())
    with TestClient(app, client=(client, 5000)) as asked:
        assert asked.get("/v1/runs", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "unknown"},
        {"X-Forwarded-Proto": "https"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"CF-Connecting-IP": "203.0.113.9"},
        {"CF-Ray": "8f"},
        {"CDN-Loop": "cloudflare"},
        {"Fastly-Client-IP": "203.0.113.9"},
        {"Fly-Client-IP": "203.0.113.9"},
        {"X-Original-Forwarded-For": "203.0.113.9"},
        {"X-ProxyUser-IP": "203.0.113.9"},
        {"X-Appengine-User-IP": "203.0.113.9"},
        {"X-Envoy-External-Address": "203.0.113.9"},
        {"X-Amzn-Trace-Id": "Root=1"},
        {"X-Azure-ClientIP": "203.0.113.9"},
        {"X-Remote-Addr": "203.0.113.9"},
        {"X-Original-Host": "forecasts.example"},
    ],
)
def test_without_keys_what_a_proxy_passes_on_is_not_from_this_machine(tmp_path: Path, header: dict[str, str]) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/service.db"), StandInStore())
    with local_client(app) as asked:
        assert asked.get("/v1/runs").status_code == 200
        assert asked.get("/v1/runs", headers=header).status_code == 401


def test_of_two_keys_neither_is_taken(service: Service) -> None:
    own, other = service.key["write"], service.key["admin"]
    for second in (("X-API-Key", other), ("Authorization", f"bearer {other}")):
        answer = service.client.get("/v1/runs", headers=[("Authorization", f"Bearer {own}"), second])
        assert "several keys" in problem_of(answer, 401)["detail"]
    for second in (("X-API-Key", own), ("Authorization", "Basic a proxy's"), ("X-API-Key", "")):
        assert service.client.get("/v1/runs", headers=[("Authorization", f"Bearer {own}"), second]).status_code == 200


def test_without_keys_a_request_that_addresses_two_hosts_is_not_from_this_machine(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/service.db"), StandInStore())
    with local_client(app) as asked:
        two = [("Host", "localhost"), ("Host", "forecasts.example")]
        assert asked.get("/v1/runs", headers=two).status_code == 401
        own = {"User-Agent": "x", "Accept": "*/*", "X-Request-ID": "a", "traceparent": "00", "X-Client-Version": "1"}
        assert asked.get("/v1/runs", headers=own).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 202),
        ("http://127.0.0.1:8321", 202),
        ("https://listed.example", 202),
        ("https://evil.example", 403),
        ("http://127.0.0.1:9999", 403),
        ("null", 403),
    ],
)
def test_without_keys_a_page_of_another_site_changes_nothing(tmp_path: Path, origin: str | None, status: int) -> None:
    """A form of any page can post here from the browser of whoever sits at this machine."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/service.db", cors_origins=("https://listed.example",))
    headers = {"host": "127.0.0.1:8321"} | ({"origin": origin} if origin else {})
    with TestClient(create_app(settings, StandInStore()), client=("127.0.0.1", 5000)) as asked:
        answer = asked.post("/v1/retrainings", headers=headers)
        assert answer.status_code == status
        if status == 202:
            assert asked.delete(answer.headers["location"], headers=headers).status_code == 202
        assert asked.get("/v1/runs", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/forecasts", "/v1/forecasts/batch", "/v1/runs/r/metrics"])
def test_the_body_of_a_stranger_is_not_read(service: Service, path: str) -> None:
    read: list[int] = []

    async def ask() -> int:
        messages: list[Any] = []

        async def receive() -> Any:
            read.append(1)
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
            "server": ("127.0.0.1", 80),
        }
        await service.client.app(scope, receive, send)
        return int(messages[0]["status"])

    assert asyncio.run(ask()) == 401
    assert read == []


def test_unknown_and_wrong_keys_take_the_same_time(service: Service) -> None:
    """Medians of interleaved attempts; the whole spread of either is far wider than what may differ."""
    key = service.key["read"]
    key_id = key.split("_")[1]
    attempts = {
        "unknown": f"gk_{'0' * len(key_id)}_{key.split('_', 2)[2]}",
        "wrong": f"gk_{key_id}_{'x' * 43}",
        "nearly": key[:-1] + ("a" if key[-1] != "a" else "b"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in attempts}
    for _ in range(400):
        for name, text in attempts.items():
            started = time.perf_counter()
            assert service.keys.caller(text) is None
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    spread = statistics.quantiles(seconds["wrong"], n=20)
    assert max(medians.values()) - min(medians.values()) < max(spread[-1] - spread[0], 2e-4)


# Around every answer


def test_every_answer_has_headers_that_keep_browsers_careful(service: Service) -> None:
    for path in ("/healthz", "/v1/nothing", "/v1/runs", "/docs"):
        headers = service.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"].partition("script-src")[2]
        assert headers["x-request-id"]


def test_a_request_id_is_kept_if_it_is_one(service: Service) -> None:
    given = service.ask("GET", "/healthz", **{"x-request-id": "job-7.a"}).headers["x-request-id"]
    assert given == "job-7.a"
    for bad in ("a b", "x" * 65, 'a"b', ""):
        made = service.ask("GET", "/healthz", **{"x-request-id": bad}).headers["x-request-id"]
        assert len(made) == 32


def test_other_origins_may_ask_only_if_they_are_listed(tmp_path: Path) -> None:
    origin = {"origin": "https://good.example", "access-control-request-method": "POST"}
    for origins, allowed in (((), None), (("https://good.example",), "https://good.example")):
        service = Service(tmp_path / str(len(origins)), cors_origins=origins)
        with service:
            answer = service.ask("OPTIONS", "/v1/forecasts", **origin)
            assert answer.headers.get("access-control-allow-origin") == allowed
            evil = service.ask("GET", "/v1/signals", origin="https://evil.example")
            assert "access-control-allow-origin" not in evil.headers


def test_the_documentation_needs_no_network(service: Service) -> None:
    page = service.ask("GET", "/docs").text
    assert "://" not in page
    for path in ("/docs/start.js", "/docs/assets/swagger-ui.css", "/docs/assets/swagger-ui-bundle.js"):
        assert path in page
        assert service.ask("GET", path).status_code == 200


def test_figures_count_what_was_asked(service: Service) -> None:
    def count() -> float:
        lines = service.bearing("read", "GET", "/metrics").text.splitlines()
        name = 'grokcast_requests_total{method="POST",route="/v1/forecasts",status="200"}'
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    before = count()
    post(service.client, REQUEST, authorization=f"Bearer {service.key['read']}")
    assert count() == before + 1
    text = service.bearing("read", "GET", "/metrics").text
    for name in (
        'grokcast_request_seconds_count{method="GET",route="/metrics"}',
        'grokcast_forecasts_total{phase="memorized"}',
        'grokcast_retrainings{state="running"} 0.0',
        'grokcast_forecaster_active{version="stand-in"} 1.0',
    ):
        assert name in text


def test_a_plan_counts_by_its_settings(tmp_path: Path) -> None:
    with Service(tmp_path, rate_limit="30/minute") as service:
        plan = {"grid": {"lr": [1, 2, 3, 4, 5], "wd": [0, 1, 2, 3, 4]}, "budget_step": 500}  # three requests
        assert service.bearing("read", "POST", "/v1/plans", plan).status_code == 200
        assert service.bearing("read", "GET", "/v1/signals").headers["ratelimit-remaining"] == "26"
        too_many = {"grid": {"lr": [1] * 500, "wd": [1] * 500}, "budget_step": 500}  # refused, and counted once
        problem_of(service.bearing("read", "POST", "/v1/plans", too_many), 422)
        assert service.bearing("read", "GET", "/v1/signals").headers["ratelimit-remaining"] == "24"


def test_a_clock_that_is_set_back_locks_no_key_out(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = RateLimits("2/minute", "memory://")
    assert [limits.count("key")["RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    with pytest.raises(TooManyRequests):
        limits.count("key")
    now = time.time
    for hours in (-3, 2):
        monkeypatch.setattr(time, "time", lambda hours=hours: now() + 3600 * hours)
        assert [limits.count("key")["RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
        with pytest.raises(TooManyRequests, match="try again in 60 s"):
            limits.count("key")


def test_a_batch_counts_by_its_histories(tmp_path: Path) -> None:
    with Service(tmp_path, rate_limit="30/minute") as service:
        batch = {"items": [REQUEST] * 95}  # ten requests
        assert service.bearing("read", "POST", "/v1/forecasts/batch", batch).status_code == 200
        assert service.bearing("read", "GET", "/v1/signals").headers["ratelimit-remaining"] == "19"
        assert service.bearing("read", "POST", "/v1/forecasts/batch", batch).status_code == 200
        problem_of(service.bearing("read", "POST", "/v1/forecasts/batch", batch), 429)
        assert service.bearing("write", "POST", "/v1/forecasts/batch", batch).status_code == 200


def test_a_key_keeps_no_more_than_its_quota(tmp_path: Path) -> None:
    with Service(tmp_path, key_run_limit=2, key_point_limit=5) as service:

        def append(run: str, *steps: int) -> Any:
            body = {"history": {"step": list(steps), "val_acc": [0.1] * len(steps)}}
            return service.bearing("write", "POST", f"/v1/runs/{run}/metrics", body)

        for name in ("a", "b", "a"):
            assert service.bearing("write", "PUT", f"/v1/runs/{name}", {}).status_code in (200, 201)
        detail = problem_of(service.bearing("write", "PUT", "/v1/runs/c", {}), 403)["detail"]
        assert "2 runs of 2" in detail
        assert "GROKCAST_KEY_RUN_LIMIT" in detail
        assert service.bearing("admin", "PUT", "/v1/runs/c", {}).status_code == 201  # another key has its own
        assert append("a", 1, 2, 3).status_code == append("b", 1, 2).status_code == 200
        assert append("b", 1, 2).status_code == 200  # the same again is nothing new
        detail = problem_of(append("b", 3), 403)["detail"]
        assert "5 points of 5" in detail
        assert "GROKCAST_KEY_POINT_LIMIT" in detail
        assert service.bearing("write", "DELETE", "/v1/runs/a").status_code == 204
        assert append("b", 3).status_code == 200
        assert service.bearing("write", "PUT", "/v1/runs/d", {}).status_code == 201
