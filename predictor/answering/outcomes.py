"""The probabilities of Li & Sakib's classes at a horizon, from a curve of the onset."""

import math

import numpy as np

from predictor.hazard.curves import OnsetCurve
from predictor.hazard.time_bins import EDGES
from training_runs.arrays import FloatArray
from training_runs.onset import COMPREHENSION_DELAY_STEPS, Outcome


def outcome_probabilities(
    curve: OnsetCurve,
    by_horizon: float,
    *,
    landmark: float,
    horizon: float,
    has_memorized: bool,
    memorization_step: float | None,
    memorization: FloatArray,
    delays: FloatArray | None,
) -> dict[Outcome, float]:
    """Split the probabilities of onset and of none by the horizon into the four classes.

    Where memorisation is still to come, the onsets are split by the delays that are equally likely given one, and the chance of
    memorising by the horizon is that of the corpus's runs which had not. Where no signal shows its step, the delay is
    counted from the landmark: it is longer than that.

    Parameters
    ----------
    by_horizon : probability of an onset by the horizon.
    memorization : P(memorised by each edge) of runs that are still fitting, shape (n_bins + 1,).
    delays : equally likely ones in steps, given onset by the horizon, where memorisation is still to come.
    """
    fits = 1.0 if has_memorized else float(np.interp(math.log10(horizon / landmark), EDGES, memorization))
    if delays is None:
        since = landmark if memorization_step is None else memorization_step
        early = _by(curve, by_horizon, min(since + COMPREHENSION_DELAY_STEPS, horizon), landmark)
    else:
        early = by_horizon * float(np.mean(delays <= COMPREHENSION_DELAY_STEPS))
    return {
        "grokking": by_horizon - early,
        "comprehension": early,
        "memorization": (1 - by_horizon) * fits,
        "confusion": (1 - by_horizon) * (1 - fits),
    }


def _by(curve: OnsetCurve, by_horizon: float, step: float, landmark: float) -> float:
    """Return the probability of an onset by a step before the horizon."""
    return min(float(curve.probability(math.log10(step / landmark))), by_horizon) if step > landmark else 0.0
