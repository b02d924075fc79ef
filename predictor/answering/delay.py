"""The delay of a forecast: how many steps onset comes after memorisation.

Once memorisation is confirmed the delay is the onset step less a constant. Before, both steps are still to come: the onset
as this run's curve has it, memorisation as it came to the corpus's runs that were still fitting. The two are taken as
independent but for their order: given the onset, memorisation is distributed as in the corpus, up to that step
(quasi-independence under truncation; Tsai 1990, Biometrika 77, 169).
"""

import numpy as np

from predictor.forecast import LEVELS, Quantiles
from predictor.hazard.curves import OnsetCurve
from predictor.hazard.time_bins import EDGES
from predictor.question import CheckedQuestion
from training_runs.arrays import FloatArray

_N = 48  # onsets, and for each as many memorisations, at the middles of equal shares of their distributions
_MIDDLES: FloatArray = (np.arange(_N) + 0.5) / _N


def memorizes_later(question: CheckedQuestion) -> bool:
    """Whether memorisation is to come: not where it is confirmed, nor where it is past and no signal showed its step."""
    is_seen = question.phase == "fitting" or "train_acc" in question.history.recorded_names()
    return question.memorized.step is None and is_seen


def before_memorization(landmark: float, curve: OnsetCurve, memorization: FloatArray, onset_by: float) -> FloatArray:
    """Return equally likely delays, in steps, of a run that has not memorised, given an onset below a level of its curve.

    Parameters
    ----------
    landmark : the last step of the history.
    memorization : P(memorised by each edge) of runs that are still fitting, shape (n_bins + 1,).
    onset_by : the probability of the onsets that the delay is given.
    """
    onset = np.array([curve.quantile(share * onset_by) for share in _MIDDLES.tolist()])
    by_onset = np.interp(onset, EDGES, memorization)
    memorized = np.interp(by_onset[:, None] * _MIDDLES, memorization, EDGES)
    delays = landmark * (10 ** onset[:, None] - 10**memorized)
    return np.asarray(np.maximum(delays, 0.0).ravel())


def delay_quantiles(delays: FloatArray, onset_by: float = 1.0) -> Quantiles:
    """Return quantiles of delays; a run without the onset that they are given, of a probability, counts as a longer one."""
    levels = (level / onset_by if onset_by >= level else None for level in LEVELS)
    return Quantiles.of(None if level is None else round(float(np.quantile(delays, level))) for level in levels)
