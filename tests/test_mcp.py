"""Tools for agents, asked by the protocol's own client: on standard input and output, over HTTP, and as the page of docs shows."""

import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import get_default_environment

from api.agents.tools import TOOLS, Refused, call
from api.wire.examples import APPEND, PLAN_REQUEST, REQUEST, RUN
from grokcast.commands.agents import asked
from tests.forks import ROOT
from tests.service_process import running_service
from tests.test_auth import LIST_TOOLS, Service
from tests.wire import problem_of

PAGE = (ROOT / "docs/mcp.md").read_text()


def _block(language: str) -> str:
    """Return the block of the page in a language."""
    (block,) = re.findall(rf"```{language}\n(.+?)```", PAGE, re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with running_service(data) as address, httpx2.Client(base_url=address) as http:
        http.put("/v1/runs/seed-1", json=RUN).raise_for_status()
        http.post("/v1/runs/seed-1/metrics", json=APPEND).raise_for_status()
        http.put("/v1/runs/empty", json={}).raise_for_status()
        yield address


@asynccontextmanager
async def connected(transport: str, url: str, data: Path) -> AsyncIterator[Client]:
    if transport == "http":
        async with Client(f"{url}/mcp") as client:
            yield client
        return
    command = json.loads(_block("json"))["mcpServers"]["grokcast"]
    assert command["command"] == "grokcast"
    process = StdioServerParameters(
        command=sys.executable,
        args=["-m", "grokcast", *command["args"]],
        env={**get_default_environment(), "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(data)},
    )
    async with Client(process) as client:
        yield client


async def _answers(transport: str, url: str, data: Path) -> dict[str, Any]:
    """Ask every tool; the client checks answers against the schemas that were published."""
    async with connected(transport, url, data) as client:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == set(TOOLS)
        assert all(tool.annotations and tool.annotations.read_only_hint and tool.output_schema for tool in listed)
        asked = {
            "forecast_history": REQUEST,
            "plan_runs": PLAN_REQUEST,
            "list_runs": {"status": "running"},
            "run_forecast": {"run_id": "seed-1"},
            "explain": {"run_id": "seed-1"},
        }
        answers = {name: await client.call_tool(name, arguments) for name, arguments in asked.items()}
        for answer in answers.values():
            assert not answer.is_error, answer.content
            assert json.loads(answer.content[0].text) == answer.structured_content
        refused = {
            "forecast_history": {"history": {"step": [1, 2], "val_acc": [30, 40]}},
            "list_runs": {"limit": 0},
            "run_forecast": {"run_id": "none"},
            "explain": {"run_id": "empty"},
        }
        refusals = {name: await client.call_tool(name, arguments) for name, arguments in refused.items()}
        assert all(answer.is_error for answer in refusals.values())
        return {name: answer.structured_content for name, answer in answers.items()} | {
            f"{name} refused": answer.content[0].text for name, answer in refusals.items()
        }


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_tools_answer_as_the_routes_do(transport: str, url: str, data: Path) -> None:
    answers = anyio.run(_answers, transport, url, data)
    with httpx2.Client(base_url=url) as http:
        assert answers["forecast_history"] == http.post("/v1/forecasts", json=REQUEST).json()
        assert answers["plan_runs"] == http.post("/v1/plans", json=PLAN_REQUEST).json()
        assert answers["list_runs"] == http.get("/v1/runs?status=running").json()
        assert answers["run_forecast"] == http.get("/v1/runs/seed-1?history=false").json()
    explained = answers["explain"]
    assert explained["drivers"] == answers["run_forecast"]["forecast"]["drivers"]
    assert explained["words"][0].startswith("now: step 60")
    assert explained["gaps"]
    assert "history.val_acc[0] is 30" in answers["forecast_history refused"]
    assert "divide them by 100" in answers["forecast_history refused"]
    assert answers["list_runs refused"] == "limit is 0; expected a number >= 1"
    assert "there is no run 'none'" in answers["run_forecast refused"]
    assert "has no points yet" in answers["explain refused"]


def test_the_pages_client_runs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = _block("python").replace("http://127.0.0.1:8321", url)
    assert url in code
    exec(compile(code, "docs/mcp.md", "exec"), {})
    assert "weight_decay" in capsys.readouterr().out


def test_a_service_elsewhere_is_asked(url: str) -> None:
    async def ask(address: str) -> Any:
        async with asked(address) as service:
            return await call(service, "list_runs", {})

    assert len(anyio.run(ask, url)["runs"]) == 2
    with pytest.raises(Refused, match="http://127.0.0.1:9 does not answer .* next: grokcast serve"):
        anyio.run(ask, "http://127.0.0.1:9")


def _call(service: Service, key: str, name: str, arguments: Any) -> Any:
    body = {**LIST_TOOLS, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    headers = {"authorization": f"Bearer {service.key[key]}", "accept": "application/json, text/event-stream"}
    answer = service.ask("POST", "/mcp", body, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_a_key_sees_its_own_runs_and_counts_once(tmp_path: Path) -> None:
    with Service(tmp_path, rate_limit="4/minute") as service:
        assert service.bearing("write", "PUT", "/v1/runs/mine", {}).status_code == 201
        call = partial(_call, service, name="list_runs", arguments={})
        assert call(key="read")["structuredContent"]["runs"] == []
        assert [run["run_id"] for run in call(key="write")["structuredContent"]["runs"]] == ["mine"]
        grid = {"grid": {"weight_decay": [n / 100 for n in range(11)]}, "context": {"modulus": 97}, "budget_step": 900}
        assert not _call(service, "write", "plan_runs", grid)["isError"]  # eleven settings are two requests
        problem_of(service.bearing("write", "GET", "/v1/runs"), 429)


def test_arguments_that_json_has_no_word_for_are_refused(url: str) -> None:
    async def ask() -> Any:
        async with asked(url) as service:
            return await call(service, "forecast_history", {"horizon_step": float("nan")})

    with pytest.raises(Refused, match="expected null for a missing value"):
        anyio.run(ask)


def test_what_is_no_message_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(tmp_path) as service:
        answer = service.bearing("read", "GET", "/mcp")
        problem_of(answer, 405)
        assert answer.headers["allow"] == "POST"
        problem_of(service.bearing("read", "POST", "/mcp", [[]] * 6_000), 413)
        monkeypatch.setitem(sys.modules, "api.agents.server", None)
        assert "pip install 'grokcast[mcp]'" in problem_of(service.bearing("read", "POST", "/mcp", {}), 501)["detail"]
