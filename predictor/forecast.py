"""What a forecaster answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from features.phase import Phase
from training_runs.onset import Outcome

Action = Literal["continue", "stop", "undecided"]
LEVELS = (0.05, 0.50, 0.95)
QuantileStatus = Literal["available", "beyond_support", "not_known_yet"]


@dataclass(frozen=True)
class Quantiles:
    """5 %, 50 % and 95 % quantiles in steps, and what a None among them means.

    Attributes
    ----------
    status : `available`: none is None; `beyond_support`: the curve stays below the level of those that are None as far as
        it reaches; `not_known_yet`: the history does not hold what they are counted from, and all are None.
    """

    p05: int | None
    p50: int | None
    p95: int | None
    status: QuantileStatus = "available"

    @classmethod
    def of(cls, steps: Iterable[int | None]) -> "Quantiles":
        """Return three quantiles of a curve; None for a level that it does not reach."""
        p05, p50, p95 = steps
        return cls(p05, p50, p95, "available" if p95 is not None else "beyond_support")


def since_memorization(onset: Quantiles, memorization_step: int | None) -> Quantiles:
    """Return the quantiles of the delay of a run that memorised at a step; not known yet without one."""
    if memorization_step is None:
        return Quantiles(None, None, None, "not_known_yet")
    return Quantiles.of(None if s is None else s - memorization_step for s in (onset.p05, onset.p50, onset.p95))


@dataclass(frozen=True)
class EpochQuantiles:
    """The same in epochs."""

    p05: float | None
    p50: float | None
    p95: float | None
    status: QuantileStatus

    @classmethod
    def of(cls, steps: Quantiles, steps_per_epoch: float) -> "EpochQuantiles":
        """Return quantiles in steps as epochs, to two decimals."""
        p05, p50, p95 = (
            None if step is None else round(step / steps_per_epoch, 2) for step in (steps.p05, steps.p50, steps.p95)
        )
        return cls(p05, p50, p95, steps.status)


@dataclass(frozen=True)
class HourQuantiles:
    """Quantiles in hours after the last step of the history."""

    p05: float | None
    p50: float | None
    p95: float | None
    status: QuantileStatus


@dataclass(frozen=True)
class TimeQuantiles:
    """The same as dates, in UTC; None also beyond the year 9999."""

    p05: datetime | None
    p50: datetime | None
    p95: datetime | None
    status: QuantileStatus


@dataclass(frozen=True)
class Cost:
    """What training costs, in the currency of `per_hour`; None as in the hours that it is of."""

    per_hour: float
    to_onset: float | None
    to_horizon: float
    saved_by_stopping: float | None


@dataclass(frozen=True)
class Clock:
    """A forecast by the clock, at the pace of its training.

    Attributes
    ----------
    seconds_per_step : of the wall clock; `measured`: by the times of the history, else as stated.
    observed_at : when the last step was recorded; None: the history has no dates, and then nothing else here has.
    onset_hours, onset_at : quantiles of the onset, as `onset_step`; None once it is seen. Likewise given onset by the horizon.
    hours_to_horizon, horizon_at : from the last step to the horizon; 0 if it has passed.
    hours_saved_by_stopping : at the last step, of a training that ends at the horizon; None where that was assumed.
    cost : None without a price.
    """

    seconds_per_step: float
    measured: bool
    observed_at: datetime | None
    onset_hours: HourQuantiles | None
    onset_hours_if_onset: HourQuantiles | None
    onset_at: TimeQuantiles | None
    onset_at_if_onset: TimeQuantiles | None
    hours_to_horizon: float
    horizon_at: datetime | None
    hours_saved_by_stopping: float | None
    cost: Cost | None


@dataclass(frozen=True)
class Curve:
    """P(onset <= step) at increasing steps; non-decreasing."""

    step: tuple[int, ...]
    probability_onset: tuple[float, ...]


@dataclass(frozen=True)
class Driver:
    """A feature that moved this forecast: its effect on the log hazard at the median onset, and in words."""

    feature: str
    effect: float
    text: str


@dataclass(frozen=True)
class Support:
    """How much of a forecast is its own, 1 for a history like those learnt from down to 0, which signals it used,
    and why it is not in support, if it is not.
    """

    score: float
    in_support: bool
    signals_used: tuple[str, ...]
    signals_missing: tuple[str, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Advice:
    """Continue, stop or undecided, from a stated rule with error rates verified on held-out configurations."""

    action: Action
    reason: str
    false_positive_rate: float
    false_stop_rate: float
    check_again_step: int | None


@dataclass(frozen=True)
class GapExample:
    """A value that something not given may have, and the forecast with it: P by the horizon, and the median onset step.

    The median is None where the curve stays below one half as far as it is supported.
    """

    value: float | int | str
    probability: float
    onset_step: int | None


@dataclass(frozen=True)
class Gap:
    """Something that was not given, and how far the forecast would move if it were.

    Attributes
    ----------
    name : of the field of the context, or of the signal.
    expected_change : of a field, the standard deviation of P among runs like this one that it accounts for, once all else
        is known too; of a signal, how far P moves with it on average, as measured.
    range_of_probability : the lowest and the highest P among the examples; None of a signal.
    examples : over the likely values among runs like this one, in the order of the values; none of a signal.
    """

    name: str
    kind: Literal["context", "signal"]
    expected_change: float
    range_of_probability: tuple[float, float] | None
    examples: tuple[GapExample, ...]


@dataclass(frozen=True)
class Forecast:
    """When a run will generalise, if it will, as known at the last step of its history.

    Steps are absolute. `onset_step` holds quantiles of the unconditional curve, `onset_step_if_onset` those given
    onset by the horizon. The curve reaches to `supported_until_step`, beyond which too few runs were observed.

    `delay_steps` and `delay_steps_if_onset` hold the same of the delay, onset minus memorisation; before memorisation
    they are of both steps as forecast (`predictor.answering.delay`). In epochs they are None where the context has no
    `steps_per_epoch`. `outcome` is the likeliest of the classes at the horizon. `horizon_assumed`: neither a horizon nor a budget
    that is not used up was given. `gaps` says what to tell next; None where that was not asked for, or the
    forecaster was fitted before it could. `clock` says when all this is; None where nothing is known of the training's pace.
    """

    forecaster: str
    observed_until_step: int
    phase: Phase | None
    memorization_step: int | None
    target_accuracy: float
    horizon_step: int
    horizon_assumed: bool
    supported_until_step: int
    probability_onset_by_horizon: float
    onset_step: Quantiles
    onset_step_if_onset: Quantiles
    delay_steps: Quantiles
    delay_steps_if_onset: Quantiles
    delay_epochs: EpochQuantiles | None
    delay_epochs_if_onset: EpochQuantiles | None
    outcome: Outcome
    outcome_probabilities: dict[Outcome, float]
    curve: Curve
    drivers: tuple[Driver, ...]
    support: Support
    advice: Advice
    warnings: tuple[str, ...]
    gaps: tuple[Gap, ...] | None = None
    clock: Clock | None = None
