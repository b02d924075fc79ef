"""What a forecaster answers."""

from dataclasses import dataclass
from typing import Literal

from features.phase import Phase
from training_runs.onset import Outcome

Action = Literal["continue", "stop", "undecided"]


@dataclass(frozen=True)
class Quantiles:
    """5 %, 50 % and 95 % quantiles in steps; None where the curve stays below that level as far as it reaches."""

    p05: int | None
    p50: int | None
    p95: int | None


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
    """How much of a forecast is its own, 1 for a history like those learnt from down to 0, and which signals it used."""

    score: float
    in_support: bool
    signals_used: tuple[str, ...]
    signals_missing: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """Continue, stop or undecided, from a stated rule with error rates verified on held-out configurations."""

    action: Action
    reason: str
    false_positive_rate: float
    false_stop_rate: float
    check_again_step: int | None


@dataclass(frozen=True)
class Forecast:
    """When a run will generalise, if it will, as known at the last step of its history.

    Steps are absolute. `onset_step` holds quantiles of the unconditional curve, `onset_step_if_onset` those given
    onset by the horizon. The curve reaches to `supported_until_step`, beyond which too few runs were observed.
    """

    forecaster: str
    observed_until_step: int
    phase: Phase | None
    memorization_step: int | None
    target_accuracy: float
    horizon_step: int
    supported_until_step: int
    probability_onset_by_horizon: float
    onset_step: Quantiles
    onset_step_if_onset: Quantiles
    delay_steps: Quantiles
    outcome_probabilities: dict[Outcome, float]
    curve: Curve
    drivers: tuple[Driver, ...]
    support: Support
    advice: Advice
    warnings: tuple[str, ...]


def percent(probability: float) -> str:
    """Return a probability in percent; never 0 or 100, which no forecast knows.

    >>> percent(0.873), percent(0.9999), percent(0.0)
    ('87 %', '> 99 %', '< 1 %')
    """
    if probability > 0.99:
        return "> 99 %"
    return "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"
