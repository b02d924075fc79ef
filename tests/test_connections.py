"""What a connection may cost, against a server that listens: nobody here has a key."""

import asyncio
import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from api.app import create_app
from api.connections import BoundedConnection
from api.settings import Settings
from api.wire.examples import REQUEST
from tests.timing import PATIENCE, until
from tests.wire import StandInStore

START = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
LIMIT = BoundedConnection.header_bytes
BODY = json.dumps(REQUEST).encode()
POST = b"POST /v1/forecasts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class Impatient(BoundedConnection):
    seconds = 0.5
    body_bytes = 100


class Listening:
    """The service behind a socket, in a thread."""

    def __init__(self, protocol: type[asyncio.Protocol], limit: int | None = None) -> None:
        app = create_app(Settings(), StandInStore())
        config = uvicorn.Config(
            app, port=0, http=protocol, ws="none", log_level="error", limit_concurrency=limit, timeout_keep_alive=60
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.server.started)
        self.address = self.server.servers[0].sockets[0].getsockname()

    def connect(self, content: bytes = b"") -> socket.socket:
        connection = socket.create_connection(self.address, PATIENCE)
        connection.sendall(content)
        return connection

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE)


@contextlib.contextmanager
def listening(protocol: type[asyncio.Protocol], limit: int | None = None) -> Iterator[Listening]:
    service = Listening(protocol, limit)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def patient() -> Iterator[Listening]:
    with listening(BoundedConnection) as service:
        yield service


@pytest.fixture(scope="module")
def impatient() -> Iterator[Listening]:
    with listening(Impatient) as service:
        yield service


def connections(service: Listening) -> list[Any]:
    return list(service.server.server_state.connections)


def answer(connection: socket.socket) -> bytes:
    """Read until the service ends the connection."""
    found = b""
    with connection:
        while piece := connection.recv(2**16):
            found += piece
    return found


def one_answer(connection: socket.socket) -> bytes:
    """Read one answer whose length is declared; the connection stays open."""
    head, _, body = connection.recv(2**16).partition(b"\r\n\r\n")
    (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(2**16)
    return head + body


def problem(content: bytes) -> Any:
    head, _, body = content.partition(b"\r\n\r\n")
    found = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {found['status']} ".encode())
    assert b"content-type: application/problem+json" in head
    return found


def poured(service: Listening, start: bytes, piece: bytes) -> tuple[int, bytes]:
    """Send pieces until the service takes no more, 20 MiB at most; return how many bytes were sent, and the answer."""
    sent = 0
    with service.connect(start) as connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while sent < 20 * 2**20:
            connection.sendall(piece)
            sent += len(piece)
            if select.select([connection], [], [], 0.01)[0]:
                return sent, connection.recv(2**16)
    return sent, b""


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (START, b"X-1: b\r\n" * 1000),
        (START + b"X-1: ", b"b" * 8000),
        (b"GET /", b"a" * 8000),
        (b"", b"\r\n" * 4000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-1: b\r\n" * 1000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-1: ", b"b" * 8000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;x=", b"b" * 8000),
    ],
)
def test_headers_have_a_size(patient: Listening, start: bytes, piece: bytes) -> None:
    sent, found = poured(patient, start, piece)
    assert sent < LIMIT + 2**19
    assert problem(found)["status"] == 431
    assert f"over {LIMIT} bytes" in problem(found)["detail"]


def test_headers_below_the_limit_are_read(patient: Listening) -> None:
    for size, status in ((LIMIT - 1000, b"200"), (LIMIT, b"431")):
        connection = patient.connect(START + b"X-1: " + b"b" * size + b"\r\nConnection: close\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 " + status)


def test_what_is_no_http_is_a_problem(patient: Listening) -> None:
    assert problem(answer(patient.connect(b"nonsense\r\n\r\n")))["status"] == 400


@pytest.mark.parametrize("framing", [f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: chunked"])
def test_a_body_is_not_taken_for_another_request(patient: Listening, framing: bytes) -> None:
    """After `Upgrade` the parser left the body out, and took what came of it later for a request of its own."""
    hidden = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection = patient.connect(POST + framing + b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(hidden)
    found = answer(connection)
    assert b"HTTP/1.1 200" not in found
    assert "without the header Upgrade" in problem(found)["detail"]


def test_an_upgrade_of_a_request_without_a_body_is_not_taken(patient: Listening) -> None:
    with patient.connect(START + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n") as connection:
        assert one_answer(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("address", "hosts", "status"),
    [
        (b"/healthz", [b"localhost", b"localhost"], b"400"),
        (b"/healthz", [b"localhost", b"forecasts.example"], b"400"),
        (b"http://forecasts.example/healthz", [b"localhost"], b"400"),
        (b"http://localhost@forecasts.example/healthz", [b"localhost"], b"400"),
        (b"http://localhost/healthz", [b"LOCALHOST"], b"200"),
        (b"/healthz?next=http://forecasts.example/", [b"localhost"], b"200"),
        (b"/healthz", [], b"200"),
    ],
)
def test_a_request_names_one_host(patient: Listening, address: bytes, hosts: list[bytes], status: bytes) -> None:
    """A proxy that judges by the one, and this service by the other, would let pass what neither would."""
    lines = [b"GET %s HTTP/1.1" % address, *(b"Host: %s" % host for host in hosts), b"Connection: close\r\n\r\n"]
    assert answer(patient.connect(b"\r\n".join(lines))).startswith(b"HTTP/1.1 " + status)


def test_requests_on_one_connection_are_counted_apart(patient: Listening) -> None:
    with patient.connect() as connection:
        for _ in range(5):
            connection.sendall(START + b"X-1: " + b"b" * (LIMIT // 2) + b"\r\n\r\n")
            assert b"200 OK" in one_answer(connection)
        large = BODY + b" " * 10 * LIMIT
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(large) + large)
        assert b"200 OK" in one_answer(connection)


def test_a_body_in_many_small_chunks_is_no_header(patient: Listening) -> None:
    chunks = b"".join(b"1\r\n \r\n" for _ in range(LIMIT)) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    with patient.connect(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks) as connection:
        assert b"200 OK" in one_answer(connection)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", None),
        (b"\r\n", None),
        (b"GET", 408),
        (START, 408),
        (POST + b"Content-Length: 90000\r\n\r\n{", 408),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", 408),
    ],
)
def test_what_is_not_sent_is_not_waited_for(impatient: Listening, content: bytes, status: int | None) -> None:
    found = answer(impatient.connect(content))
    assert (problem(found)["status"] if found else None) == status
    until(lambda: not connections(impatient))


def test_a_request_after_another_has_to_end_too(impatient: Listening) -> None:
    connection = impatient.connect(START + b"\r\n")
    assert b"200 OK" in one_answer(connection)
    connection.sendall(b"\r\nGET /")
    assert problem(answer(connection))["status"] == 408


def test_headers_byte_by_byte_have_the_same_time(impatient: Listening) -> None:
    connection, started = impatient.connect(START), time.monotonic()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while time.monotonic() < started + PATIENCE:
            connection.sendall(b"X-1: b\r\n")
            time.sleep(0.05)
    connection.close()
    assert time.monotonic() < started + PATIENCE


def test_a_slow_body_is_read_to_its_end(impatient: Listening) -> None:
    with impatient.connect(POST + b"Content-Length: %d\r\n\r\n" % len(BODY)) as connection:
        for start in range(0, len(BODY), 60):  # at least 100 bytes in each half second
            time.sleep(0.15)
            connection.sendall(BODY[start : start + 60])
        assert b"200 OK" in one_answer(connection)


def test_a_body_that_is_not_wanted_is_not_waited_for(impatient: Listening) -> None:
    connection = impatient.connect(b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n")
    assert b"404 Not Found" in answer(connection)


def test_idle_connections_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(BoundedConnection, limit=20) as service:
        asked = service.connect(START + b"\r\n")
        assert b"200 OK" in one_answer(asked)
        silent = [service.connect(START if k % 2 else b"") for k in range(60)]
        until(lambda: len(connections(service)) == 20)
        for _ in range(5):
            assert b"200 OK" in answer(service.connect(START + b"Connection: close\r\n\r\n"))
        for connection in (asked, *silent):
            connection.close()


def test_connections_that_are_answered_are_not_closed_for_others() -> None:
    with listening(BoundedConnection, limit=3) as service:
        # The service waits for their bodies.
        busy = [service.connect(POST + b"Content-Length: %d\r\n\r\n" % len(BODY)) for _ in range(3)]
        until(lambda: len(service.server.server_state.tasks) == 3)
        assert problem(answer(service.connect(START + b"\r\n")))["status"] == 503
        for connection in busy:
            connection.sendall(BODY)
            assert b"200 OK" in one_answer(connection)
            connection.close()


def test_who_does_not_read_an_answer_is_left(impatient: Listening) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(impatient.address)
        connection.sendall((START.replace(b"/healthz", b"/openapi.json") + b"\r\n") * 200)
        until(lambda: any(c.flow and c.flow.write_paused for c in connections(impatient)))
        until(lambda: not connections(impatient))


def test_a_stop_does_not_wait_for_streams_but_for_answers() -> None:
    with listening(BoundedConnection) as service:
        stream = service.connect(START.replace(b"/healthz", b"/v1/events") + b"\r\n")
        asking = service.connect(POST + b"Content-Length: %d\r\n\r\n" % len(BODY))
        until(lambda: len(service.server.server_state.tasks) == 2)
        assert b"200 OK" in stream.recv(2**16)
        service.server.should_exit = True
        answer(stream)  # it ends
        assert service.thread.is_alive()
        asking.sendall(BODY)
        assert b"200 OK" in answer(asking)
        until(lambda: not service.thread.is_alive())
