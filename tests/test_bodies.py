"""How bodies come in: JSON or not, packed or not, too large."""

import gzip
import json
import re
import resource
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from api.settings import Settings
from api.wire.examples import REQUEST
from tests.wire import StandInForecaster, post, problem_of, served

# Bodies


@pytest.mark.parametrize(
    "content",
    [b"{", b"not json", b'{"history": "\\ud800"}', b"\xff\xfe{", b"[" * 5_000, b"1" * 5_000],
)
def test_a_malformed_body_is_a_problem(client: TestClient, content: bytes) -> None:
    assert problem_of(post(client, content), 400)["title"] == "Malformed body"


_TWICE = b'{"history": {"step": [1, 2, 3], "val_acc": [0.1, 0.1, 0.1], %s: [0.9, 0.9, 0.9]}, "note": "a:b"}'


@pytest.mark.parametrize("name", [b'"val_acc"', b'"val\\u005facc"', b'"step"'])
def test_a_name_that_stands_twice_is_a_problem(client: TestClient, name: bytes) -> None:
    content = _TWICE % name
    detail = problem_of(post(client, content), 400)["detail"]
    assert f"the name '{json.loads(name)}' stands twice" in detail
    problem_of(post(client, b'{"items": [%s]}' % content, "/v1/forecasts/batch"), 400)
    problem_of(post(client, content + b" " * 2**19), 400)


@pytest.mark.parametrize("name", [b'"a:b"', b'"a\\u003ab"', b'"\\"a\\":"'])
def test_colons_in_names_and_texts_are_no_names(client: TestClient, name: bytes) -> None:
    assert post(client, _TWICE % name).status_code == 200


def test_a_missing_body_is_a_problem(client: TestClient) -> None:
    body = problem_of(client.post("/v1/forecasts"), 422)
    assert (body["field"], body["value"]) == ("body", None)


def test_a_body_that_is_not_called_json_is_a_problem(client: TestClient) -> None:
    answer = post(client, REQUEST, content_type="text/plain")
    assert "expected application/json" in problem_of(answer, 415)["detail"]


@pytest.mark.parametrize("packed", [gzip.compress, lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:])])
def test_gzip_is_accepted(client: TestClient, packed: Callable[[bytes], bytes]) -> None:
    content = packed(json.dumps(REQUEST).encode())
    assert post(client, content, content_encoding="gzip").status_code == 200


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(json.dumps(REQUEST).encode(), mtime=0)[:-20], b""])
def test_damaged_gzip_is_a_problem(client: TestClient, content: bytes) -> None:
    body = problem_of(post(client, content, content_encoding="gzip"), 400)
    assert "gzip" in body["detail"]


def test_gzip_of_too_many_members_is_a_problem(client: TestClient) -> None:
    body = problem_of(post(client, gzip.compress(b"") * 200, content_encoding="gzip"), 400)
    assert "over 100 members" in body["detail"]


def test_another_coding_is_a_problem(client: TestClient) -> None:
    answer = post(client, b"x", content_encoding="br")
    assert "gzip" in problem_of(answer, 415)["detail"]
    assert answer.headers["accept-encoding"] == "gzip"


@pytest.fixture
def small_client() -> Iterator[TestClient]:
    limits = Settings(forecast_body_limit=1000, batch_body_limit=4000)
    with served(StandInForecaster(), limits) as client:
        yield client


def pieces(content: bytes) -> Iterator[bytes]:
    """Yield a body in pieces, so that its length is not declared."""
    for start in range(0, len(content), 100):
        yield content[start : start + 100]


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_over_the_limit_is_a_problem(small_client: TestClient, declared: bool, coding: str) -> None:
    bare = json.dumps(REQUEST).encode()
    for size, status in ((1000, 200), (1001, 413)):
        content = bare.ljust(size)
        packed = gzip.compress(content) if coding == "gzip" else content
        answer = small_client.post(
            "/v1/forecasts",
            content=packed if declared else pieces(packed),
            headers={"content-type": "application/json", "content-encoding": coding},
        )
        assert answer.status_code == status
    assert "1000 bytes" in problem_of(answer, 413)["detail"]


def test_a_batch_may_be_larger(small_client: TestClient) -> None:
    content = json.dumps({"items": [REQUEST]}).encode().ljust(4000)
    assert post(small_client, content, "/v1/forecasts/batch").status_code == 200
    problem_of(post(small_client, content + b" ", "/v1/forecasts/batch"), 413)


def test_a_gzip_bomb_is_refused(client: TestClient) -> None:
    bomb = gzip.compress(b" " * (17 * 2**20))
    assert len(bomb) < 20_000
    body = problem_of(post(client, bomb, content_encoding="gzip"), 413)
    assert "16 MiB" in body["detail"]


def test_endless_empty_gzip_members_are_refused(client: TestClient) -> None:
    members = gzip.compress(b"") * (17 * 2**20 // len(gzip.compress(b"")))
    problem_of(post(client, members, content_encoding="gzip"), 413)


# What few bytes can become


def of_lists(piece: bytes, n: int) -> bytes:
    return b'{"history":{"step":[' + piece * n + b"1]}}"


MANY: dict[str, Callable[[], bytes]] = {
    "lists": lambda: of_lists(b"[],", 5_000_000),
    "objects": lambda: of_lists(b"{},", 5_000_000),
    "quotation marks": lambda: b'{"context":{' + b",".join(b'"%x":1' % k for k in range(200_000)) + b"}}",
    "values": lambda: of_lists(b"1,", 8_000_000),
}


@pytest.mark.parametrize("what", MANY)
@pytest.mark.parametrize("path", ["/v1/forecasts", "/v1/runs/a/metrics", "/v1/forecasts/batch"])
def test_more_objects_than_a_history_needs_are_not_made(client: TestClient, what: str, path: str) -> None:
    bomb = gzip.compress(MANY[what](), 1)
    if path == "/v1/forecasts/batch" and what == "quotation marks":
        bomb = gzip.compress(b'{"items":[' + b'"ab",' * 250_000 + b"1]}")
    before = peak_megabytes()
    body = problem_of(post(client, bomb, path, content_encoding="gzip"), 413)
    assert re.fullmatch(f"the body holds over [0-9,]+ {what}, which no history needs", body["detail"])
    assert peak_megabytes() < before + 150  # 16 MiB, thrice


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_the_largest_history_is_within_what_one_may_hold(client: TestClient) -> None:
    names = ("train_loss", "train_acc", "val_loss", "val_acc", "weight_norm")
    body = {"history": {"step": list(range(100_000)), **{name: [0.5] * 100_000 for name in names}}}
    content = gzip.compress(json.dumps(body).encode(), 1)
    assert post(client, content, content_encoding="gzip").status_code == 200
