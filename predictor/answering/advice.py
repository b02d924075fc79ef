"""Continue, stop or undecided: two thresholds on P(onset by the budget), with error rates by run.

The thresholds hold for runs that are monitored: forecast at checkpoint after checkpoint, from confirmed memorisation
to the rise, about the step at which they will be stopped. A false alarm is a run without onset in its budget that
reaches the upper threshold at any of them; a false stop is one that does generalise and falls to the lower threshold
at any of them. Each fold of configurations is judged by thresholds from the other four, and by the learner blind to it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.phase import Phase
from predictor.forecast import Action, Advice
from predictor.hazard.folds import fold_of
from predictor.state import FieldsAreState
from training_runs.arrays import FloatArray
from training_runs.probability import percent

MAX_FALSE_POSITIVE_RATE = 0.05
MAX_FALSE_STOP_RATE = 0.02


@dataclass(frozen=True)
class AdviceRule(FieldsAreState):
    """Thresholds on the probability of onset, and how often such thresholds were wrong on runs new to them.

    Attributes
    ----------
    continue_above, stop_below : the thresholds, from all held-out runs.
    false_positive_rate, false_stop_rate : of thresholds from four folds on the fifth, over all five.
    false_positive_bound, false_stop_bound : one-sided 95 % Clopper-Pearson bounds of those.
    false_positive_rate_blocked : the first rate among runs that never could generalise.
    n_negative_runs, n_positive_runs : how many runs the rates were counted on.
    """

    continue_above: float
    stop_below: float
    false_positive_rate: float
    false_stop_rate: float
    false_positive_bound: float
    false_stop_bound: float
    false_positive_rate_blocked: float
    n_negative_runs: int
    n_positive_runs: int

    def advise(
        self,
        probability: float,
        *,
        phase: Phase | None,
        landmark: int,
        horizon: int,
        answered_at: int,
        horizon_stated: bool,
        unlike: str | None,
    ) -> Advice:
        """Return the advice for one forecast, and the next step at which asking again is worth it.

        `unlike` is the reason why the run is out of support, if it is; `answered_at` is the step that the probability is for: the horizon, or the last supported step before it.
        """
        again = max(min(2 * landmark, horizon), landmark + 1)
        chance = f"{percent(probability)} to generalise by step {answered_at:,}"
        if unlike is not None:
            return self._advice("undecided", f"{chance}, but {unlike}", again)
        if phase not in ("memorized", "rising"):
            unsure = (
                "nothing given shows whether it has memorised" if phase is None else "memorisation is not confirmed yet"
            )
            return self._advice("undecided", f"{chance}; {unsure}", again)
        if probability >= self.continue_above:
            return self._advice("continue", chance, again)
        if probability > self.stop_below:
            return self._advice("undecided", chance, again)
        if answered_at < horizon:
            return self._advice("undecided", f"{chance}; later steps are beyond the supported range", again)
        if not horizon_stated:
            text = f"{chance}; give a budget or a horizon to be advised on stopping"
            return self._advice("undecided", text, again)
        return self._advice("stop", chance, None)

    def done(self, onset: int) -> Advice:
        """Return the advice for a run that has generalised."""
        reason = f"generalised at step {onset:,}: there is nothing left to wait for"
        return self._advice("stop", reason, None)

    def _advice(self, action: Action, reason: str, again: int | None) -> Advice:
        return Advice(
            action=action,
            reason=reason,
            false_positive_rate=self.false_positive_rate,
            false_stop_rate=self.false_stop_rate,
            check_again_step=again,
        )


def fit_advice(
    probability: FloatArray,
    positive: NDArray[np.bool_],
    blocked: NDArray[np.bool_],
    run: NDArray[np.str_],
    configuration: NDArray[np.str_],
) -> AdviceRule:
    """Choose the thresholds that catch most within the allowed error rates, and count the errors of such thresholds.

    Parameters
    ----------
    probability : P(onset by the budget) at each checkpoint that is monitored, from models blind to the row.
    positive, blocked : whether that run generalised within its budget, and whether it never could.
    run, configuration : identifiers; a run counts once, by its worst checkpoint.
    """
    highest = _by_run(probability, run, ~positive, np.max)
    lowest = _by_run(-probability, run, positive, np.max)
    is_blocked = {str(r): bool(b) for r, b in zip(run, blocked, strict=True)}
    fold = dict(zip(run.tolist(), fold_of(configuration, "fit").tolist(), strict=True))
    configuration_of = dict(zip(run.tolist(), configuration.tolist(), strict=True))
    alarms = _errors(highest, fold, MAX_FALSE_POSITIVE_RATE)
    stops = _errors(lowest, fold, MAX_FALSE_STOP_RATE)
    upper = threshold_for(list(highest.values()), MAX_FALSE_POSITIVE_RATE)
    return AdviceRule(
        continue_above=upper,
        stop_below=min(-threshold_for(list(lowest.values()), MAX_FALSE_STOP_RATE), upper),
        false_positive_rate=_rate(alarms),
        false_stop_rate=_rate(stops),
        false_positive_bound=_bound(alarms, configuration_of),
        false_stop_bound=_bound(stops, configuration_of),
        false_positive_rate_blocked=_rate({r: e for r, e in alarms.items() if is_blocked[r]}),
        n_negative_runs=len(highest),
        n_positive_runs=len(lowest),
    )


def _by_run(
    values: FloatArray,
    run: NDArray[np.str_],
    rows: NDArray[np.bool_],
    reduce: Callable[[FloatArray], float],
) -> dict[str, float]:
    return {str(r): float(reduce(values[rows & (run == r)])) for r in np.unique(run[rows])}


def _errors(worst: dict[str, float], fold: dict[str, int], allowed: float) -> dict[str, bool]:
    """Return of each run whether a threshold from the other folds was wrong about it."""
    errors: dict[str, bool] = {}
    for held_out in {fold[r] for r in worst}:
        limit = threshold_for([v for r, v in worst.items() if fold[r] != held_out], allowed)
        errors |= {r: v >= limit for r, v in worst.items() if fold[r] == held_out}
    return errors


def _rate(errors: dict[str, bool]) -> float:
    return float(np.mean(list(errors.values()))) if errors else 0.0


def _bound(errors: dict[str, bool], configuration: dict[str, str]) -> float:
    """Return the bound of an error rate from one run a configuration: seeds of one are not independent."""
    one_each = {configuration[run]: wrong for run, wrong in sorted(errors.items(), reverse=True)}
    return clopper_pearson_bound(sum(one_each.values()), len(one_each))


def clopper_pearson_bound(wrong: int, n: int) -> float:
    """Return the one-sided 95 % Clopper-Pearson bound of an error rate, given how many of n cases were wrong."""
    from scipy.stats import beta  # takes a second, and forecasting does without

    return 1.0 if wrong >= n else float(beta.ppf(0.95, wrong + 1, n - wrong))


def threshold_for(worst: list[float], allowed: float) -> float:
    """Return the lowest value that at most a share of the worst cases reaches."""
    if not worst:
        return 1.0
    ranked = sorted(worst, reverse=True)
    return float(np.nextafter(ranked[int(allowed * len(ranked))], np.inf))
