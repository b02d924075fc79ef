"""From a curve in decades after the landmark to an answer in steps."""

import math

import numpy as np

from predictor.answering.advice import AdviceRule
from predictor.answering.delay import before_memorization, delay_quantiles, memorizes_later
from predictor.answering.outcomes import outcome_probabilities
from predictor.forecast import LEVELS, Curve, Driver, EpochQuantiles, Forecast, Quantiles, Support, since_memorization
from predictor.hazard.curves import OnsetCurve
from predictor.question import CheckedQuestion
from training_runs import Context
from training_runs.arrays import FloatArray
from training_runs.onset import OUTCOMES, outcome_by
from training_runs.signals import SIGNALS

CORE_SIGNALS = ("train_loss", "train_acc", "val_loss", "val_acc", "weight_norm")
CURVE_POINTS = 41


def answer(
    version: str,
    question: CheckedQuestion,
    curve: OnsetCurve,
    *,
    memorization: FloatArray,
    drivers: tuple[Driver, ...],
    support_score: float,
    in_support: bool,
    support_reasons: tuple[str, ...],
    advice: AdviceRule,
) -> Forecast:
    """Return the forecast of one run that has not generalised yet."""
    supported = _step(question.landmark, curve.reach)
    horizon = min(question.horizon, supported)
    warnings = list(question.warnings)
    if question.horizon > supported:
        warnings.append(
            f"too few runs were observed beyond step {supported:,}: the probability is for that step, "
            f"not for step {question.horizon:,}"
        )
    if not in_support:
        warnings.append(
            f"{'; '.join(support_reasons)}: {100 * (1 - support_score):.0f} % of the forecast is the average of the runs "
            "learnt from"
        )
    by_horizon = probability_by_horizon(question, curve)
    onset = _quantiles(question.landmark, curve, 1.0)
    if_onset = _quantiles(question.landmark, curve, by_horizon)
    to_come = memorizes_later(question)
    delays = before_memorization(question.landmark, curve, memorization, by_horizon) if to_come else None
    delay, delay_if_onset = _delays(question, curve, memorization, delays, onset, if_onset)
    outcomes = outcome_probabilities(
        curve,
        by_horizon,
        landmark=question.landmark,
        horizon=horizon,
        has_memorized=question.memorized.step is not None or question.phase == "memorized",
        memorization_step=question.memorized.step,
        memorization=memorization,
        delays=delays,
    )
    return Forecast(
        forecaster=version,
        observed_until_step=question.landmark,
        phase=question.phase,
        memorization_step=question.memorized.step,
        target_accuracy=question.target_accuracy,
        horizon_step=question.horizon,
        horizon_assumed=not question.horizon_stated,
        supported_until_step=supported,
        probability_onset_by_horizon=by_horizon,
        onset_step=onset,
        onset_step_if_onset=if_onset,
        delay_steps=delay,
        delay_steps_if_onset=delay_if_onset,
        delay_epochs=_epochs(delay, question.context),
        delay_epochs_if_onset=_epochs(delay_if_onset, question.context),
        outcome=max(OUTCOMES, key=lambda name: outcomes[name]),
        outcome_probabilities=outcomes,
        curve=_curve(question.landmark, curve),
        drivers=drivers,
        support=_support(question, support_score, in_support, support_reasons),
        advice=advice.advise(
            by_horizon,
            phase=question.phase,
            landmark=question.landmark,
            horizon=question.horizon,
            answered_at=horizon,
            horizon_stated=question.horizon_stated,
            unlike=support_reasons[0].split(" (")[0] if support_reasons else None,
        ),
        warnings=tuple(warnings),
    )


def probability_by_horizon(question: CheckedQuestion, curve: OnsetCurve) -> float:
    """Return P(onset by the horizon), or by the end of the supported range if that is earlier."""
    horizon = min(question.horizon, _step(question.landmark, curve.reach))
    return _probability(curve, horizon / question.landmark)


def median_onset(question: CheckedQuestion, curve: OnsetCurve) -> int | None:
    """Return the median onset step; None where the curve stays below one half within the supported range."""
    return _quantiles(question.landmark, curve, 1.0).p50


def answer_generalized(version: str, question: CheckedQuestion, advice: AdviceRule) -> Forecast:
    """Return the answer for a run whose onset is already in its history: no forecast."""
    onset = question.generalized.step
    assert onset is not None
    seen = Quantiles(onset, onset, onset)
    delay = since_memorization(seen, question.memorized.step)
    outcome = outcome_by(question.horizon, question.memorized, question.generalized)
    return Forecast(
        forecaster=version,
        observed_until_step=question.landmark,
        phase="generalized",
        memorization_step=question.memorized.step,
        target_accuracy=question.target_accuracy,
        horizon_step=question.horizon,
        horizon_assumed=not question.horizon_stated,
        supported_until_step=question.landmark,
        probability_onset_by_horizon=float(onset <= question.horizon),
        onset_step=seen,
        onset_step_if_onset=seen,
        delay_steps=delay,
        delay_steps_if_onset=delay,
        delay_epochs=_epochs(delay, question.context),
        delay_epochs_if_onset=_epochs(delay, question.context),
        outcome=outcome,
        outcome_probabilities={name: float(name == outcome) for name in OUTCOMES},
        curve=Curve((onset,), (1.0,)),
        drivers=(),
        support=_support(question, 1.0, True, ()),
        advice=advice.done(onset),
        warnings=question.warnings,
    )


def _step(landmark: int, decades: float) -> int:
    return math.floor(landmark * 10**decades + 0.5)


def _probability(curve: OnsetCurve, ratio: float) -> float:
    return float(curve.probability(math.log10(ratio)))


def _quantiles(landmark: int, curve: OnsetCurve, by_horizon: float) -> Quantiles:
    """Return the steps by which the curve reaches each level of a share of it."""
    decades = (curve.quantile(level * by_horizon) for level in LEVELS)
    return Quantiles.of(None if math.isnan(x) else max(_step(landmark, x), landmark + 1) for x in decades)


def _delays(
    question: CheckedQuestion,
    curve: OnsetCurve,
    memorization: FloatArray,
    delays: FloatArray | None,
    onset: Quantiles,
    if_onset: Quantiles,
) -> tuple[Quantiles, Quantiles]:
    """Return the quantiles of the delay, of all runs and given onset by the horizon.

    `delays` are equally likely ones, given onset by the horizon, where memorisation is still to come.
    """
    if delays is None:
        memorized = question.memorized.step
        return since_memorization(onset, memorized), since_memorization(if_onset, memorized)
    in_all = _probability(curve, 10**curve.reach)
    of_all = before_memorization(question.landmark, curve, memorization, in_all)
    return delay_quantiles(of_all, onset_by=in_all), delay_quantiles(delays)


def _epochs(delay: Quantiles, context: Context) -> EpochQuantiles | None:
    return EpochQuantiles.of(delay, context.steps_per_epoch) if context.steps_per_epoch else None


def _curve(landmark: int, curve: OnsetCurve) -> Curve:
    decades = np.linspace(0, curve.reach, CURVE_POINTS)
    steps = np.floor(landmark * 10**decades + 0.5)
    steps = steps[1:][steps[1:] > steps[:-1]]
    probability = curve.probability(np.log10(steps / landmark))
    return Curve(tuple(steps.astype(np.int64).tolist()), tuple(probability.tolist()))


def _support(question: CheckedQuestion, score: float, in_support: bool, reasons: tuple[str, ...]) -> Support:
    used = question.history.recorded_names()
    missing = [n for n in SIGNALS if n in CORE_SIGNALS and n not in used]
    return Support(round(score, 4), in_support, tuple(used), tuple(missing), reasons)
