"""Continue, stop or undecided: two thresholds on P(onset by the horizon), with error rates by run.

The rates are counted on runs that the model did not see, from confirmed memorisation to the rise: a false alarm is a
run without onset in its budget that reached the upper threshold at any landmark; a false stop is a run that did
generalise and fell to the lower threshold at any landmark.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from predictor.forecast import Advice

MAX_FALSE_POSITIVE_RATE = 0.05
MAX_FALSE_STOP_RATE = 0.02


@dataclass(frozen=True)
class AdviceRule:
    """Thresholds on the probability of onset, and how often each was wrong on held-out runs."""

    continue_above: float
    stop_below: float
    false_positive_rate: float
    false_stop_rate: float
    n_negative_runs: int
    n_positive_runs: int

    def advise(self, probability: float, landmark: int, horizon: int, in_support: bool) -> Advice:
        """Return the advice for one forecast, with the next step at which asking again is worth it."""
        again = min(2 * landmark, horizon)
        chance = f"{100 * probability:.0f} % to generalise by step {horizon}"
        if not in_support:
            return self._advice("undecided", f"{chance}, but unlike the runs learnt from", again)
        if probability >= self.continue_above:
            return self._advice("continue", chance, again)
        if probability <= self.stop_below:
            return self._advice("stop", chance, None)
        return self._advice("undecided", chance, again)

    def done(self, onset: int) -> Advice:
        """Return the advice for a run that has generalised."""
        return self._advice(
            "stop", f"generalised at step {onset}: nothing is left to wait for", None
        )

    def _advice(self, action: str, reason: str, again: int | None) -> Advice:
        return Advice(
            action=action,  # type: ignore[arg-type]
            reason=reason,
            false_positive_rate=self.false_positive_rate,
            false_stop_rate=self.false_stop_rate,
            check_again_step=again,
        )


def fit_advice(
    probability: FloatArray, positive: NDArray[np.bool_], run: NDArray[np.str_]
) -> AdviceRule:
    """Choose the thresholds that catch most within the allowed error rates.

    Parameters
    ----------
    probability : P(onset by the budget) at landmarks between memorisation and rise, from models blind to the row.
    positive : whether that run generalised within its budget.
    run : identifiers; a run counts once, by its worst landmark.
    """
    highest = _by_run(probability[~positive], run[~positive], np.max)
    lowest = _by_run(probability[positive], run[positive], np.min)
    upper = _threshold(highest, MAX_FALSE_POSITIVE_RATE)
    lower = min(-_threshold(-lowest, MAX_FALSE_STOP_RATE), upper)
    return AdviceRule(
        continue_above=upper,
        stop_below=lower,
        false_positive_rate=float(np.mean(highest >= upper)) if len(highest) else 0.0,
        false_stop_rate=float(np.mean(lowest <= lower)) if len(lowest) else 0.0,
        n_negative_runs=len(highest),
        n_positive_runs=len(lowest),
    )


def _by_run(values: FloatArray, run: NDArray[np.str_], reduce: np.ufunc | object) -> FloatArray:
    return np.array([reduce(values[run == r]) for r in np.unique(run)])  # type: ignore[operator]


def _threshold(worst: FloatArray, allowed: float) -> float:
    """Return the lowest value that at most a share of the worst cases reaches."""
    if not len(worst):
        return 1.0
    ranked = np.sort(worst)[::-1]
    return float(np.nextafter(ranked[int(allowed * len(ranked))], np.inf))
