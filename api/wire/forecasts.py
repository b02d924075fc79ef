"""The wire format of forecasts: requests and answers as JSON.

Nothing of the web framework is imported here, so that the command line prints the same JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError, computed_field

from api.wire.examples import ANSWER, REQUEST
from api.wire.history import ContextFields, History, Number, StatedContext, WholeNumber
from api.wire.problems import Problem, invalid_inputs
from api.wire.words import Sentence, in_words
from features.phase import Phase
from predictor.forecast import Action, Forecast, Quantiles, QuantileStatus, since_memorization
from predictor.question import Question
from training_runs import InvalidInput
from training_runs.onset import Outcome
from training_runs.pace import MOST_COST, MOST_SECONDS
from training_runs.signals import Signal

MAX_ITEMS = 1_000  # of one batch
MAX_WITH_GAPS = 100  # of one batch: each takes as long as some twenty forecasts
_NAMES_SHOWN = 20


SecondsPerStep = Annotated[
    Annotated[Number, Field(gt=0, le=MOST_SECONDS)] | None,
    Field(description="of training, by the wall clock; default: as the times of the history show"),
]
CostPerHour = Annotated[
    Annotated[Number, Field(ge=0, le=MOST_COST)] | None,
    Field(description="of training, in any currency: `clock` then also says what the hours cost"),
]


class ForecastRequest(BaseModel):
    """A partial metric history, its run's context, horizon and target. Unknown fields are ignored with a warning."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [REQUEST]})

    history: History
    context: StatedContext | None = None
    horizon_step: WholeNumber | None = Field(
        None, description="step that the probability refers to; default: `context.budget_step`, else 10x the last step"
    )
    target_accuracy: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="validation accuracy that counts as generalised; default: by task family"
    )
    seconds_per_step: SecondsPerStep = None
    cost_per_hour: CostPerHour = None
    include: list[Literal["gaps"]] = Field(
        default_factory=list, description="`gaps`: also say what to tell next, which takes about 0.1 s", max_length=1
    )

    @property
    def is_long(self) -> bool:
        """Whether to read and answer it takes more than a moment."""
        return self.history.is_long or bool(self.include) or (self.context is not None and self.context.is_long)

    def to_question(self) -> Question:
        """Return the request as the forecaster takes it, with warnings: what was ignored, what was read as what."""
        fields = self.context or ContextFields()
        context = fields.reading()
        history = self.history.read(context.context.steps_per_epoch)
        if history.context:
            context = fields.beside(history.context)
        ignored = ignored_names(("fields", self.model_extra), ("signals", history.ignored))
        return Question(
            trajectory=history.trajectory,
            context=context.context,
            horizon_step=self.horizon_step,
            target_accuracy=self.target_accuracy,
            warnings=(*ignored, *history.notes, *context.report()),
            with_gaps="gaps" in self.include,
            seconds_per_step=self.seconds_per_step,
            cost_per_hour=self.cost_per_hour,
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
    """Up to 1,000 forecast requests. Each is checked on its own: a bad item does not affect the others."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"items": [REQUEST]}]})

    items: list[SkipValidation[ForecastRequest]] = Field(max_length=MAX_ITEMS)


class Answer(BaseModel):
    """A part of an answer: read off the attributes of a domain object; never holds NaN or infinity."""

    model_config = ConfigDict(from_attributes=True, allow_inf_nan=False, extra="forbid")


Probability = Annotated[float, Field(ge=0, le=1)]


QUANTILE_STATUS = Field(
    description="`available`: no quantile is null; `beyond_support`: where one is null, the probability of onset stays below "
    "its level up to `supported_until_step`; `not_known_yet`: all are null, since the memorisation step is not known"
)


class StepQuantiles(Answer):
    """5 %, 50 % and 95 % quantiles, in steps; `status` says what a null among them means."""

    p05: int | None
    p50: int | None
    p95: int | None
    status: QuantileStatus = QUANTILE_STATUS


class EpochQuantiles(Answer):
    """The same quantiles in epochs."""

    p05: float | None
    p50: float | None
    p95: float | None
    status: QuantileStatus = QUANTILE_STATUS


class HourQuantiles(Answer):
    """The same quantiles in hours after the last step of the history."""

    p05: float | None
    p50: float | None
    p95: float | None
    status: QuantileStatus = QUANTILE_STATUS


class TimeQuantiles(Answer):
    """The same quantiles as dates, in UTC."""

    p05: datetime | None
    p50: datetime | None
    p95: datetime | None
    status: QuantileStatus = QUANTILE_STATUS


class Cost(Answer):
    """What training costs, in the currency of `cost_per_hour`."""

    per_hour: float = Field(description="`cost_per_hour` of the request")
    to_onset: float | None = Field(description="until the median onset; null where that is null, and once it is seen")
    to_horizon: float = Field(description="until `horizon_step`")
    saved_by_stopping: float | None = Field(description="of `hours_saved_by_stopping`")


class Clock(Answer):
    """When all of it will be, at the pace of this training."""

    seconds_per_step: float = Field(
        description="by the wall clock; measured as the median over the newest stretches between checkpoints, so that pauses "
        "do not count"
    )
    measured: bool = Field(description="by the times of the history; false: as given")
    observed_at: datetime | None = Field(
        description="when the last step was recorded; null, and every other date too, if the history has no dates"
    )
    onset_hours: HourQuantiles | None = Field(
        description="`onset_step` in hours after the last step; null once the onset is seen"
    )
    onset_hours_if_onset: HourQuantiles | None = Field(description="`onset_step_if_onset`, likewise")
    onset_at: TimeQuantiles | None = Field(description="`onset_step` as dates")
    onset_at_if_onset: TimeQuantiles | None = Field(description="`onset_step_if_onset` as dates")
    hours_to_horizon: float = Field(description="from the last step to `horizon_step`; 0 if that has passed")
    horizon_at: datetime | None
    hours_saved_by_stopping: float | None = Field(
        description="at the last step, of a training that ends at `horizon_step`; null if that was assumed"
    )
    cost: Cost | None = Field(description="null without `cost_per_hour`")


class OnsetCurve(Answer):
    """Cumulative probability of onset, P(onset <= step), at increasing steps."""

    step: list[int]
    probability_onset: list[Probability]


class Driver(Answer):
    """A feature that influenced this forecast."""

    feature: str = Field(description="name of the feature")
    effect: float = Field(description="contribution to the log hazard at the median onset; > 0 means an earlier onset")
    text: str = Field(description="the same in words")


class Support(Answer):
    """How similar this history is to the training corpus of the forecaster."""

    score: float = Field(
        ge=0, le=1, description="share of the forecast that is specific to this history; the rest is the corpus average"
    )
    in_support: bool = Field(description="whether the history is within the range of the corpus")
    reasons: list[str] = Field(
        default_factory=list, description="why the forecast is not specific to this history; empty within support"
    )
    signals_used: list[str] = Field(description="recorded signals that the forecaster reads")
    signals_missing: list[str] = Field(description="signals that were not recorded and would improve this forecast")


class Advice(Answer):
    """Whether to continue training, by thresholds on the probability of onset. Error rates are from held-out configurations."""

    action: Action = Field(description="continue, stop, or undecided")
    reason: str = Field(description="the probability that decided, in words")
    false_positive_rate: float = Field(description="share of runs without onset that are advised to continue")
    false_stop_rate: float = Field(description="share of runs with an onset that are advised to stop")
    check_again_step: int | None = Field(
        description="step at which a new forecast is worth requesting; null after `stop`"
    )


class GapExample(Answer):
    """A value that a field may have, and the forecast with it."""

    value: float | int | str
    probability: Probability = Field(description="probability of onset by the horizon, if the field has this value")
    onset_step: int | None = Field(description="median onset step; null if beyond the supported range")


class Gap(Answer):
    """Something that was not given, and how far the forecast would move with it."""

    name: str = Field(description="name of the field of `context`, or of the signal")
    kind: Literal["context", "signal"]
    expected_change: float = Field(
        description="of a field, the standard deviation of the probability, among runs like this one, that it accounts for once "
        "everything else is known; of a signal, how far it moves the probability on average. The largest of each kind comes first"
    )
    range_of_probability: tuple[Probability, Probability] | None = Field(
        description="lowest and highest of the examples; null of a signal"
    )
    examples: list[GapExample] = Field(
        description="likely values among runs like this one, in order; empty of a signal, which no single value stands for"
    )


class ForecastAnswer(Answer):
    """Whether and when a run will generalise, given its history up to `observed_until_step`. Every field is always present."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWER]})

    forecaster: str = Field(description="version of the forecaster")
    observed_until_step: int = Field(description="last step of the history; no later step was used")
    phase: Phase | None = Field(description="phase of training at that step; null if the signals do not determine it")
    memorization_step: int | None = Field(
        description="first of 3 consecutive checkpoints with `train_acc` >= 0.95; null if not reached"
    )
    target_accuracy: float = Field(description="validation accuracy that counts as generalised")
    horizon_step: int = Field(description="step that the probability refers to")
    horizon_assumed: bool = Field(
        description="whether neither a horizon nor a budget still to come was given: it is 10x the last step"
    )
    supported_until_step: int = Field(
        description="end of the supported range: too few runs of the corpus were observed beyond it"
    )
    probability_onset_by_horizon: Probability = Field(
        description="probability of onset by `horizon_step`, or by `supported_until_step` if that is earlier"
    )
    onset_step: StepQuantiles = Field(description="quantiles of the onset step; runs without onset count as later")
    onset_step_if_onset: StepQuantiles = Field(description="quantiles of the onset step, given onset by the horizon")
    delay_steps: StepQuantiles = Field(
        description="quantiles of the delay, onset step minus memorisation step; runs without onset count as longer"
    )
    delay_steps_if_onset: StepQuantiles = Field(description="quantiles of the delay, given onset by the horizon")
    delay_epochs: EpochQuantiles | None = Field(
        description="`delay_steps` in epochs; null if the context has no `steps_per_epoch`"
    )
    delay_epochs_if_onset: EpochQuantiles | None = Field(description="`delay_steps_if_onset` in epochs, likewise")
    outcome: Outcome = Field(description="the most probable of the outcomes below")
    outcome_probabilities: dict[Outcome, Probability] = Field(
        description="probability of each outcome at the horizon; they add up to 1"
    )
    curve: OnsetCurve
    drivers: list[Driver] = Field(description="features with the largest effect on this forecast")
    support: Support
    advice: Advice
    warnings: list[str] = Field(description="what was ignored or assumed")
    gaps: list[Gap] | None = Field(
        None,
        description="what to tell next: fields that were not given, the most telling first, then core signals; null unless `include` asks for it",
    )

    clock: Clock | None = Field(
        None,
        description="when: in hours, dates and money; null without `seconds_per_step` and without times in the history",
    )

    @computed_field(description="the same in words, as `grokcast forecast` prints them")  # type: ignore[prop-decorator]
    @property
    def words(self) -> list[Sentence]:
        """The answer in sentences: made when they are read, since of a thousand kept answers they would be most objects."""
        return in_words(self)

    @classmethod
    def from_forecast(cls, forecast: Forecast) -> "ForecastAnswer":
        """Return the wire form of a forecast."""
        return cls.model_validate(forecast)

    @classmethod
    def from_stored(cls, answer: Mapping[str, Any]) -> "ForecastAnswer":
        """Return an answer that was stored, by an earlier release perhaps: what it lacks follows from what it holds.

        Raises
        ------
        InvalidInput : it is no such answer: a hand, or another program, wrote it.
        """
        try:
            return cls._from_stored(answer)
        except ValidationError as error:
            raise invalid_inputs(error.errors())[0] from None
        except (AttributeError, KeyError, TypeError):
            expected = "an object, as POST /v1/forecasts answers"
            raise InvalidInput(field="forecast", value=str(answer)[:80], expected=expected) from None

    @classmethod
    def _from_stored(cls, answer: Mapping[str, Any]) -> "ForecastAnswer":
        whole = answer if "outcome" in answer else _completed(answer)
        fields = {name: value for name, value in whole.items() if name != "words"}
        return cls.model_validate({"horizon_assumed": False, "clock": None, **fields})


def _completed(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer from before the delay was given onset and the likeliest outcome was named."""
    memorized, chances = answer["memorization_step"], answer["outcome_probabilities"]
    quantiles = {name: Quantiles.of(answer[name].values()) for name in ("onset_step", "onset_step_if_onset")}
    delays = {
        delay: since_memorization(quantiles[onset], memorized)
        for delay, onset in (("delay_steps", "onset_step"), ("delay_steps_if_onset", "onset_step_if_onset"))
    }
    steps = {name: asdict(value) for name, value in (quantiles | delays).items()}
    none = {"delay_epochs": None, "delay_epochs_if_onset": None}
    return {**answer, **steps, **none, "outcome": max(chances, key=lambda name: chances[name])}


class ForecastItem(BaseModel):
    """An item of a batch with a forecast."""

    forecast: ForecastAnswer


class ProblemItem(BaseModel):
    """An item of a batch that could not be forecast."""

    problem: Problem


class BatchAnswer(BaseModel):
    """One answer or problem for each item, in the order of the request."""

    items: list[ForecastItem | ProblemItem]


class SignalCard(Answer):
    """A signal that a history may contain."""

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


class SignalList(Answer):
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
