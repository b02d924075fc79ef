"""Forecasts of the trials of a sweep: what Optuna's pruner and Ray Tune's scheduler have in common."""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from grokcast.given_context import fields_of
from grokcast.in_process import LocalForecaster

_logger = logging.getLogger("grokcast")

Context = Mapping[str, Any]


class Forecaster(Protocol):
    """What answers: a `grokcast.Client`'s service, or by default the forecaster in this process."""

    def forecast(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to the body of `POST /v1/forecasts`."""
        ...


@dataclass(frozen=True)
class Verdict:
    """What a forecast says of a trial.

    Attributes
    ----------
    gives_up : whether the trial should stop.
    step : last step that it was made from.
    probability : of generalising by the budget.
    action : of the forecast's advice: continue, stop or undecided.
    phase : of training; None if it is not known.
    reason : why, in words.
    error_rate : how often such an advice was wrong on held-out runs; None where it was not counted.
    hours_left : to the budget, at the pace of the trial; None where its results have no times.
    """

    gives_up: bool
    step: int
    probability: float
    action: str
    phase: str | None
    reason: str
    error_rate: float | None
    hours_left: float | None = None


class TrialForecasts:
    """Looks at trials some times per decade of steps; a forecast that cannot be made decides nothing.

    Parameters
    ----------
    budget_step : the step at which a trial ends; the forecast is about it.
    stop_below : give a memorised trial up below this probability; by default where the forecast's advice is to stop.
    target_accuracy : validation accuracy that counts as generalised; by default the forecaster's.
    checks_per_decade : how often a trial is looked at, per decade of steps.
    forecaster : what answers; by default the shipped forecaster in this process.

    Raises
    ------
    ValueError : a budget or a probability that cannot be.
    """

    def __init__(
        self,
        budget_step: int,
        stop_below: float | None,
        target_accuracy: float | None,
        checks_per_decade: int,
        forecaster: Forecaster | None,
    ) -> None:
        if budget_step < 1:
            raise ValueError(f"budget_step is {budget_step}; expected the last step of a trial")
        if stop_below is not None and not 0 < stop_below < 1:
            raise ValueError(f"stop_below is {stop_below}; expected a probability in (0, 1)")
        self.budget_step, self._stop_below = budget_step, stop_below
        self._target_accuracy, self._checks_per_decade = target_accuracy, checks_per_decade
        self._forecaster: Forecaster = forecaster or LocalForecaster()
        self._looked_at: dict[object, int] = {}
        self._has_warned = False
        self._reported: set[str] = set()

    def is_due(self, trial: object, step: int | None) -> bool:
        """Return True if a trial at a step is worth a look: there has been none since the last fraction of a decade."""
        if step is None or step >= self.budget_step:
            return False
        before = self._looked_at.get(trial)
        return before is None or self._check(step) > self._check(before)

    def look(self, trial: object, points: Mapping[int, Mapping[str, float]], context: Context) -> Verdict | None:
        """Return what is forecast of a trial from its points, by step; None where no forecast can be made."""
        step = max(points)
        self._looked_at[trial] = step
        try:
            forecast = self._forecaster.forecast(self._request(points, context))
        except Exception as error:  # a study goes on without forecasts
            too_short = getattr(error, "field", None) == "history.step"
            if not too_short and not self._has_warned:
                self._has_warned = True
                _logger.warning("grokcast: no forecast of trial %s: %s", trial, error)
            return None
        self._report(forecast.get("warnings") or ())
        return self._verdict(forecast, step)

    def _report(self, warnings: Sequence[str]) -> None:
        """Log what was assumed, and how the context was read, once for all trials."""
        for text in warnings:
            kind = re.sub(r"\d[\d,.e-]*", "", text)
            if kind not in self._reported:
                self._reported.add(kind)
                _logger.warning("grokcast: %s", text)

    def _verdict(self, forecast: Mapping[str, Any], step: int) -> Verdict:
        advice, phase = forecast["advice"], forecast["phase"]
        probability = float(forecast["probability_onset_by_horizon"])
        rates = {"stop": advice["false_stop_rate"], "continue": advice["false_positive_rate"]}
        reason, rate = str(advice["reason"]), rates.get(advice["action"])
        if self._stop_below is None:
            gives_up = phase != "generalized" and advice["action"] == "stop"
        else:
            gives_up = phase in ("memorized", "rising") and probability < self._stop_below
            if gives_up:
                reason, rate = f"{reason}, below {self._stop_below:g}", None
        hours = (forecast.get("clock") or {}).get("hours_to_horizon")
        return Verdict(gives_up, step, probability, str(advice["action"]), phase, reason, rate, hours)

    def _check(self, step: int) -> int:
        return math.floor(self._checks_per_decade * math.log10(max(step, 1)) + 1e-9)

    def _request(self, points: Mapping[int, Mapping[str, float]], context: Context) -> dict[str, Any]:
        steps = sorted(points)
        names = dict.fromkeys(name for point in points.values() for name in point)
        history: dict[str, Any] = {"step": steps}
        history |= {name: [_finite(points[s].get(name)) for s in steps] for name in names}
        request: dict[str, Any] = {"history": history, "context": dict(context), "horizon_step": self.budget_step}
        if self._target_accuracy is not None:
            request["target_accuracy"] = self._target_accuracy
        return request


def context_of_trial(parameters: Mapping[str, Any], stated: Any, budget_step: int) -> dict[str, Any]:
    """Return what is stated of a trial, and what its parameters of certain names (`lr`, `weight_decay` ...) add."""
    from training_runs.context_words import read_context, read_hyperparameters

    suggested = read_hyperparameters(parameters, "trial").fields()
    fields = fields_of(stated)
    given = read_context(fields).context.as_dict()
    found = {"budget_step": budget_step, **suggested}
    return {**{name: value for name, value in found.items() if name not in given}, **fields}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
