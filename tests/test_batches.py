"""Many forecasts in one request."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wire.examples import REQUEST
from tests.wire import StandInForecaster, history, post, problem_of

# Batches


def test_one_bad_item_spoils_no_other(client: TestClient, forecaster: StandInForecaster) -> None:
    items = [
        REQUEST,
        history(val_acc=[97, 98, 99, 99, 99]),
        "nonsense",
        {"history": {"step": [5]}},
        history(foo=[1]),
    ]
    answer = post(client, {"items": items}, "/v1/forecasts/batch")
    assert answer.status_code == 200
    found = answer.json()["items"]
    assert [list(item) for item in found] == [
        ["forecast"],
        ["problem"],
        ["problem"],
        ["problem"],
        ["forecast"],
    ]
    assert found[0]["forecast"] == post(client, REQUEST).json()
    assert found[4]["forecast"]["warnings"]
    assert forecaster.batches == 1
    for i in (1, 2, 3):
        assert found[i]["problem"] == problem_of(post(client, items[i]), 422)


def test_a_batch_of_bad_items_asks_no_forecaster(client: TestClient, forecaster: StandInForecaster) -> None:
    answer = post(client, {"items": [None]}, "/v1/forecasts/batch")
    assert list(answer.json()["items"][0]) == ["problem"]
    assert post(client, {"items": []}, "/v1/forecasts/batch").json() == {"items": []}
    assert forecaster.batches == 0


def test_a_batch_has_at_most_1000_items(client: TestClient) -> None:
    small = {"history": {"step": [1, 2, 3]}}
    answer = post(client, {"items": [small] * 1000}, "/v1/forecasts/batch")
    assert len(answer.json()["items"]) == 1000
    body = problem_of(post(client, {"items": [small] * 1001}, "/v1/forecasts/batch"), 422)
    assert (body["field"], body["value"]) == ("items", "1001 values")


@pytest.mark.parametrize("asked", [{}, {"items": 5}, [REQUEST]])
def test_a_batch_needs_items(client: TestClient, asked: Any) -> None:
    problem_of(post(client, asked, "/v1/forecasts/batch"), 422)
