"""Anything at all is answered, and nothing brings the service down."""

from typing import Any

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings, strategies as st

from api.wire.examples import REQUEST
from tests.wire import post, problem_of

# Anything at all

NUMBERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, 10**400, -1, 0, 1]),
    st.floats(),
    st.text(max_size=5),
)
JSON = st.recursive(
    NUMBERS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)
LISTS = st.lists(st.one_of(NUMBERS, st.floats(0, 1)), max_size=8) | JSON
RISING = st.lists(st.integers(0, 10**6), min_size=1, max_size=8, unique=True).map(sorted)
HISTORIES = st.fixed_dictionaries(
    {"step": RISING | LISTS},
    optional=dict.fromkeys(("train_acc", "val_acc", "val_loss", "weight_norm", "foo"), LISTS),
)
CONTEXTS = st.dictionaries(st.sampled_from(["task_family", "modulus", "chance_accuracy", "budget_step", "x"]), JSON)
REQUESTS = st.fixed_dictionaries(
    {"history": HISTORIES | JSON},
    optional={"context": CONTEXTS | JSON, "horizon_step": NUMBERS, "target_accuracy": NUMBERS},
)


@given(asked=JSON | REQUESTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_json_brings_the_service_down(shipped_client: TestClient, asked: Any) -> None:
    answer = post(shipped_client, asked)
    if answer.status_code != 200:
        problem_of(answer, answer.status_code)
        assert answer.status_code in {400, 422}
    batch = post(shipped_client, {"items": [asked, REQUEST]}, "/v1/forecasts/batch")
    assert batch.status_code in {200, 400}
    if batch.status_code == 200:
        spoilt, good = batch.json()["items"]
        assert ("forecast" in spoilt) == (answer.status_code == 200)
        assert "forecast" in good


@given(content=st.binary(max_size=200), coding=st.sampled_from(["identity", "gzip"]))
@settings(max_examples=100, deadline=None)
def test_no_bytes_bring_the_service_down(shipped_client: TestClient, content: bytes, coding: str) -> None:
    problem_of(answer := post(shipped_client, content, content_encoding=coding), answer.status_code)
    assert answer.status_code in {400, 422}
