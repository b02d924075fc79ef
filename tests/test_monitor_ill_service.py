"""The monitor and a service that hangs, fails, refuses or is not there: the training goes on."""

import json
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from grokcast import Monitor
from tests.forecast_server import Service, forecast_of, log_run, unused_port
from tests.timing import PATIENCE, own_seconds, until


def test_a_hanging_service_holds_nothing_up_and_builds_no_queue(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    service.answer = service.hang
    monitor = watch(service.url)
    seconds = []
    for step in range(500):
        before = own_seconds()
        monitor.log(step, train_acc=0.5, val_acc=0.1)
        seconds.append(own_seconds() - before)
    # A log that waited would wait each time, or for long; a single late one is the operating system's.
    assert sorted(seconds)[-5] < 0.05
    assert max(seconds) < 0.5
    before = own_seconds()
    assert not monitor.flush(0.1)
    assert own_seconds() - before < 1
    assert monitor.forecast is None
    service.released.set()
    assert monitor.flush(PATIENCE)
    assert monitor.forecast is not None
    assert monitor.forecast["observed_until_step"] == 499
    assert len(service.requests) <= 3  # the one that hung, and the newest


def test_a_service_that_never_answers_is_given_up(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    service.answer = service.hang
    monitor = watch(service.url, timeout=0.1)
    log_run(monitor)
    assert not monitor.flush(0.5)
    until(lambda: caplog.records)
    assert monitor.problem is not None
    assert "did not answer within 0.1 s" in monitor.problem
    assert len(caplog.records) == 1


def test_a_service_that_comes_back_is_used(watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture) -> None:
    port = unused_port()
    monitor = watch(f"http://127.0.0.1:{port}")
    log_run(monitor)
    assert not monitor.flush(0.3)
    until(lambda: caplog.records)
    assert monitor.problem is not None
    assert "not reachable" in monitor.problem
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    service = Service(port)
    try:
        monitor.log(50, val_acc=0.2)
        assert monitor.flush(PATIENCE)
        assert monitor.problem is None
        assert service.requests[-1]["history"]["step"] == [*range(12), 50]
    finally:
        service.stop()


def test_a_service_that_comes_back_is_found_without_a_flush(watch: Callable[..., Monitor]) -> None:
    port = unused_port()
    monitor = watch(f"http://127.0.0.1:{port}")
    log_run(monitor)
    service = Service(port)
    try:
        until(lambda: monitor.forecast is not None)
    finally:
        service.stop()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, b"<html>oops</html>", "answered 500"),
        (503, b"", "answered 503"),
        (429, b'{"title": "Too many requests"}', "429 Too many requests"),
        (422, b'{"detail": "history.val_acc[3] is 97"}', "422 history.val_acc[3] is 97"),
        (404, b'{"detail": "Not Found"}', "404 Not Found"),
        (200, b"{{{", "not a forecast"),
        (200, b'["no", "forecast"]', "not a forecast"),
        (200, b'{"hello": "world"}', "not a forecast"),
        (200, b"\xff\xfe\x00", "not a forecast"),
    ],
)
def test_an_ill_service_is_told_of_once_and_used_when_it_is_well(
    service: Service,
    watch: Callable[..., Monitor],
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    words: str,
) -> None:
    service.answer = lambda request: (status, body)
    monitor = watch(service.url)
    log_run(monitor)
    assert not monitor.flush(0.25)
    until(lambda: caplog.records)
    monitor.log(20, val_acc=0.1)
    assert not monitor.flush(0.25)
    assert monitor.forecast is None
    assert monitor.problem is not None
    assert words in monitor.problem
    assert len(caplog.records) == 1
    assert words in caplog.text
    service.answer = forecast_of
    monitor.log(30, val_acc=0.1)
    assert monitor.flush(PATIENCE)
    assert monitor.problem is None
    assert monitor.forecast is not None


def test_a_refusal_is_not_waited_for(service: Service, watch: Callable[..., Monitor]) -> None:
    service.answer = lambda request: (422, b"{}")
    monitor = watch(service.url)
    log_run(monitor)
    before = time.monotonic()
    assert not monitor.flush(30)
    assert time.monotonic() - before < 10


def test_a_history_that_is_still_too_short_is_no_news(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    refusal = {"field": "history.step", "detail": "history.step is 2 checkpoints; expected 5"}
    service.answer = lambda request: (422, json.dumps(refusal).encode())
    monitor = watch(service.url)
    log_run(monitor, n_points=2)
    assert not monitor.flush(PATIENCE)
    assert monitor.problem is not None
    assert not caplog.records


@pytest.mark.parametrize("url", ["localhost:8321", "http://[", "https://127.0.0.1:9", "", "\0", 5])
def test_an_address_without_a_service_harms_nothing(
    watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch, url: Any
) -> None:
    monkeypatch.setenv("GROKCAST_URL", f"http://127.0.0.1:{unused_port()}")
    monitor = watch(url)
    log_run(monitor)
    assert not monitor.flush(0.2)
    until(lambda: monitor.problem)


def test_warnings_as_errors_and_a_handler_that_raises_harm_nothing(
    watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def emit(self: logging.Handler, record: logging.LogRecord) -> None:
        raise OSError("disk full")

    handler = logging.StreamHandler()
    monkeypatch.setattr(logging.StreamHandler, "emit", emit)
    logger = logging.getLogger("grokcast")
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            monitor = watch(f"http://127.0.0.1:{unused_port()}")
            monitor.log("ten", val_acc=object())  # type: ignore[arg-type]
            monitor.log(10, val_acc=object())
            assert not monitor.flush(0.1)
    finally:
        logger.removeHandler(handler)
