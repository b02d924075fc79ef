"""What tests of the service share: a stand-in for the forecaster, where only the wire matters, and ways to ask."""

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.wire.examples import REQUEST
from predictor.errors import DamagedForecaster, ForecasterNotFound
from predictor.forecast import Advice, Curve, Driver, Forecast, Quantiles, Support
from predictor.planning.comparison import Comparison
from predictor.planning.plan import Plan
from predictor.planning.question import PlanQuestion
from predictor.question import Question
from training_runs import InvalidInput

EXAMPLE = Path(__file__).parent.parent / "examples/request.json"
STEPS = [0, 10, 25, 40, 60]
FORECAST = Forecast(
    forecaster="stand-in",
    observed_until_step=60,
    phase="memorized",
    memorization_step=25,
    target_accuracy=0.95,
    horizon_step=20_000,
    horizon_assumed=False,
    supported_until_step=20_000,
    probability_onset_by_horizon=0.91,
    onset_step=Quantiles(1400, 3100, None, "beyond_support"),
    onset_step_if_onset=Quantiles(1350, 2800, 9000),
    delay_steps=Quantiles(1375, 3075, None, "beyond_support"),
    delay_steps_if_onset=Quantiles(1325, 2775, 8975),
    delay_epochs=None,
    delay_epochs_if_onset=None,
    outcome="grokking",
    outcome_probabilities={
        "grokking": 0.88,
        "comprehension": 0.03,
        "memorization": 0.08,
        "confusion": 0.01,
    },
    curve=Curve((64, 81), (0.0, 0.001)),
    drivers=(Driver("weight_norm_slope", 0.8, "weight norm has begun to fall"),),
    support=Support(1.0, True, ("train_loss",), ("weight_norm",)),
    advice=Advice("continue", "91 % to generalise within the horizon", 0.05, 0.02, 120),
    warnings=(),
)
PLAN = Plan(
    forecaster="stand-in",
    budget_step=50_000,
    target_accuracy=0.95,
    supported_until_step=200_000,
    probability_memorization_by_budget=0.97,
    probability_onset_by_budget=0.91,
    memorization_step=Quantiles(100, 700, 20_000),
    onset_step=Quantiles(1400, 3100, None, "beyond_support"),
    onset_step_if_onset=Quantiles(1350, 2800, 9000),
    expected_steps=7000,
    outcome="grokking",
    outcome_probabilities={"grokking": 0.8, "comprehension": 0.11, "memorization": 0.06, "confusion": 0.03},
    curve=Curve((64, 81), (0.0, 0.001)),
    in_support=True,
    reasons=(),
    warnings=(),
)


@dataclass
class StandInForecaster:
    """Answers any question of at least 3 points with the same forecast, and keeps the questions."""

    version: str = "stand-in"
    questions: list[Question] = field(default_factory=list)
    batches: int = 0

    def forecast(self, question: Question) -> Forecast:
        self.questions.append(question)
        if len(question.trajectory) < 3:
            found = f"{len(question.trajectory)} checkpoints"
            raise InvalidInput(field="history.step", value=found, expected="at least 3")
        return replace(FORECAST, warnings=question.warnings)

    def forecast_many(self, questions: list[Question]) -> list[Forecast | InvalidInput]:
        self.batches += 1
        return [self._forecast_or_error(question) for question in questions]

    def compare(self, question: PlanQuestion) -> Comparison:
        contexts, notes = question.settings()
        return Comparison.of(self.version, question, contexts, [PLAN] * len(contexts), notes)

    def _forecast_or_error(self, question: Question) -> Forecast | InvalidInput:
        try:
            return self.forecast(question)
        except InvalidInput as error:
            return error


class BrokenForecaster(StandInForecaster):
    def forecast(self, question: Question) -> Forecast:
        raise RuntimeError("secret of /home/someone")


class NotANumberForecaster(StandInForecaster):
    def forecast(self, question: Question) -> Forecast:
        return replace(FORECAST, curve=Curve((64,), (math.nan,)))


@dataclass
class StandInStore:
    """Holds one forecaster, or the error that loading it raises."""

    forecaster: StandInForecaster | Exception = field(default_factory=StandInForecaster)

    def active_version(self) -> str:
        return "stand-in"

    def load(self, version: str | None = None, *, plans: bool = False) -> StandInForecaster:
        if isinstance(self.forecaster, Exception):
            raise self.forecaster
        return self.forecaster

    def activate(self, version: str) -> None:
        self.card(version)

    def cards(self) -> list[dict[str, Any]]:
        return [{"version": "stand-in", "active": True, "auroc": math.nan}]

    def card(self, version: str) -> dict[str, Any]:
        if version == "damaged":
            raise DamagedForecaster(path="/home/someone/damaged", problem="model.txt is missing")
        if version != "stand-in":
            raise ForecasterNotFound(version=version, known=["stand-in"])
        return self.cards()[0]


def local_client(app: FastAPI, **options: Any) -> TestClient:
    """Return a client on this machine, which may do everything while there are no keys."""
    return TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5000), **options)


def served(forecaster: StandInForecaster | Exception, limits: Settings | None = None) -> TestClient:
    app = create_app(limits or Settings(), StandInStore(forecaster))
    return local_client(app, raise_server_exceptions=False)


def request(**changes: Any) -> dict[str, Any]:
    """Return the documented request with some of its fields replaced."""
    return {**REQUEST, **changes}


def history(**changes: Any) -> dict[str, Any]:
    """Return a request whose history has some signals replaced."""
    return request(history={**REQUEST["history"], **changes})


def post(client: TestClient, body: Any, path: str = "/v1/forecasts", **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, content=content, headers=headers)


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """Return the body of a problem, having checked what every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.content, parse_constant=pytest.fail)
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status
    assert body["type"].startswith("urn:grokcast:problem:")
    return body


def is_subset_shape(found: Any, documented: Any) -> bool:
    """Say whether objects have the same members at every depth."""
    if isinstance(documented, dict):
        return found.keys() == documented.keys() and all(
            is_subset_shape(found[name], documented[name]) for name in documented
        )
    return isinstance(found, list) == isinstance(documented, list)
