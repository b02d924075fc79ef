"""Event streams end when their key does, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.sse import ServerSentEvent

from api.access.keys import KeyStore
from api.app import create_app
from api.caller import LOCAL, Caller
from api.errors import TooManyStreams
from api.settings import Settings
from api.storage.database import Database
from api.storage.forecasts import ForecastStore
from api.storage.runs import RunSettings, RunStore
from api.workers.events import EventStreams
from tests.wire import StandInStore, local_client, problem_of
from training_runs import Context

SECONDS = 10  # within which a stream has to end: 20 looks, and half a second where nothing else runs


def streams_of(database: Database, runs: RunStore, caller: Caller) -> list[AsyncIterator[ServerSentEvent]]:
    """Open a stream of each kind, to a run that the caller has."""
    runs.put(caller, "r", RunSettings(Context()))
    streams = EventStreams(runs, ForecastStore(database), KeyStore(database), limit=10)
    return [streams.watch(caller, "r", None), streams.watch_all(caller)]


async def ends(stream: AsyncIterator[ServerSentEvent]) -> None:
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(stream), SECONDS)


def test_a_stream_ends_when_its_key_is_revoked_and_not_before(database: Database, runs: RunStore) -> None:
    keys = KeyStore(database)
    mine, others = keys.create("mine", "write")[0], keys.create("other", "write")[0]

    async def watch() -> None:
        streams = streams_of(database, runs, Caller(mine.key_id, "write"))
        for stream in streams:
            assert (await anext(stream)).event == "run"
        keys.revoke(others.key_id)
        following = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(1)  # two looks, at which nothing is new
        assert not any(event.done() for event in following)
        runs.request_stop(Caller(mine.key_id, "write"), "r", "the machine is needed")
        for event in following:
            assert "the machine is needed" in str((await asyncio.wait_for(event, SECONDS)).data)
        runs.finish(Caller(mine.key_id, "write"), "r", "finished", blocked=False)
        for stream in streams:
            assert (await asyncio.wait_for(anext(stream), SECONDS)).event == "run"
        keys.revoke(mine.key_id)
        for stream in streams:
            await ends(stream)

    asyncio.run(watch())


def test_a_stream_without_a_key_ends_when_keys_are_needed(database: Database, runs: RunStore) -> None:
    async def watch() -> None:
        streams = streams_of(database, runs, LOCAL)
        for stream in streams:
            assert (await anext(stream)).event == "run"
        KeyStore(database).create("first", "admin")
        for stream in streams:
            await ends(stream)

    asyncio.run(watch())


@pytest.mark.parametrize("path", ["/v1/runs/r/events", "/v1/events"])
def test_an_open_answer_is_complete_when_its_key_is_revoked(tmp_path: Path, path: str) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/service.db")
    with local_client(create_app(settings, StandInStore())) as client, ThreadPoolExecutor() as others:
        keys = KeyStore(client.app.state.database)  # type: ignore[attr-defined]
        key, text = keys.create("mine", "write")
        bearing = {"authorization": f"Bearer {text}"}
        assert client.put("/v1/runs/r", json={}, headers=bearing).status_code == 201
        answer = others.submit(client.get, path, headers=bearing)
        with pytest.raises(TimeoutError):
            answer.result(1)
        keys.revoke(key.key_id)
        whole = answer.result(SECONDS)
        assert whole.status_code == 200
        assert whole.headers["content-type"].startswith("text/event-stream")
        problem_of(client.get(path, headers=bearing), 401)


def test_a_run_that_was_made_again_is_another_run(database: Database, runs: RunStore) -> None:
    async def watch() -> None:
        stream = streams_of(database, runs, LOCAL)[0]
        assert (await anext(stream)).event == "run"
        runs.delete(LOCAL, "r")
        runs.put(LOCAL, "r", RunSettings(Context()))
        assert (await asyncio.wait_for(anext(stream), SECONDS)).event == "deleted"
        await ends(stream)

    asyncio.run(watch())


def test_a_key_has_half_of_the_streams(database: Database, runs: RunStore) -> None:
    keys = KeyStore(database)
    greedy, other = (Caller(keys.create(name, "write")[0].key_id, "write") for name in ("greedy", "other"))
    streams = EventStreams(runs, ForecastStore(database), keys, limit=4)

    async def open_all() -> None:
        runs.put(greedy, "r", RunSettings(Context()))
        opened = []
        for _ in range(2):
            streams.check_room(greedy)
            opened.append(streams.watch(greedy, "r", None))
            await anext(opened[-1])
        with pytest.raises(TooManyStreams, match="your key has 2 open event streams"):
            streams.check_room(greedy)
        streams.check_room(other)
        for stream in opened:
            await stream.aclose()  # type: ignore[attr-defined]
        streams.check_room(greedy)

    asyncio.run(open_all())
