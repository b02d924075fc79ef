"""How a request body comes in: limited in size, unpacked, parsed. Much of it is handled beside the event loop."""

import json
import zlib
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.auth import admit
from api.threads import beside
from training_runs.content_size import ContentBounds

BATCH_PATH = "/v1/forecasts/batch"
_GZIP = 16 + zlib.MAX_WBITS  # zlib's code for a gzip header
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
    """

    def __init__(self, app: ASGIApp, default: int, limits: Mapping[str, int]) -> None:
        self.app, self.default, self.limits = app, default, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the application a body that is unpacked and within the limit."""
        if scope["type"] == "http":
            limit = self.limits.get(scope["path"], self.default)
            receive = _Body(receive, Headers(scope=scope), limit).receive
        await self.app(scope, receive, send)


class _Body:
    def __init__(self, receive: Receive, headers: Headers, limit: int) -> None:
        self._receive, self._headers, self._limit = receive, headers, limit
        self._coding = headers.get("content-encoding", "identity").strip().lower()
        self._gunzip = zlib.decompressobj(_GZIP)
        self._size = self._packed = 0
        self._members = 1

    async def receive(self) -> Message:
        self._check_headers()
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        body = message.get("body", b"")
        if self._coding != "identity":
            self._packed += len(body)  # endless empty members unpack to nothing
            if self._packed > self._limit:
                raise _too_large(self._limit)
            body = await beside("compute", partial(self._unpacked, body, last=not message.get("more_body", False)))
        self._count(len(body))
        return {**message, "body": body}

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

    def _unpacked(self, packed: bytes, *, last: bool) -> bytes:
        """Return a piece unpacked, never more than one byte beyond the limit."""
        unpacked = bytearray()
        try:
            while packed:
                room = self._limit + 1 - self._size - len(unpacked)
                if room <= 0:
                    raise _too_large(self._limit)
                unpacked += self._gunzip.decompress(packed, room)
                packed = self._gunzip.unconsumed_tail or self._gunzip.unused_data
                if self._gunzip.eof and packed:  # a gzip file may hold several members
                    self._members += 1
                    if self._members > _MOST_MEMBERS:
                        raise HTTPException(400, f"the gzip file has over {_MOST_MEMBERS} members")
                    self._gunzip = zlib.decompressobj(_GZIP)
        except zlib.error as error:
            raise HTTPException(400, f"the body is not valid gzip: {error}") from None
        if last and not self._gunzip.eof:
            raise HTTPException(400, "the body is not valid gzip: it is cut short")
        return bytes(unpacked)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise _too_large(self._limit)


def _too_large(limit: int) -> HTTPException:
    size = f"{limit / 2**20:g} MiB" if limit >= 2**20 else f"{limit} bytes"
    return HTTPException(413, f"the body is over {size}, counted after decompression")


class JsonRoute(APIRoute):
    """A route whose bodies are read once the caller is known, and parsed by pydantic's parser.

    That knows no lone surrogates, bounds the depth, and is faster than `json`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given requests that parse themselves."""
        handle = super().get_route_handler()

        async def route_handler(request: Request) -> Response:
            if self.body_field is not None:
                await admit(request)
            return await handle(_JsonRequest(request.scope, request.receive))

        return route_handler


class _JsonRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        bounds = _BATCH if self.scope["path"] == BATCH_PATH else _ONE
        if len(body) <= _LARGE:
            return _parsed(body, bounds)
        return await beside("parse", partial(_parsed, body, bounds))


def require_within(body: bytes, bounds: ContentBounds = _ONE) -> None:
    """Refuse a body, before it is parsed, that holds more than any question needs."""
    excess = bounds.excess(body)
    if excess is not None:
        raise HTTPException(413, f"the body holds {excess}, which no history needs")


def _parsed(body: bytes, bounds: ContentBounds) -> Any:
    require_within(body, bounds)
    try:
        return from_json(body)
    except ValueError as error:
        raise json.JSONDecodeError(str(error), "", 0) from None
