"""Contexts in words, many and long: to read 3,000 characters takes half a second of a processor."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wire.examples import REQUEST
from api.wire.forecasts import ForecastRequest
from api.wire.history import MOST_TEXT
from tests.wire import problem_of
from training_runs.context_words import descriptions, parts_of

LONG = "AdamW, learning rate 1e-3. " + "We thank our colleagues for their remarks. " * 65


def test_a_batch_reads_so_many_sentences_and_the_same_ones_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand of 3,000 characters held a thread, and half of the processor, for minutes."""
    read: list[str] = []
    monkeypatch.setattr(descriptions, "_parts", lambda text: read.append(text) or iter(()))
    descriptions._known_parts.cache_clear()
    different = [{**REQUEST, "context": {"description": f"{k} {LONG}"}} for k in range(100)]
    same = [{**REQUEST, "context": different[0]["context"]}] * 100
    short = [{**REQUEST, "context": "lr 1e-3"}]
    items = client.post("/v1/forecasts/batch", json={"items": [*different, *same, *short]}).json()["items"]
    descriptions._known_parts.cache_clear()
    most = MOST_TEXT // len(LONG)
    assert [k for k, item in enumerate(items) if "problem" in item] == list(range(most, 100))
    assert items[most]["problem"]["expected"] == "at most 50,000 in one request, the same text counted once"
    assert len(read) <= most + 1


def test_a_plan_reads_so_many_sentences(client: TestClient) -> None:
    body: dict[str, Any] = {"contexts": [f"{k} {LONG}" for k in range(50)], "budget_step": 1000}
    assert problem_of(client.post("/v1/plans", json=body), 422)["field"] == "contexts"


@pytest.mark.parametrize(
    ("context", "long"),
    [
        (None, False),
        ({"lr": 0.1}, False),
        ("lr 1e-3", False),
        (LONG, True),
        ({"a": {"b": [LONG]}}, True),
        ({f"a{k}": 1 for k in range(100)}, False),
        ({"a": [{f"a{k}": 1 for k in range(100)}]}, True),
    ],
)
def test_what_takes_long_to_read_is_read_beside_the_event_loop(context: Any, long: bool) -> None:
    """In it nobody else is answered meanwhile."""
    assert ForecastRequest.model_validate({**REQUEST, "context": context}).is_long == long


def test_a_text_that_comes_again_is_said_the_same() -> None:
    assert list(parts_of("AdamW lr 1e-3")) == list(parts_of("AdamW lr 1e-3"))
