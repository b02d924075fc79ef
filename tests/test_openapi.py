"""Schemathesis asks every route whatever its description allows, and what it does not: no 5xx, no undocumented answer.

Run in memory, on the service with the stand-in for the forecaster: forecasts of anything are in test_anything.py.
"""

import tempfile
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.settings import Settings
from tests.wire import StandInStore, local_client

_CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_FOLDER = tempfile.TemporaryDirectory(prefix="grokcast-openapi-")
_APP = create_app(Settings(database_url=f"sqlite:///{_FOLDER.name}/service.db"), StandInStore())


@pytest.fixture(scope="module", autouse=True)
def _running() -> Any:
    with local_client(_APP) as client:
        client.put("/v1/runs/a", json={})
        yield


# Streams do not end, and a retraining would begin.
_SCHEMA = (
    schemathesis.openapi.from_asgi("/openapi.json", _APP)
    .exclude(path="/v1/runs/{run_id}/events")
    .exclude(path="/v1/events")
    .exclude(path="/v1/retrainings", method="POST")
)


@_SCHEMA.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_route_keeps_its_description(case: Any) -> None:
    case.call_and_validate(checks=_CHECKS)
