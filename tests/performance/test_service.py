"""What the service takes, with the load made on the same cores; beside it a bare route of the same server, in the same run."""

import time
from collections.abc import Iterator

import pytest

from tests.performance.load import (
    Server,
    append_among,
    batches,
    clients,
    live_runs,
    one_client,
    open_streams,
)

STORED_RUNS, STORED_POINTS = 1_000, 500


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker, as by default."""
    server = Server(tmp_path_factory.mktemp("bench"), workers=1, GROKCAST_EVENT_STREAM_LIMIT="1000")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A worker for each core: what a service is started with that has many clients."""
    server = Server(tmp_path_factory.mktemp("busy"), workers=2)
    time.sleep(3)  # the second worker
    yield server
    server.stop()


def test_start_and_memory(server: Server) -> None:
    print(f"\nstart to ready {server.seconds_to_ready:.1f} s (< 3), {server.megabytes():.0f} MB")
    assert server.seconds_to_ready < 3


def test_one_client(server: Server) -> None:
    (bare_p50, bare_p99), (p50, p99) = one_client(server)
    print(
        f"\none forecast: p50 {p50:.1f} ms (< 8), p99 {p99:.1f} ms (< 25); bare route {bare_p50:.1f}, {bare_p99:.1f} ms; {p50 / bare_p50:.1f}x"
    )
    assert p50 < 8
    assert p99 < 25


def test_one_worker_under_load(server: Server) -> None:
    rate, p99 = clients(server)
    print(f"\none worker: 8 clients {rate:.0f}/s, p99 {p99:.0f} ms; batches {batches(server, 1):.0f} histories/s")
    print(f"{server.megabytes():.0f} MB (< 400)")
    assert server.megabytes() < 400


def test_eight_clients(busy_server: Server) -> None:
    rate, p99 = clients(busy_server)
    print(f"\ntwo workers: 8 clients {rate:.0f}/s (>= 200), p99 {p99:.0f} ms (< 100)")
    assert rate >= 200
    assert p99 < 100


def test_batches(busy_server: Server) -> None:
    rate = batches(busy_server, 2)
    print(f"\ntwo workers: batches of two clients {rate:.0f} histories/s (>= 500)")
    assert rate >= 500


def test_append_among_a_thousand_runs(server: Server) -> None:
    p50, p99 = append_among(server, STORED_RUNS, STORED_POINTS)
    print(
        f"\nappend + forecast, {STORED_RUNS} runs of {STORED_POINTS} points: p50 {p50:.1f} ms, p99 {p99:.1f} ms (< 50)"
    )
    assert p99 < 50


def test_forecasts_beside_open_streams(server: Server) -> None:
    without, _ = clients(server)
    with open_streams(server, 500):
        beside, _ = clients(server)
    print(f"\n8 clients beside 500 open event streams: {beside:.0f}/s, {without:.0f} without (at most 10 % slower)")
    assert beside > 0.9 * without


def test_a_thousand_live_runs(busy_server: Server) -> None:
    found = live_runs([busy_server], 1_000, 30)
    print(
        f"\n1,000 live runs, an append every 5 s: {found.answered:.0f}/s of {found.offered:.0f}, "
        f"p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms (< 500)"
    )
    assert found.refused == 0
    assert found.answered >= 0.95 * found.offered
    assert found.p99 < 500
