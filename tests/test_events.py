"""Event streams end when their key does, on both databases."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.sse import ServerSentEvent
from sqlalchemy import event as database_event, update

from api.access.keys import KeyStore
from api.app import create_app
from api.caller import LOCAL, Caller
from api.errors import TooManyStreams
from api.settings import Settings
from api.storage.database import Database
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.runs import RunStore
from api.storage.stored_run import RunSettings
from api.storage.tables import runs as run_table
from api.wire.examples import ANSWER
from api.workers.events import EventStreams
from tests.wire import StandInStore, local_client, problem_of
from training_runs import Context, Trajectory

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


def test_a_run_that_was_damaged_is_not_called_deleted(database: Database, runs: RunStore) -> None:
    """Nor are those that it hid from the newest fifty."""

    def set_status(text: str) -> None:
        with database.writing() as connection:
            connection.execute(update(run_table).where(run_table.c.run_id == "r50").values(status=text))

    async def watch() -> None:
        for k in range(51):
            runs.put(LOCAL, f"r{k}", RunSettings(Context()))
        stream = EventStreams(runs, ForecastStore(database), KeyStore(database), 10, look_seconds=0.05).watch_all(LOCAL)
        assert [(await anext(stream)).event for _ in range(50)] == ["run"] * 50
        set_status("melted")
        runs.request_stop(LOCAL, "r49", "first")
        assert (await named(anext(stream))) == ("run", "r49")
        runs.put(LOCAL, "new", RunSettings(Context()))
        assert (await named(anext(stream))) == ("run", "new")
        set_status("running")
        assert (await named(anext(stream))) == ("run", "r50")
        runs.delete(LOCAL, "r50")
        assert (await named(anext(stream))) == ("deleted", "r50")

    async def named(event: Awaitable[ServerSentEvent]) -> tuple[str | None, str]:
        found = await asyncio.wait_for(event, SECONDS)
        return found.event, found.data["run_id"] if isinstance(found.data, dict) else found.data.run_id

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


def test_looks_cost_the_same_for_one_stream_and_for_many(database: Database, runs: RunStore) -> None:
    asked: list[str] = []
    database_event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    streams = EventStreams(runs, ForecastStore(database), KeyStore(database), limit=100, look_seconds=0.1)

    async def asked_with(number: int, least: int = 0, most: float = math.inf) -> int:
        opened = [streams.watch(LOCAL, f"r{k % 20}", None) for k in range(number)] + [streams.watch_all(LOCAL)]
        for stream in opened:
            await anext(stream)
        following = [asyncio.ensure_future(anext(stream)) for stream in opened]
        for _ in range(20):  # until what each looks for itself when it is opened is over
            asked.clear()
            await asyncio.sleep(0.5)
            if least <= (found := len(asked)) < most:
                break
        runs.put(LOCAL, "new", RunSettings(Context()))  # for the stream of all
        assert (await asyncio.wait_for(following[-1], SECONDS)).event == "run"
        runs.delete(LOCAL, "new")
        for unheard in following[:-1]:
            unheard.cancel()
        return found

    async def ask() -> None:
        for k in range(20):
            runs.put(LOCAL, f"r{k}", RunSettings(Context()))
        few = await asked_with(1, least=6)
        assert few >= 6
        assert await asked_with(80, most=3 * few) < 3 * few  # it was 80 times as many
        await streams.close()

    asyncio.run(ask())


def test_every_stream_of_a_run_has_every_forecast_once_and_in_order(database: Database, runs: RunStore) -> None:
    timelines = ForecastStore(database)
    streams = EventStreams(runs, timelines, KeyStore(database), limit=10, look_seconds=0.1)

    def forecast(times: int) -> None:
        for _ in range(times):
            run, _ = runs.append(LOCAL, "r", Trajectory([runs.get(LOCAL, "r").point_count], {"val_acc": [0.1]}))
            timelines.add(MadeForecast(run, "v", run.revision, ANSWER))

    async def heard(stream: AsyncIterator[ServerSentEvent], times: int) -> list[str | None]:
        found: list[str | None] = []
        while len(found) < times:
            said = await asyncio.wait_for(anext(stream), SECONDS)
            found += [said.id] if said.event == "forecast" else []
        return found

    async def watch() -> None:
        runs.put(LOCAL, "r", RunSettings(Context()))
        forecast(3)
        quick, late, slow = (streams.watch(LOCAL, "r", after) for after in (None, 0, 0))
        assert await heard(quick, 1) == ["3"]
        assert await heard(late, 3) == await heard(slow, 3) == ["1", "2", "3"]
        await asyncio.to_thread(forecast, 2)
        assert await heard(quick, 2) == await heard(late, 2) == ["4", "5"]
        for _ in range(2):  # more than is kept for a client that does not read
            await asyncio.to_thread(forecast, 60)
            assert len(await heard(quick, 60)) == 60
        assert await heard(slow, 122) == [str(number) for number in range(4, 126)]
        await streams.close()
        for stream in (quick, slow):
            await ends(stream)

    asyncio.run(watch())
