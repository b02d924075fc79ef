"""The wire format: what is asked of the service and what it answers, as JSON.

Nothing of the web framework is imported here, so that the command line prints the same JSON.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from api.wire.examples import ANSWER, REQUEST
from api.wire.history import ContextFields, History, Number, WholeNumber
from api.wire.problems import Problem
from features.phase import Phase
from predictor.forecast import Action, Forecast
from predictor.question import Question
from training_runs.onset import Outcome
from training_runs.signals import Signal

MAX_ITEMS = 1_000  # of one batch
_NAMES_SHOWN = 20


class ForecastRequest(BaseModel):
    """A partial metric history, what is known of its run, and the question. Unknown fields are ignored with a warning."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [REQUEST]})

    history: History
    context: ContextFields | None = None
    horizon_step: WholeNumber | None = Field(None, description="default: `context.budget_step`, else 10x the last step")
    target_accuracy: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="validation accuracy that counts as generalised; default: by task family"
    )

    def to_question(self) -> Question:
        """Return the question in the forecaster's words, with a warning for each kind of thing that was ignored."""
        context = self.context or ContextFields()
        ignored = ignored_names(
            ("fields", self.model_extra),
            ("signals", self.history.model_extra),
            ("context fields", context.model_extra),
        )
        return Question(
            trajectory=self.history.to_trajectory(),
            context=context.to_context(),
            horizon_step=self.horizon_step,
            target_accuracy=self.target_accuracy,
            warnings=tuple(ignored),
        )


def ignored_names(*kinds: tuple[str, Iterable[str] | None]) -> list[str]:
    """Return a warning for each kind of names that were ignored."""
    warnings = (_ignored(kind, names) for kind, names in kinds)
    return [warning for warning in warnings if warning]


def _ignored(kind: str, names: Iterable[str] | None) -> str | None:
    """Return a warning that names what was ignored; None where nothing was."""
    unknown = sorted(names or ())
    if not unknown:
        return None
    listed = "docs/signals.md" if kind == "signals" else "/docs"
    shown = ", ".join(name[:60] for name in unknown[:_NAMES_SHOWN])
    more = f" and {len(unknown) - _NAMES_SHOWN} more" if len(unknown) > _NAMES_SHOWN else ""
    return f"unknown {kind} ignored: {shown}{more} ({listed} lists the known ones)"


class BatchRequest(BaseModel):
    """Up to 1,000 forecast requests. Each is checked by itself, so that one bad item spoils no other."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [REQUEST]}]})

    items: list[SkipValidation[ForecastRequest]] = Field(max_length=MAX_ITEMS)


class _Answer(BaseModel):
    """A part of an answer: read off the attributes of a domain object; never holds NaN or infinity."""

    model_config = ConfigDict(from_attributes=True, allow_inf_nan=False, extra="forbid")


Probability = Annotated[float, Field(ge=0, le=1)]


class StepQuantiles(_Answer):
    """5 %, 50 % and 95 % quantiles in steps; null where the curve stays below that level as far as it is supported."""

    p05: int | None
    p50: int | None
    p95: int | None


class OnsetCurve(_Answer):
    """P(onset <= step) at increasing steps; never decreases."""

    step: list[int]
    probability_onset: list[Probability]


class Driver(_Answer):
    """A feature that moved this forecast."""

    feature: str
    effect: float = Field(description="on the log hazard at the median onset; > 0 is sooner")
    text: str


class Support(_Answer):
    """How much this history resembles those that the forecaster learnt from."""

    score: float = Field(
        description="share of the forecast that is its own; the rest is what the runs learnt from did as a whole"
    )
    in_support: bool
    signals_used: list[str]
    signals_missing: list[str] = Field(description="signals that would have spoken")


class Advice(_Answer):
    """What to do, from a stated rule whose error rates were verified on held-out configurations."""

    action: Action
    reason: str
    false_positive_rate: float = Field(description="of runs that never generalise, told continue")
    false_stop_rate: float = Field(description="of runs that generalise, told stop")
    check_again_step: int | None


class ForecastAnswer(_Answer):
    """When a run will generalise, if it will, as known at the last step of its history. Every field is always present."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWER]})

    forecaster: str = Field(description="version that answered")
    observed_until_step: int
    phase: Phase | None = Field(description="null where no signal tells it")
    memorization_step: int | None = Field(description="null where not confirmed yet")
    target_accuracy: float
    horizon_step: int
    supported_until_step: int = Field(description="beyond it too few runs were observed")
    probability_onset_by_horizon: Probability
    onset_step: StepQuantiles = Field(description="of the unconditional curve")
    onset_step_if_onset: StepQuantiles = Field(description="given onset by the horizon")
    delay_steps: StepQuantiles = Field(description="onset step minus memorisation step")
    outcome_probabilities: dict[Outcome, Probability] = Field(description="at the horizon")
    curve: OnsetCurve
    drivers: list[Driver] = Field(description="the features that moved this forecast most")
    support: Support
    advice: Advice
    warnings: list[str] = Field(description="what was ignored or assumed")

    @classmethod
    def from_forecast(cls, forecast: Forecast) -> "ForecastAnswer":
        """Return the wire form of a forecast."""
        return cls.model_validate(forecast)


class ForecastItem(BaseModel):
    """An item of a batch that was answered."""

    forecast: ForecastAnswer


class ProblemItem(BaseModel):
    """An item of a batch that was not."""

    problem: Problem


class BatchAnswer(BaseModel):
    """One answer or problem for each item, in the order of the request."""

    items: list[ForecastItem | ProblemItem]


class SignalCard(_Answer):
    """A signal that a history may hold."""

    name: str
    meaning: str
    source: str
    low: float | None = Field(description="smallest value; null where unbounded")
    high: float | None = Field(description="largest value; null where unbounded")

    @classmethod
    def of(cls, signal: Signal) -> "SignalCard":
        """Return the card of a row of the vocabulary."""
        low, high = signal.range
        return cls(name=signal.name, meaning=signal.text, source=signal.source, low=low, high=high)


class SignalList(_Answer):
    """The vocabulary of signals."""

    signals: list[SignalCard]


class ForecasterList(BaseModel):
    """The cards of the stored forecasters, newest first."""

    forecasters: list[dict[str, Any]]


class Live(BaseModel):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """A forecaster is loaded."""

    status: Literal["ready"] = "ready"
    forecaster: str
