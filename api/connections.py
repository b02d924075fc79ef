"""Connections that cost little: their headers have a size, and whatever a client has to send has a time.

Neither uvicorn nor its parser bounds either. `grokcast serve` uses this protocol; others name it:
`uvicorn api.app:create_app --factory --http api.connections:BoundedConnection`.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.wire.problems import MEDIA_TYPE, Problem

_NO_UPGRADE = "HTTP/1.1 is all that is spoken here; send a request with a body without the header Upgrade"
_ONE_HOST = "the request names several hosts; send one header Host, and an address of the same host or none but a path"
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")  # as a proxy is asked
_LINGER_SECONDS = 1.0  # in which a client can read why it was refused, before its connection is cut


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's protocol for HTTP/1.1, with bounds; most of what it counts is known before any key is.

    Attributes
    ----------
    header_bytes : of the request line, the headers and the trailers of one request; more is answered with 431. Of a header
        that has not ended, up to a read more (256 KiB) is kept before it is noticed.
    seconds : within which headers have to end, and each `body_bytes` of a body, or the body; else 408. Also within which a
        client has to take something of an answer that it does not read.
    body_bytes : see there; a slow line is no attack.
    """

    header_bytes = 64 * 1024
    seconds = 30.0
    body_bytes = 64 * 1024

    url = b""  # before there is any
    _reading: Literal["headers", "body"] | None = None  # what the client has begun to send
    _deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None
    _refused = False
    _header_size = 0  # what has been parsed of them
    _unfinished = 0  # bytes of reads that neither began a request nor brought any of a body
    _advanced = False  # whether this read does
    _body_size = 0  # since the deadline was set

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; where there are as many connections as there may be, those make room that ask for nothing."""
        super().connection_made(transport)
        limit, self.limit_concurrency = self.limit_concurrency, None  # uvicorn's own check spares what is idle
        if limit is None or self._make_room(limit):
            self._wait()
        else:
            self._refuse(503, f"all of the {limit} connections that there may be are in use; try again")

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._cancel_deadline()
        self._cancel_write_deadline()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End, as the service does: after the answer that is under way, unless it is a stream, which would never end."""
        super().shutdown()
        if self._is_answering and self.cycle.chunked_encoding:  # no length was declared
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Parse what has come, and set or lift the deadline for the rest."""
        if self._refused:
            return
        self._advanced = False
        super().data_received(data)
        self._unfinished = 0 if self._advanced else self._unfinished + len(data)
        if self._unfinished > self.header_bytes:
            self._refuse_headers()
        elif self._is_waiting:
            self._wait()
        else:
            self._cancel_deadline()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser does not take; it stops at what a callback raises, too."""
        if self._header_size > self.header_bytes:
            self._refuse_headers()
        else:
            self._refuse(400, self._fault or msg)

    def on_message_begin(self) -> None:
        """Count anew."""
        super().on_message_begin()
        self._header_size = 0
        self._begin("headers")

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header or a trailer."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        if self._fault is not None:
            raise ValueError(self._fault)  # stops the parser
        self._begin("body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._advanced = True
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the client has nothing more to send."""
        self._reading = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Note that the client does not read: what it has asked for is not kept for ever."""
        super().pause_writing()
        self._write_deadline = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that it reads again."""
        self._cancel_write_deadline()
        super().resume_writing()

    @property
    def _fault(self) -> str | None:
        """What may not be in a request, though the parser takes it."""
        if self._loses_its_body:
            return _NO_UPGRADE
        return _ONE_HOST if self._names_several_hosts else None

    @property
    def _names_several_hosts(self) -> bool:
        """Whether a proxy and this service may take a request for one to different hosts."""
        hosts = [value.strip().lower() for name, value in self.headers or () if name == b"host"]
        address = _ABSOLUTE.match(self.url or b"")
        return len(hosts) > 1 or bool(address and hosts and address[1].lower() != hosts[0])

    @property
    def _loses_its_body(self) -> bool:
        """Whether the parser would take the body of a request for what comes after an upgrade: for another request, even."""
        headers = dict(self.headers or ())
        has_body = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
        return has_body and bool(self.parser.should_upgrade())

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _is_waiting(self) -> bool:
        """Whether it is the client's turn."""
        return self._reading is not None or not self._is_answering

    def _begin(self, reading: Literal["headers", "body"]) -> None:
        self._reading, self._advanced, self._body_size = reading, True, 0
        self._cancel_deadline()

    def _count(self, size: int) -> None:
        self._header_size += size
        if self._header_size > self.header_bytes:
            raise ValueError("the headers are too large")  # stops the parser

    def _wait(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.seconds, self._expire)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_write_deadline(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self._reading == "body" and self._is_answering and self._has_moved:
            self._body_size = 0
            self._wait()
        elif self._reading is None:
            self.transport.close()
        else:
            self._refuse(408, f"the {self._reading} of the request took longer than {self.seconds:g} s")

    @property
    def _has_moved(self) -> bool:
        """Whether the client sends, or cannot since the service has not taken what it sent."""
        return self.flow.read_paused or self._body_size >= self.body_bytes

    def _make_room(self, limit: int) -> bool:
        """Close the connections that have waited longest, if this is one too many; return whether it is none now.

        Nobody's request is under way there: they are idle, or have not sent all of their headers.
        """
        surplus = len(self.connections) - limit
        if surplus <= 0:
            return True
        others = (c for c in self.connections if isinstance(c, BoundedConnection) and c is not self)
        waiting = sorted((c for c in others if not c._is_answering), key=lambda c: c._waits_until)
        for connection in waiting[:surplus]:
            self.connections.discard(connection)
            connection.transport.abort()
        return len(self.connections) <= limit

    @property
    def _waits_until(self) -> float:
        timer = self._deadline or self.timeout_keep_alive_task
        return timer.when() if timer is not None else 0.0

    def _refuse_headers(self) -> None:
        self._refuse(431, f"the headers of the request are over {self.header_bytes} bytes")

    def _refuse(self, status: int, detail: str) -> None:
        """Answer with a problem, unless another answer has begun, and take nothing more from this client."""
        self._refused = True
        self._cancel_deadline()
        can_answer = not self._is_answering or (
            self._reading == "body" and not self.cycle.response_started and not self.pipeline
        )
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not can_answer:
            self.transport.abort()
            return
        self.transport.write(_answer(status, detail))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)


def _answer(status: int, detail: str) -> bytes:
    body = Problem.of_status(status, detail).json_bytes()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
