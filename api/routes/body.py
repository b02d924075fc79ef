"""How a request body comes in: limited in size, unpacked, parsed. Much of it is handled beside the event loop."""

import json
import zlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.auth import admit
from api.errors import TooManyBytes
from api.room import Room, Turns
from api.routes.repeated_names import repeated_name
from api.threads import beside
from training_runs.content_size import ContentBounds

BATCH_PATH = "/v1/forecasts/batch"
_GZIP = 16 + zlib.MAX_WBITS  # zlib's code for a gzip header
_PIECE = 2**20  # bytes that are unpacked at a time
_MOST_MEMBERS = 100  # of a gzip file: each is a copy of what follows it
_LARGE = 2**18  # bytes of JSON that take more than about a millisecond

# More than any history needs: 100,000 checkpoints of 20 signals, and a thousand histories of 150 with as many.
_ONE = ContentBounds(lists=5_000, objects=5_000, strings=50_000, values=2_000_000)
_BATCH = ContentBounds(lists=150_000, objects=50_000, strings=200_000, values=3_000_000)


class BodyLimit:
    """ASGI middleware that refuses bodies over a limit, counted after decompression, and unpacks gzip.

    Faults are raised where the application reads the body, so that they are answered like any other.

    Parameters
    ----------
    default : bytes allowed.
    limits : path -> bytes allowed there.
    room : for the bodies of all requests.
    """

    def __init__(self, app: ASGIApp, default: int, limits: Mapping[str, int], room: Room) -> None:
        self.app, self.default, self.limits, self.room = app, default, limits, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the application a body that is unpacked and within the limit."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = _Body(receive, scope, self.limits.get(scope["path"], self.default), self.room)
        try:
            await self.app(scope, body.receive, send)
        finally:
            body.give_back()


class _Body:
    def __init__(self, receive: Receive, scope: Scope, limit: int, room: Room) -> None:
        self._receive, self._scope, self._limit, self._room = receive, scope, limit, room
        self._headers = Headers(scope=scope)
        self._coding = self._headers.get("content-encoding", "identity").strip().lower()
        self._gunzip = zlib.decompressobj(_GZIP)
        self._packed = b""  # what is not unpacked yet
        self._size = self._packed_size = 0
        self._members = 1
        self._is_last = self._is_over = False
        self._key_id: str | None = None

    async def receive(self) -> Message:
        self._check_headers()
        if self._coding == "identity" or self._is_over:
            message = await self._receive()
            self._count(len(message.get("body", b"")))
            return message
        return await self._receive_unpacked()

    def give_back(self) -> None:
        """Leave the room."""
        self._room.give_back(self._key_id, self._size)
        self._size = 0

    async def _receive_unpacked(self) -> Message:
        """Return what comes next in a piece that is not large: few bytes may be many."""
        while True:
            piece = await beside("compute", self._unpacked) if self._packed_size else b""
            if piece:
                self._count(len(piece))
                return {"type": "http.request", "body": piece, "more_body": True}
            if self._is_last:
                self._is_over = True
                if not self._gunzip.eof:
                    raise HTTPException(400, "the body is not valid gzip: it is cut short")
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._packed += message.get("body", b"")
            self._packed_size += len(message.get("body", b""))
            self._is_last = not message.get("more_body", False)
            if self._packed_size > self._limit:  # endless empty members unpack to nothing
                raise _too_large(self._limit)

    def _check_headers(self) -> None:
        if self._coding not in {"identity", "gzip", "x-gzip"}:
            raise HTTPException(
                415,
                f"Content-Encoding is {self._coding[:40]!r}; expected gzip or none",
                {"Accept-Encoding": "gzip"},
            )
        declared = self._headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._limit:
            raise _too_large(self._limit)

    def _unpacked(self) -> bytes:
        """Return the next piece of what is there, empty where that is all."""
        piece = b""
        try:
            while not piece:
                if self._gunzip.eof:
                    if not self._packed:
                        break
                    self._members += 1  # a gzip file may hold several
                    if self._members > _MOST_MEMBERS:
                        raise HTTPException(400, f"the gzip file has over {_MOST_MEMBERS} members")
                    self._gunzip = zlib.decompressobj(_GZIP)
                piece = self._gunzip.decompress(self._packed, _PIECE)
                self._packed = self._gunzip.unused_data if self._gunzip.eof else self._gunzip.unconsumed_tail
                if not piece and not self._gunzip.eof:
                    break
        except zlib.error as error:
            raise HTTPException(400, f"the body is not valid gzip: {error}") from None
        return piece

    def _count(self, size: int) -> None:
        if self._size + size > self._limit:
            raise _too_large(self._limit)
        if not self._size and "admission" in self._scope.get("state", ()):  # it was admitted before its body is read
            self._key_id = self._scope["state"]["admission"].caller.key_id
        try:
            self._room.take(self._key_id, size)
        except TooManyBytes as error:
            raise HTTPException(503, str(error), {"Retry-After": "5"}) from None
        self._size += size


def _too_large(limit: int) -> HTTPException:
    size = f"{limit / 2**20:g} MiB" if limit >= 2**20 else f"{limit} bytes"
    return HTTPException(413, f"the body is over {size}, counted after decompression")


class JsonRoute(APIRoute):
    """A route whose bodies are read once the caller is known, and parsed by pydantic's parser.

    That knows no lone surrogates, bounds the depth, and is faster than `json`. What a large body becomes takes much memory, so few
    of them are parsed and answered at once.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given requests that parse themselves."""
        handle = super().get_route_handler()

        async def route_handler(request: Request) -> Response:
            if self.body_field is not None:
                await admit(request)
            async with AsyncExitStack() as turns:
                return await handle(JsonRequest(request.scope, request.receive, turns))

        return route_handler


class JsonRequest(Request):
    """A request that parses its body, and waits where what it asks for is large."""

    def __init__(self, scope: Scope, receive: Receive, turns: AsyncExitStack) -> None:
        super().__init__(scope, receive)
        self._turns = turns

    async def json(self) -> Any:
        """Return what the body holds."""
        body = await self.body()
        bounds = _BATCH if self.scope["path"] == BATCH_PATH else _ONE
        if len(body) <= _LARGE:
            return _parsed(body, bounds)
        await self.take_turn()
        return await beside("parse", partial(_parsed, body, bounds))

    async def take_turn(self) -> None:
        """Wait until there is memory for something large; it ends with the answer."""
        admission = await admit(self)
        turns: Turns = self.app.state.turns
        await self._turns.enter_async_context(turns.of(admission.caller.key_id))


def require_within(body: bytes, bounds: ContentBounds = _ONE) -> None:
    """Refuse a body, before it is parsed, that holds more than any question needs."""
    excess = bounds.excess(body)
    if excess is not None:
        raise HTTPException(413, f"the body holds {excess}, which no history needs")


def _parsed(body: bytes, bounds: ContentBounds) -> Any:
    require_within(body, bounds)
    try:
        found = from_json(body)
    except ValueError as error:
        raise json.JSONDecodeError(str(error), "", 0) from None
    name = repeated_name(body, found)
    if name is not None:
        raise HTTPException(400, f"the name {name[:80]!r} stands twice in one object of the body; send it once")
    return found
