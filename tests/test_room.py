"""Requests that are large, each within its own limit: what they hold together is bounded, and one key leaves room for others."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from api.access.auth import Admission
from api.caller import Caller
from api.errors import TooManyBytes
from api.room import Room, Turns
from api.routes import body, runs as run_routes
from api.wire.examples import REQUEST
from api.workers.together import Together

MIB = 2**20


def test_bodies_that_are_held_have_one_room() -> None:
    """Sixty bodies of 65 kB, each 64 MiB when it is unpacked, took 4 GB of a worker."""

    async def ask() -> None:
        end = asyncio.Event()
        limited = body.BodyLimit(_reading, 4 * MIB, {}, Room(16 * MIB))
        packed = gzip.compress(bytes(4 * MIB))
        held = []
        for keys, next_one, said in (
            ("aa", "a", "your key has requests of 8 MiB"),
            ("bb", "c", "this worker has requests of 16 MiB"),
        ):
            held += [asyncio.create_task(limited(_scope(key), _sent(packed, end), _unheard)) for key in keys]
            await asyncio.sleep(0.5)  # all of them are read but for their ends
            with pytest.raises(HTTPException, match=f"503: {said}"):
                await limited(_scope(next_one), _sent(packed, end), _unheard)
        end.set()
        await asyncio.gather(*held)
        await limited(_scope("c"), _sent(packed, end), _unheard)

    asyncio.run(asyncio.wait_for(ask(), 60))


async def _reading(_: Scope, receive: Receive, __: Send) -> None:
    while (await receive())["more_body"]:
        pass


def _scope(key: str) -> Scope:
    admission = Admission(Caller(key, "read"))
    return {"type": "http", "path": "/", "headers": [(b"content-encoding", b"gzip")], "state": {"admission": admission}}


def _sent(packed: bytes, end: asyncio.Event) -> Receive:
    """Return what receives a body whose last byte comes when it may."""
    pieces = [packed[:-1], packed[-1:]]

    async def receive() -> Message:
        if len(pieces) == 1:
            await end.wait()
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    return receive


async def _unheard(_: Message) -> None:
    pass


def test_a_key_leaves_room_for_others_and_comes_back() -> None:
    room = Room(100)
    room.take("a", 50)
    with pytest.raises(TooManyBytes, match="your key"):
        room.take("a", 1)
    room.take("b", 30)
    room.take(None, 20)
    with pytest.raises(TooManyBytes, match="this worker"):
        room.take("c", 1)
    room.give_back("a", 50)
    room.take("a", 50)


@pytest.mark.parametrize("end", [b"", b" " * 5 * MIB])
def test_a_body_in_several_pieces_is_read_whole(client: TestClient, end: bytes) -> None:
    content = gzip.compress(b" " * 3 * MIB) + gzip.compress(
        client.build_request("POST", "/", json=REQUEST).content + end
    )
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert client.post("/v1/forecasts", content=content, headers=headers).status_code == 200


def test_half_of_the_turns_are_one_keys() -> None:
    async def ask() -> list[str]:
        turns, order, ends = Turns(4), [], asyncio.Event()

        async def take(key: str) -> None:
            async with turns.of(key):
                order.append(key)
                await ends.wait()

        greedy = [asyncio.create_task(take("a")) for _ in range(6)]
        other = asyncio.create_task(take("b"))
        await asyncio.sleep(0.05)
        greedy[0].cancel()  # whoever leaves ends its turn
        await asyncio.sleep(0.05)
        found = "".join(sorted(order))
        ends.set()
        await asyncio.gather(*greedy, other, return_exceptions=True)
        return [found, "".join(sorted(order))]

    assert asyncio.run(ask()) == ["aaab", "aaaaaab"]


def test_large_questions_and_long_runs_have_turns(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    class Counted(Turns):
        @asynccontextmanager
        async def of(self, key_id: str | None) -> AsyncIterator[None]:
            taken.append("turn")
            async with super().of(key_id):
                yield

    client.app.state.turns = Counted(1)  # type: ignore[attr-defined]
    large: dict[str, Any] = {**REQUEST, "none": " " * body._LARGE}
    for _ in range(2):  # the second has to wait for the end of the first
        assert client.post("/v1/forecasts", json=large).status_code == 200
    assert len(taken) == 2
    client.post("/v1/forecasts", json=REQUEST)
    client.put("/v1/runs/a", json={})
    client.post("/v1/runs/a/metrics", json={"history": REQUEST["history"]})
    client.get("/v1/runs/a")
    assert len(taken) == 2
    monkeypatch.setattr(run_routes, "_LONG", 1)
    client.get("/v1/runs/a?history=false")
    assert len(taken) == 2
    assert client.get("/v1/runs/a").json()["points"] == 5
    assert client.put("/v1/runs/a/outcome", json={}).status_code == 200
    assert len(taken) == 4


def test_what_is_large_is_not_done_together() -> None:
    batches: list[list[int]] = []

    async def ask() -> None:
        together = Together[int, int]("append", lambda items: batches.append(items) or items, most=10, weight=abs)
        await asyncio.gather(*(together.do(item) for item in (4, 4, 4, 30, 1, 1)))

    asyncio.run(ask())
    assert sorted(sum(batches, [])) == [1, 1, 4, 4, 4, 30]
    assert all(sum(batch) <= 10 or len(batch) == 1 for batch in batches)
