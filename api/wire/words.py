"""A forecast in words: the sentences of the command line and of the page, from the numbers of an answer alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field

from predictor.forecast import EpochQuantiles, Quantiles
from training_runs.onset import COMPREHENSION_DELAY_STEPS, OUTCOMES, Outcome
from training_runs.probability import percent

if TYPE_CHECKING:
    from api.wire import forecasts
    from api.wire.forecasts import ForecastAnswer

Steps = Union[Quantiles, "forecasts.StepQuantiles"]
Epochs = Union[EpochQuantiles, "forecasts.EpochQuantiles", None]
About = Literal[
    "now",
    "advice",
    "error_rate",
    "no_advice",
    "not_recorded",
    "average",
    "look_again",
    "horizon",
    "onset",
    "onset_if_onset",
    "delay_if_onset",
    "clock",
    Outcome,
]

_BEYOND = "beyond the supported range"
_DELAY = f"{COMPREHENSION_DELAY_STEPS:,} steps"
_MEANINGS: dict[Outcome, str] = {
    "grokking": f"grokking: generalises more than {_DELAY} after memorising",
    "comprehension": f"comprehension: generalises within {_DELAY} of memorising",
    "memorization": "memorisation: memorises, and does not generalise by then",
    "confusion": "confusion: does not memorise by then, nor generalise",
}


@dataclass(slots=True)  # a model costs as much time as the rest of an answer
class Sentence:
    """What a forecast says of one thing, in words."""

    about: Annotated[About, Field(description="what it is about; each outcome has a sentence, the likeliest first")]
    title: Annotated[str, Field(description="what stands before it; sentences of one title belong together")]
    text: str


def in_words(f: "ForecastAnswer") -> list[Sentence]:
    """Return a forecast in words. Out of support there is no advice, but what is foreign or missing; at support 0 no forecast either."""
    if f.phase == "generalized":
        advice = Sentence(about="advice", title="advice", text=f"{f.advice.action}: {f.advice.reason}")
        return [_now(f), advice, *_clock(f)]
    verdict = _advice(f) if f.support.in_support else _no_verdict(f)
    expected = _expected(f) if f.support.score > 0 else []
    return [_now(f), *verdict, *_again(f), *_horizon(f), *expected]


def onset_range(quantiles: Steps, supported_until_step: int) -> str:
    """Return median and 90 % interval; a quantile that is None lies beyond the supported range."""
    end = f"> {supported_until_step:,}"
    if quantiles.p05 is None:
        return f"{_BEYOND} ({end})"
    median = _BEYOND if quantiles.p50 is None else f"step {quantiles.p50:,}"
    high = end if quantiles.p95 is None else f"{quantiles.p95:,}"
    return f"median {median} (90 %: {quantiles.p05:,} to {high})"


def delay_range(steps: Steps, epochs: Epochs) -> str:
    """Return how long after memorisation the onset is expected, in steps, and in epochs where they are known."""
    if steps.status == "not_known_yet":
        return "not known yet: it is counted from memorisation, whose step no signal shows"
    if steps.p50 is None or steps.p05 is None:
        return _BEYOND
    high = _BEYOND if steps.p95 is None else f"{steps.p95:,}"
    in_epochs = "" if epochs is None or epochs.p50 is None else f", {epochs.p50:,.4g} epochs"
    return f"onset expected about {steps.p50:,} steps{in_epochs} after memorisation (90 %: {steps.p05:,} to {high})"


def _now(f: "ForecastAnswer") -> Sentence:
    phase = (f.phase or "phase not known").replace("ized", "ised")
    memorised = phase if phase == "memorised" else f"{phase}, memorised"
    since = phase if f.memorization_step is None else f"{memorised} since step {f.memorization_step:,}"
    return Sentence(about="now", title="now", text=f"step {f.observed_until_step:,}: {since}")


def _advice(f: "ForecastAnswer") -> list[Sentence]:
    rates = {
        "continue": f"of the runs that do not generalise, {100 * f.advice.false_positive_rate:.1f} % are told to continue",
        "stop": f"of the runs that do generalise, {100 * f.advice.false_stop_rate:.1f} % are told to stop",
    }
    rate = rates.get(f.advice.action)
    return [
        Sentence(about="advice", title="advice", text=f"{f.advice.action}: {f.advice.reason}"),
        *([Sentence(about="error_rate", title="advice", text=rate)] if rate else []),
    ]


def _no_verdict(f: "ForecastAnswer") -> list[Sentence]:
    """Return why a forecast that is hardly this run's own is no advice, and what would make it one."""
    said = [Sentence(about="no_advice", title="no advice", text=reason) for reason in f.support.reasons]
    if f.support.signals_missing:
        text = f"{', '.join(f.support.signals_missing)}: with these it may become a forecast"
        said.append(Sentence(about="not_recorded", title="not recorded", text=text))
    share = "all" if f.support.score == 0 else percent(1 - f.support.score)
    chance = f"{percent(f.probability_onset_by_horizon)} to generalise by step {_answered_at(f):,}"
    average = f"{chance}: {share} of it is the average of the runs learnt from"
    return [*said, Sentence(about="average", title="average", text=average)]


def _again(f: "ForecastAnswer") -> list[Sentence]:
    step = f.advice.check_again_step
    return [] if step is None else [Sentence(about="look_again", title="look again", text=f"at step {step:,}")]


def _horizon(f: "ForecastAnswer") -> list[Sentence]:
    if not f.horizon_assumed:
        return []
    text = f"{f.horizon_step:,} was assumed, 10 times the last step; give a horizon or a budget to ask for another"
    return [Sentence(about="horizon", title="horizon", text=text)]


def _expected(f: "ForecastAnswer") -> list[Sentence]:
    """Return when the onset is expected, how long after memorisation, and which class the run will be of."""
    by, end = f"by step {_answered_at(f):,}", f.supported_until_step
    onset = f"{onset_range(f.onset_step, end)}; a run that never generalises counts as later"
    delay = delay_range(f.delay_steps_if_onset, f.delay_epochs_if_onset)
    chances = f.outcome_probabilities
    ranked = sorted(OUTCOMES, key=lambda name: (name != f.outcome, -chances[name]))
    return [
        Sentence(about="onset", title="onset", text=onset),
        Sentence(about="onset_if_onset", title=f"onset, if {by}", text=onset_range(f.onset_step_if_onset, end)),
        Sentence(about="delay_if_onset", title="delay, if it generalises", text=delay),
        *_clock(f),
        *(Sentence(about=n, title=by, text=f"{percent(chances[n])} {_MEANINGS[n]}") for n in ranked),
    ]


def _clock(f: "ForecastAnswer") -> list[Sentence]:
    """Return when the onset is expected by the clock, how much longer that is, and what stopping saves."""
    if f.clock is None:
        return []
    said = _onset_by_the_clock(f, f.clock)
    if saved := f.clock.hours_saved_by_stopping:
        said += [f"stopping saves {_spent(saved, f.clock)}"]
    return [Sentence(about="clock", title="by the clock", text="; ".join(said))] if said else []


def _onset_by_the_clock(f: "ForecastAnswer", clock: "forecasts.Clock") -> list[str]:
    """Return when the onset is expected; of a run that is likelier not to generalise, when it would be."""
    hours, at, text = clock.onset_hours, clock.onset_at, "onset expected"
    if hours is None or hours.p50 is None:
        hours, at = clock.onset_hours_if_onset, clock.onset_at_if_onset
        text = f"if it generalises by step {_answered_at(f):,}, then"
    if hours is None or hours.p05 is None or hours.p50 is None:
        return []
    if at is None or at.p05 is None or at.p50 is None:
        high = _BEYOND if hours.p95 is None else _duration(hours.p95)
        return [f"{text} in about {_spent(hours.p50, clock)} (90 %: {_duration(hours.p05)} to {high})"]
    low, high = _date(at.p05), _BEYOND if at.p95 is None else _date(at.p95)
    return [f"{text} on {_date(at.p50, 'about ')} UTC (90 %: {low} to {high}), {_spent(hours.p50, clock)} more"]


def _spent(hours: float, clock: "forecasts.Clock") -> str:
    """Return some hours and what they cost, where that is known."""
    return _duration(hours) + ("" if clock.cost is None else f" (cost {hours * clock.cost.per_hour:,.2f})")


def _duration(hours: float) -> str:
    if hours < 1:
        return "less than a minute" if hours < 1 / 60 else f"{60 * hours:.0f} min"
    return f"{hours:.3g} hours" if hours < 100 else f"{hours / 24:,.0f} days"


def _date(at: datetime, about: str = "") -> str:
    return f"{at:%a} {at.day} {at:%b} {at.year}, {about}{at:%H:%M}"


def _answered_at(f: "ForecastAnswer") -> int:
    """Return the step that the probability is for."""
    return min(f.horizon_step, f.supported_until_step)
