"""The tools: their names, what they take and return, and which routes answer them. They change nothing.

A tool asks a route and adds nothing of its own, so that keys, limits, checks and sentences are those of the service.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.storage.stored_run import RunStatus
from api.wire.forecasts import Advice, Answer, Driver, ForecastAnswer, ForecastRequest, Gap, Support
from api.wire.plans import PlanAnswer, PlanRequest
from api.wire.problems import Problem, invalid_inputs
from api.wire.runs import RUN_ID, RunAnswer, RunPage
from training_runs.errors import InvalidInput

JsonObject = dict[str, Any]
_RunId = Annotated[str, Field(pattern=RUN_ID, description="name of a stored run; `list_runs` shows them")]
# What a stored run and the body of a forecast have in common.
_OF_A_QUESTION = ("history", "context", "horizon_step", "target_accuracy", "seconds_per_step", "cost_per_hour")


class Refused(Exception):
    """A question without an answer; its text says what is wrong and what to do."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WhichRuns(_Arguments):
    """Which stored runs to list."""

    status: RunStatus | None = Field(None, description="only those")
    limit: int = Field(50, ge=1, le=500, description="number of runs")
    cursor: int | None = Field(None, ge=0, le=2**53, description="`next_cursor` of the previous page")


class WhichRun(_Arguments):
    """A stored run."""

    run_id: _RunId


class WhatToExplain(_Arguments):
    """A stored run, or a history as `forecast_history` takes it: one of the two."""

    run_id: _RunId | None = None
    question: JsonObject | None = Field(None, description="a history and its context, as `forecast_history` takes them")


class Explanation(Answer):
    """Why a forecast is as it is, how far it holds, and what would change it."""

    words: list[str] = Field(description="the forecast in sentences")
    drivers: list[Driver] = Field(description="features with the largest effect on this forecast")
    support: Support
    advice: Advice
    gaps: list[Gap] = Field(description="what to tell next: fields that were not given, then signals")
    warnings: list[str] = Field(description="what was ignored or assumed")


@dataclass(frozen=True)
class Service:
    """The routes, as tools ask them.

    Parameters
    ----------
    http : a client of the service, with the key of the caller.
    """

    http: httpx2.AsyncClient

    async def get(self, path: str, **parameters: object) -> JsonObject:
        """Return the answer to a GET; parameters that are None are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return await self._asked("GET", path, params=given)

    async def post(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        """Return the answer to a POST."""
        return await self._asked("POST", path, json=body)

    async def _asked(self, method: str, path: str, **content: Any) -> JsonObject:
        try:
            answer = await self.http.request(method, path, **content)
        except httpx2.TransportError as error:
            raise Refused(f"{self.http.base_url} does not answer ({error}); next: grokcast serve") from None
        except ValueError:  # the protocol's parser takes NaN
            raise Refused("the arguments hold NaN or an infinite number; expected null for a missing value") from None
        try:
            document = answer.json()
        except ValueError:
            raise Refused(f"{self.http.base_url} answered {answer.status_code} and no JSON: is it Grokcast?") from None
        if not answer.is_success:
            raise Refused(str(document.get("detail") or answer.reason_phrase))
        return dict(document)


@dataclass(frozen=True)
class Tool:
    """A question that an agent may ask.

    Attributes
    ----------
    description : for the agent: what it does, and when to use it.
    arguments, answer : what it takes and returns; their schemas are published.
    ask : puts it to the service.
    """

    name: str
    title: str
    description: str
    arguments: type[BaseModel]
    answer: type[BaseModel]
    ask: Callable[[Service, JsonObject], Awaitable[JsonObject]]


async def call(service: Service, name: str, arguments: JsonObject) -> JsonObject:
    """Return the answer of a tool.

    Raises
    ------
    Refused : there is no such tool, or the service refuses the question.
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise Refused(f"there is no tool {name[:80]!r}; expected one of {', '.join(TOOLS)}")
    try:
        return await tool.ask(service, arguments)
    except ValidationError as error:
        raise Refused(Problem.of_input(*invalid_inputs(error.errors())).detail) from None
    except InvalidInput as error:
        raise Refused(str(error)) from None


async def _forecast(service: Service, arguments: JsonObject) -> JsonObject:
    return await service.post("/v1/forecasts", arguments)


async def _plan(service: Service, arguments: JsonObject) -> JsonObject:
    return await service.post("/v1/plans", arguments)


async def _runs(service: Service, arguments: JsonObject) -> JsonObject:
    return await service.get("/v1/runs", **WhichRuns.model_validate(arguments).model_dump())


async def _run(service: Service, arguments: JsonObject) -> JsonObject:
    which = WhichRun.model_validate(arguments)
    return await service.get(f"/v1/runs/{which.run_id}", history="false")


async def _explain(service: Service, arguments: JsonObject) -> JsonObject:
    which = WhatToExplain.model_validate(arguments)
    if (which.run_id is None) == (which.question is None):
        raise InvalidInput(
            field="arguments",
            value=sorted(arguments),
            expected="either `run_id` or `question`",
            hint="give one of them",
        )
    question = which.question or await _question_of(service, str(which.run_id))
    answer = await service.post("/v1/forecasts", {**question, "include": ["gaps"]})
    words = [f"{sentence['title']}: {sentence['text']}" for sentence in answer["words"]]
    return {name: answer[name] for name in Explanation.model_fields if name != "words"} | {"words": words}


async def _question_of(service: Service, run_id: str) -> JsonObject:
    """Return the points and settings of a stored run as the body of a forecast."""
    run = await service.get(f"/v1/runs/{run_id}")
    if run["history"] is None:
        raise Refused(f"{run_id} has no points yet; next: explain it when its training has logged some")
    return {name: run[name] for name in _OF_A_QUESTION}


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "forecast_history",
            "Forecast a run from its history",
            "Say whether and when a training run will generalise (grok), from its metric history so far: probability by a "
            "horizon, onset step with a 90 % interval, advice to continue or stop with counted error rates, and how far the run "
            "is like those learnt from. Needs steps, training and validation accuracy or loss; context (weight decay, learning "
            "rate, task ...) makes it sharper. Nothing is stored.",
            ForecastRequest,
            ForecastAnswer,
            _forecast,
        ),
        Tool(
            "list_runs",
            "List stored runs",
            "List the runs that the service stores with the newest forecast of each (probability, phase, advice), newest first.",
            WhichRuns,
            RunPage,
            _runs,
        ),
        Tool(
            "run_forecast",
            "Newest forecast of a stored run",
            "Return a stored run, its settings and its newest forecast, without its points.",
            WhichRun,
            RunAnswer,
            _run,
        ),
        Tool(
            "plan_runs",
            "Plan runs before they begin",
            "Compare settings of runs that have not begun, from their configurations alone: probability of generalising by the "
            "budget, when, at what cost in steps, and the cheapest setting that reaches a wanted probability. `grid` maps fields "
            "to values to combine, `contexts` lists settings one by one. Use it to choose a weight decay or a training fraction.",
            PlanRequest,
            PlanAnswer,
            _plan,
        ),
        Tool(
            "explain",
            "Explain a forecast",
            "Say why the forecast of a stored run, or of a history, is as it is: its sentences, the features that drove it, how "
            "far it is supported, and which missing field or signal to tell next with how far the probability would move.",
            WhatToExplain,
            Explanation,
            _explain,
        ),
    )
}
