"""From a curve in decades after the landmark to an answer in steps."""

import math
from dataclasses import dataclass

import numpy as np

from features.phase import Phase
from predictor.answering.advice import AdviceRule
from predictor.answering.drivers import drivers_of
from predictor.forecast import Curve, Forecast, Quantiles, Support
from predictor.hazard.curves import OnsetCurve
from predictor.hazard.time_bins import EDGES
from training_runs import Context, Onset, Trajectory
from training_runs.arrays import FloatArray
from training_runs.onset import COMPREHENSION_DELAY_STEPS, OUTCOMES, Outcome, outcome_by
from training_runs.signals import SIGNALS

_LEVELS = (0.05, 0.50, 0.95)
_CORE_SIGNALS = ("train_loss", "train_acc", "val_loss", "val_acc", "weight_norm")
CURVE_POINTS = 41


@dataclass(frozen=True, eq=False)
class Reading:
    """A question, checked, with what its history shows and what was not said filled in."""

    history: Trajectory
    context: Context
    landmark: int
    phase: Phase | None
    memorized: Onset
    generalized: Onset
    horizon: int
    horizon_stated: bool
    target_accuracy: float
    warnings: list[str]


def answer(
    version: str,
    reading: Reading,
    curve: OnsetCurve,
    *,
    memorization: FloatArray,
    features: FloatArray,
    contribution: FloatArray,
    support_score: float,
    in_support: bool,
    advice: AdviceRule,
) -> Forecast:
    """Return the forecast of one run that has not generalised yet."""
    supported = _step(reading.landmark, curve.reach)
    horizon = min(reading.horizon, supported)
    warnings = list(reading.warnings)
    if reading.horizon > supported:
        warnings.append(
            f"too few runs were watched beyond step {supported}: the probability is for that step, "
            f"not for step {reading.horizon}"
        )
    if not in_support:
        warnings.append(
            f"this history is unlike the runs learnt from: {100 * (1 - support_score):.0f} % of the forecast is "
            "what those did as a whole"
        )
    by_horizon = _probability(curve, horizon / reading.landmark)
    onset = _quantiles(reading.landmark, curve, 1.0)
    if_onset = _quantiles(reading.landmark, curve, by_horizon)
    memorized = reading.memorized.step
    return Forecast(
        forecaster=version,
        observed_until_step=reading.landmark,
        phase=reading.phase,
        memorization_step=memorized,
        target_accuracy=reading.target_accuracy,
        horizon_step=reading.horizon,
        supported_until_step=supported,
        probability_onset_by_horizon=by_horizon,
        onset_step=Quantiles(*onset),
        onset_step_if_onset=Quantiles(*if_onset),
        delay_steps=_delays(onset, memorized),
        outcome_probabilities=_outcomes(reading, curve, horizon, by_horizon, memorization),
        curve=_curve(reading.landmark, curve),
        drivers=drivers_of(contribution, features),
        support=_support(reading, support_score, in_support),
        advice=advice.advise(
            by_horizon,
            phase=reading.phase,
            landmark=reading.landmark,
            horizon=reading.horizon,
            answered_at=horizon,
            horizon_stated=reading.horizon_stated,
            in_support=in_support,
        ),
        warnings=tuple(warnings),
    )


def answer_generalized(version: str, reading: Reading, advice: AdviceRule) -> Forecast:
    """Return what is known of a run whose onset is already in its history: no forecast."""
    onset, memorized = reading.generalized.step, reading.memorized.step
    assert onset is not None
    seen = Quantiles(onset, onset, onset)
    outcome = outcome_by(reading.horizon, reading.memorized, reading.generalized)
    return Forecast(
        forecaster=version,
        observed_until_step=reading.landmark,
        phase="generalized",
        memorization_step=memorized,
        target_accuracy=reading.target_accuracy,
        horizon_step=reading.horizon,
        supported_until_step=reading.landmark,
        probability_onset_by_horizon=float(onset <= reading.horizon),
        onset_step=seen,
        onset_step_if_onset=seen,
        delay_steps=_delays([onset] * 3, memorized),
        outcome_probabilities={name: float(name == outcome) for name in OUTCOMES},
        curve=Curve((onset,), (1.0,)),
        drivers=(),
        support=_support(reading, 1.0, True),
        advice=advice.done(onset),
        warnings=tuple(reading.warnings),
    )


def _step(landmark: int, decades: float) -> int:
    return math.floor(landmark * 10**decades + 0.5)


def _probability(curve: OnsetCurve, ratio: float) -> float:
    return float(curve.probability(math.log10(ratio)))


def _quantiles(landmark: int, curve: OnsetCurve, by_horizon: float) -> list[int | None]:
    """Return the steps by which the curve reaches each level of a share of it."""
    decades = [curve.quantile(level * by_horizon) for level in _LEVELS]
    return [None if math.isnan(x) else max(_step(landmark, x), landmark + 1) for x in decades]


def _delays(onset: list[int | None], memorized: int | None) -> Quantiles:
    """Onset minus memorisation; null where memorisation is not known."""
    return Quantiles(*(None if o is None or memorized is None else o - memorized for o in onset))


def _curve(landmark: int, curve: OnsetCurve) -> Curve:
    decades = np.linspace(0, curve.reach, CURVE_POINTS)[1:]
    steps = np.unique(np.floor(landmark * 10**decades + 0.5))
    steps = steps[steps > landmark]
    probability = curve.probability(np.log10(steps / landmark))
    return Curve(tuple(steps.astype(np.int64).tolist()), tuple(probability.tolist()))


def _outcomes(
    reading: Reading,
    curve: OnsetCurve,
    horizon: int,
    by_horizon: float,
    memorization: FloatArray,
) -> dict[Outcome, float]:
    """Split the probabilities of onset and of none into Li & Sakib's classes.

    Where memorisation is not confirmed, the delay is counted from the landmark, the earliest it can be, and the chance
    of memorising by the horizon is that of the corpus's runs which had not.
    """
    memorized = reading.memorized.step
    has_memorized = memorized is not None or reading.phase == "memorized"
    since = reading.landmark if memorized is None else memorized
    early_until = min(since + COMPREHENSION_DELAY_STEPS, horizon)
    early = 0.0
    if early_until > reading.landmark:
        early = min(_probability(curve, early_until / reading.landmark), by_horizon)
    decades = math.log10(horizon / reading.landmark)
    fits = 1.0 if has_memorized else float(np.interp(decades, EDGES, memorization))
    return {
        "grokking": by_horizon - early,
        "comprehension": early,
        "memorization": (1 - by_horizon) * fits,
        "confusion": (1 - by_horizon) * (1 - fits),
    }


def _support(reading: Reading, score: float, in_support: bool) -> Support:
    used = reading.history.recorded_names()
    missing = [n for n in SIGNALS if n in _CORE_SIGNALS and n not in used]
    return Support(round(score, 4), in_support, tuple(used), tuple(missing))
