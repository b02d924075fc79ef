"""From steps to hours, dates and money, for a training whose pace is known."""

from datetime import UTC, datetime, timedelta

from predictor.forecast import Clock, Cost, Forecast, HourQuantiles, Quantiles, TimeQuantiles
from predictor.question import Question
from training_runs.pace import Pace, pace_of

_SECONDS = 3600.0  # of an hour


def clock_of(question: Question, forecast: Forecast) -> Clock | None:
    """Return when what is forecast will be, and what it costs; None where nothing is known of the training's time."""
    pace = pace_of(question.trajectory, question.seconds_per_step)
    if pace is None:
        return None
    last, is_over = forecast.observed_until_step, forecast.phase == "generalized"
    observed_at = None if pace.observed_at is None else _date(pace.observed_at)
    onset, if_onset = (
        None if is_over else _hours(steps, last, pace) for steps in (forecast.onset_step, forecast.onset_step_if_onset)
    )
    to_horizon = max(forecast.horizon_step - last, 0) * pace.seconds_per_step / _SECONDS
    # With a horizon that nobody set nobody knows when the training ends.
    saved = None if forecast.horizon_assumed else to_horizon
    return Clock(
        seconds_per_step=pace.seconds_per_step,
        measured=pace.is_measured,
        observed_at=observed_at,
        onset_hours=onset,
        onset_hours_if_onset=if_onset,
        onset_at=_times(onset, observed_at),
        onset_at_if_onset=_times(if_onset, observed_at),
        hours_to_horizon=to_horizon,
        horizon_at=_later(observed_at, to_horizon),
        hours_saved_by_stopping=saved,
        cost=_cost(question.cost_per_hour, onset, to_horizon, saved),
    )


def _cost(per_hour: float | None, onset: HourQuantiles | None, to_horizon: float, saved: float | None) -> Cost | None:
    if per_hour is None:
        return None
    to_onset = None if onset is None or onset.p50 is None else onset.p50 * per_hour
    return Cost(per_hour, to_onset, to_horizon * per_hour, None if saved is None else saved * per_hour)


def _hours(steps: Quantiles, last: int, pace: Pace) -> HourQuantiles:
    p05, p50, p95 = (
        None if step is None else (step - last) * pace.seconds_per_step / _SECONDS
        for step in (steps.p05, steps.p50, steps.p95)
    )
    return HourQuantiles(p05, p50, p95, steps.status)


def _times(hours: HourQuantiles | None, observed_at: datetime | None) -> TimeQuantiles | None:
    if hours is None or observed_at is None:
        return None
    p05, p50, p95 = (_later(observed_at, hour) for hour in (hours.p05, hours.p50, hours.p95))
    return TimeQuantiles(p05, p50, p95, hours.status)


def _later(observed_at: datetime | None, hours: float | None) -> datetime | None:
    if observed_at is None or hours is None:
        return None
    return _date(observed_at.timestamp() + hours * _SECONDS)


def _date(seconds: float) -> datetime | None:
    """Return a time to the second; None beyond the calendar's last year."""
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(seconds))
    except OverflowError:
        return None
