"""Alarms: what is told, once, to whom, signed; and where it never goes."""

import base64
import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from standardwebhooks.webhooks import Webhook as OfficialVerifier, WebhookVerificationError

from api.access.keys import KeyStore
from api.caller import LOCAL, Caller
from api.storage.database import Database
from api.storage.forecasts import ForecastStore
from api.storage.runs import Addition, RunStore
from api.storage.stored_run import RunSettings, StoredRun, Webhook
from api.wire import webhook_address
from api.wire.forecasts import ForecastAnswer
from api.wire.runs import RunRequest
from api.wire.webhook_address import check_url, is_public
from api.wire.webhook_secret import check_secret, signing_key
from api.workers import webhooks as module
from api.workers.live_forecasts import LiveForecasts
from api.workers.messages import message_of
from api.workers.webhooks import Webhooks
from tests.timing import until
from tests.wire import FORECAST, StandInForecaster
from training_runs import Context, InvalidInput, Trajectory

SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()


class Receiver:
    """A server that answers with what it is told to, and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.paths.append(self.path)
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def webhooks(database: Database) -> Webhooks:
    return Webhooks(database, private_addresses=True)


def answer(action: str = "continue", **changes: Any) -> ForecastAnswer:
    advice = replace(FORECAST.advice, action=action)
    return ForecastAnswer.from_forecast(replace(FORECAST, advice=advice, **changes))


def run_with(database: Database, url: str) -> StoredRun:
    settings = RunSettings(Context(), webhook=Webhook(url, SECRET))
    return RunStore(database, 10).put(LOCAL, "a", settings)[0]


def rows(database: Database) -> list[tuple[str, int, str | None]]:
    with database.reading() as connection:
        found = connection.exec_driver_sql("SELECT state, attempts, problem FROM deliveries")
        return [tuple(row) for row in found]


def due(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET due_at = 0")


def test_an_alarm_is_posted_once_and_signed(database: Database, webhooks: Webhooks, receiver: Receiver) -> None:
    run = run_with(database, receiver.url)
    for _ in range(3):
        webhooks.consider(run, answer())
        webhooks.send_due()
    ((headers, body),) = receiver.got
    message = json.loads(body)
    assert message["type"] == "run.expected"
    assert message["data"]["text"] == "run a is expected to generalise around step 3,100"
    assert message["data"]["forecast"]["advice"]["action"] == "continue"
    assert OfficialVerifier(SECRET).verify(body, headers) == message
    with pytest.raises(WebhookVerificationError):
        OfficialVerifier(SECRET).verify(body + b" ", headers)
    assert headers["host"] == receiver.url.split("/")[2]
    assert rows(database) == [("sent", 1, None)]


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_secret_of_the_specification_is_taken(size: int) -> None:
    key = bytes(range(size))
    secret = f"whsec_{base64.b64encode(key).decode()}"
    check_secret(secret)
    assert signing_key(secret) == key


@pytest.mark.parametrize(
    "secret",
    [
        "a secret of the receiver",
        base64.b64encode(bytes(32)).decode(),  # without the prefix
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_" + base64.b64encode(bytes(32)).decode().rstrip("="),
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        "whsec_é" + base64.b64encode(bytes(32)).decode(),
        "",
    ],
)
def test_any_other_secret_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(InvalidInput, match="whsec_ and the base64 of 24 to 64 bytes") as refused:
        check_secret(secret)
    assert not secret or secret not in str(refused.value)


def test_giving_a_run_up_is_told_too_and_after_a_rewind_again(
    database: Database, webhooks: Webhooks, receiver: Receiver
) -> None:
    run = run_with(database, receiver.url)
    webhooks.consider(run, answer("stop"))
    webhooks.consider(run, answer("undecided"))
    webhooks.consider(run, answer("stop", phase="generalized"))
    webhooks.consider(replace(run, rewinds=1), answer("stop"))
    webhooks.send_due()
    texts = [json.loads(body)["data"]["text"] for _, body in receiver.got]
    assert texts == ["run a is unlikely to generalise by step 20,000"] * 2


def test_a_run_without_a_webhook_is_silent(database: Database, webhooks: Webhooks) -> None:
    run, _ = RunStore(database, 10).put(LOCAL, "a", RunSettings(Context()))
    webhooks.consider(run, answer())
    assert rows(database) == []


def test_an_alarm_is_not_lost_with_the_worker_that_made_its_forecast(
    database: Database, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveForecasts(RunStore(database, 10), ForecastStore(database), webhooks)
    run_with(database, "http://localhost:1/")
    points = Trajectory([1, 2, 3], {"val_acc": [0.1, 0.1, 0.1]})
    with monkeypatch.context() as dying:
        dying.setattr(webhooks, "consider", die)
        with pytest.raises(KeyboardInterrupt):
            live.append_all([Addition(LOCAL, "a", points)], StandInForecaster())
    assert rows(database) == []
    for _ in range(2):  # sent again, since it was not acknowledged
        live.append_all([Addition(LOCAL, "a", points)], StandInForecaster())
        assert rows(database) == [("due", 0, None)]


def die(*_: Any) -> None:
    raise KeyboardInterrupt


def test_what_does_not_arrive_is_tried_again(database: Database, webhooks: Webhooks, receiver: Receiver) -> None:
    receiver.statuses = [500, 302, 204]
    webhooks.consider(run_with(database, receiver.url), answer())
    for expected in (("due", 1, "answered with 500"), ("due", 2, "answered with 302"), ("sent", 3, None)):
        webhooks.send_due()
        assert rows(database) == [expected]
        webhooks.send_due()  # not before its time
        assert rows(database) == [expected]
        due(database) if expected[0] == "due" else None
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_clock_that_is_set_back_delays_no_message(
    database: Database, webhooks: Webhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.statuses = [500, 204]
    webhooks.consider(run_with(database, receiver.url), answer())
    webhooks.send_due()
    webhooks.send_due()
    assert rows(database) == [("due", 1, "answered with 500")]  # its pause is not over
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3 * 3600)
    webhooks.send_due()
    assert rows(database) == [("sent", 2, None)]


def test_a_receiver_that_drips_holds_up_nobody(
    database: Database, webhooks: Webhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        slow = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        for name, url in (("slow", slow), ("well", receiver.url)):
            settings = RunSettings(Context(), webhook=Webhook(url, SECRET))
            webhooks.consider(RunStore(database, 10).put(LOCAL, name, settings)[0], answer())
        started = time.monotonic()
        webhooks.send_due()
        assert time.monotonic() - started < 10
    assert sorted(rows(database), key=str) == [("due", 1, "not delivered: TimeoutError"), ("sent", 1, None)]


def test_a_key_whose_receivers_hang_holds_up_no_other(
    database: Database, webhooks: Webhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 3.0)
    keys, store = KeyStore(database), RunStore(database, 10)
    hanging, well = (Caller(keys.create(name, "write")[0].key_id, "write") for name in ("hanging", "well"))
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:  # takes connections and says nothing
        slow = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for k in range(2 * module._AT_ONCE):
            webhooks.consider(store.put(hanging, f"slow-{k}", hooked(slow))[0], answer())
        sender = threading.Thread(target=webhooks.send_due)
        sender.start()
        webhooks.consider(store.put(well, "well", hooked(receiver.url))[0], answer())
        until(lambda: receiver.got)
        assert sum(row[0] == "due" and row[1] == 0 for row in rows(database)) > module._AT_ONCE  # still waiting
        monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.01)
        sender.join(60)
        assert not sender.is_alive()


def test_a_key_whose_names_are_looked_up_for_ever_holds_up_no_other(
    database: Database, webhooks: Webhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up cannot be ended: twenty of one key took every thread, and the other's messages failed."""
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.5)
    keys, store = KeyStore(database), RunStore(database, 10)
    hanging, well = (Caller(keys.create(name, "write")[0].key_id, "write") for name in ("hanging", "well"))
    answers, lookup = threading.Event(), socket.getaddrinfo

    def look_up(host: str, *given: Any, **more: Any) -> Any:
        if host == "hanging.example":
            answers.wait(60)
            raise OSError("no name server answers")
        return lookup(host, *given, **more)

    monkeypatch.setattr(webhook_address.socket, "getaddrinfo", look_up)
    for k in range(2 * module._AT_ONCE):
        webhooks.consider(store.put(hanging, f"slow-{k}", hooked("http://hanging.example/"))[0], answer())
    sender = threading.Thread(target=webhooks.send_due)
    sender.start()
    try:
        until(lambda: sum(row[1] for row in rows(database)) == module._SHARE)
        time.sleep(1)  # longer than a message may take
        assert sum(row[1] for row in rows(database)) == module._SHARE
        webhooks.consider(store.put(well, "well", hooked(receiver.url))[0], answer())
        until(lambda: ("sent", 1, None) in rows(database))
    finally:
        answers.set()
        sender.join(60)
    assert rows(database).count(("due", 1, "not delivered: OSError")) == 2 * module._AT_ONCE


def hooked(url: str) -> RunSettings:
    return RunSettings(Context(), webhook=Webhook(url, SECRET))


def drip(listening: socket.socket) -> None:
    """Answer one byte at a time, for a minute."""
    connection, _ = listening.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        for _ in range(300):
            connection.sendall(b"a")
            time.sleep(0.2)


def test_one_message_that_cannot_be_sent_keeps_no_other(
    database: Database, webhooks: Webhooks, receiver: Receiver
) -> None:
    """Names are checked when a run is registered, and may be older than the check."""
    for name, url in (("bad", f"http://{'a' * 64}.example.org/"), ("well", receiver.url)):
        settings = RunSettings(Context(), webhook=Webhook(url, SECRET))
        webhooks.consider(RunStore(database, 10).put(LOCAL, name, settings)[0], answer())
    webhooks.send_due()
    states = {row[0] for row in rows(database)}
    assert states == {"due", "sent"}
    assert len(receiver.got) == 1


def test_a_host_with_a_label_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="an http or https URL"):
        check_url(f"https://{'a' * 64}.example.org/", private_addresses=False)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "a.localhost",
        "printer.local.",
        "db.internal",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[fe80::1]",
        "169.254.169.254",
        "[fec0::1]",
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(InvalidInput, match="expected a public address"):
        check_url(f"http://{host}:8321/v1/retrainings", private_addresses=False)


@pytest.mark.parametrize("host", ["example.org", "93.184.216.34", "[2606:4700::1111]", "internal.example"])
def test_other_addresses_may_be_posted_to(host: str) -> None:
    check_url(f"https://{host}/hook", private_addresses=False)


@pytest.mark.parametrize("host", ["example.org:0", "[fe80::1%25eth0]", "a%00b", "me@example.org"])
def test_what_names_no_host_is_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="an http or https URL"):
        check_url(f"http://{host}/", private_addresses=True)


def test_a_redirection_is_not_followed(database: Database, webhooks: Webhooks, receiver: Receiver) -> None:
    receiver.statuses = [302, 204]
    webhooks.consider(run_with(database, receiver.url), answer())
    said = []
    for _ in range(2):
        webhooks.send_due()
        said.append(rows(database)[0])
        due(database)
    assert said == [("due", 1, "answered with 302"), ("sent", 2, None)]
    assert len(receiver.got) == 2


def test_it_is_given_up_after_some_attempts_or_when_it_is_told_to(
    database: Database, webhooks: Webhooks, receiver: Receiver
) -> None:
    receiver.statuses = [500] * module.MAX_ATTEMPTS
    run = run_with(database, receiver.url)
    webhooks.consider(run, answer())
    for _ in range(module.MAX_ATTEMPTS):
        webhooks.send_due()
        due(database)
    webhooks.send_due()
    assert rows(database) == [("failed", module.MAX_ATTEMPTS, "answered with 500")]
    receiver.statuses = [410]
    webhooks.consider(run, answer("stop"))
    webhooks.send_due()
    assert ("failed", 1, "answered with 410") in rows(database)


def test_an_address_that_is_not_public_is_refused_when_it_is_looked_up(database: Database, receiver: Receiver) -> None:
    webhooks = Webhooks(database, private_addresses=False)
    webhooks.consider(run_with(database, receiver.url), answer())
    webhooks.send_due()
    assert receiver.got == []
    assert rows(database) == [("failed", 1, "localhost has an address that is not public")]


def test_a_host_with_one_private_address_among_others_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def both(*_: Any, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]

    monkeypatch.setattr(webhook_address.socket, "getaddrinfo", both)
    with pytest.raises(webhook_address.RefusedAddress):
        webhook_address.public_address("x.example", 80, private_addresses=False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        *(
            (a, False)
            for a in (
                "127.0.0.1",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "0.0.0.0",
                "100.64.0.1",
                "224.0.0.1",
                "::1",
                "fe80::1%eth0",
                "fc00::1",
                "::ffff:127.0.0.1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
                "::127.0.0.1",
                "::ffff:0:127.0.0.1",
                "64:ff9b:1::7f00:1",
                "fec0::1",
            )
        ),
    ],
)
def test_only_the_public_internet_is_public(address: str, public: bool) -> None:
    assert is_public(address) == public


def told_by(database: Database, format: str, url: str, action: str = "stop") -> dict[str, Any]:
    settings = RunSettings(Context(), webhook=Webhook(url, None, format))
    run = RunStore(database, 10).put(LOCAL, "a_*b*_@everyone~1", settings)[0]
    return message_of(run, "run.unlikely" if action == "stop" else "run.expected", answer(action))


@pytest.mark.parametrize("format", ["plain", "slack", "discord", "ntfy"])
def test_a_message_that_comes_to_the_service_itself_begins_nothing(
    client: TestClient, database: Database, format: str
) -> None:
    """A retraining it did begin: a body with any names was taken for one with none."""
    client.put("/v1/runs/a", json={})
    message = told_by(database, format, "http://127.0.0.1:8321/v1/runs")
    for path in ("/v1/retrainings", "/v1/runs/a/metrics", "/v1/forecasts", "/v1/forecasts/batch", "/mcp"):
        assert client.post(path, json=message).status_code in (400, 422), path
    assert client.get("/v1/retrainings").json()["retrainings"] == []


def test_a_message_for_slack_is_text_without_its_control_characters(database: Database) -> None:
    message = told_by(database, "slack", "https://hooks.slack.com/services/T0/B0/x")
    assert message.keys() == {"text", "mrkdwn"}
    assert message["mrkdwn"] is False
    assert message["text"].startswith("run a_*b*_@everyone~1 is unlikely to generalise by step ")
    assert "\nstop: " in message["text"]
    assert not set("<>") & set(message["text"])
    assert not re.search("&(?!amp;|lt;|gt;)", message["text"])


def test_a_message_for_discord_formats_nothing_and_mentions_nobody(database: Database) -> None:
    message = told_by(database, "discord", "https://discord.com/api/webhooks/1/x")
    assert message.keys() == {"content", "allowed_mentions"}
    assert message["allowed_mentions"] == {"parse": []}
    assert message["content"].startswith(r"run a\_\*b\*\_\@everyone\~1 is unlikely")
    assert len(message["content"]) <= 2000


@pytest.mark.parametrize(("action", "tag"), [("stop", "octagonal_sign"), ("continue", "seedling")])
def test_a_message_for_ntfy_names_its_topic(database: Database, action: str, tag: str) -> None:
    message = told_by(database, "ntfy", "https://ntfy.example.org/base/my-runs", action)
    assert message.keys() == {"topic", "title", "message", "tags"}
    assert (message["topic"], message["tags"]) == ("my-runs", [tag])
    assert message["message"].startswith("run a_*b*_@everyone~1 is ")


def test_ntfys_json_is_posted_to_its_server_and_others_where_they_belong(
    database: Database, webhooks: Webhooks, receiver: Receiver
) -> None:
    base = receiver.url.partition("/hook")[0]
    for name, format, path in (
        ("a", "ntfy", "/base/my-runs"),
        ("b", "slack", "/services/x"),
        ("c", "discord", "/api/y"),
    ):
        settings = RunSettings(Context(), webhook=Webhook(f"{base}{path}", None, format))
        webhooks.consider(RunStore(database, 10).put(LOCAL, name, settings)[0], answer())
    webhooks.send_due()
    assert sorted(receiver.paths) == ["/api/y", "/base/", "/services/x"]
    for headers, body in receiver.got:
        assert headers["content-type"] == "application/json"
        assert "webhook-signature" not in headers
        assert json.loads(body).keys() & {"text", "content", "message"}
    assert {row[0] for row in rows(database)} == {"sent"}


@pytest.mark.parametrize(
    ("webhook", "field"),
    [
        ({"url": "https://ntfy.sh/", "format": "ntfy"}, "webhook.url"),
        ({"url": "https://ntfy.sh/my runs", "format": "ntfy"}, "webhook.url"),
        ({"url": "https://hooks.slack.com/services/x", "format": "slack", "secret": SECRET}, "webhook.secret"),
    ],
)
def test_a_form_has_the_address_that_it_needs_and_no_secret(webhook: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        RunRequest.model_validate({"webhook": webhook}).to_settings(private_addresses=True)
    assert refused.value.field == field


def test_a_run_shows_the_form_of_its_webhook(client: TestClient) -> None:
    for format in ("slack", "plain"):
        webhook = {"url": "https://hooks.slack.com/services/x", "format": format}
        assert client.put("/v1/runs/formed", json={"webhook": webhook}).json()["webhook_format"] == format
    assert client.put("/v1/runs/formed", json={}).json()["webhook_format"] is None
    unknown = client.put("/v1/runs/formed", json={"webhook": {"url": "https://x.org/y", "format": "teams"}})
    assert unknown.status_code == 422
