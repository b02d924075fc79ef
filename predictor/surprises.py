"""Added runs that ended otherwise than the champion had forecast: new knowledge, a mistake in a recording, or a lie.

Whoever may store runs teaches a forecaster that is retrained on them. What a run can move is bounded by the comparison, in which only
runs of the corpus judge; which runs to look at is said here. The measure is the log loss of the champion's forecasts, by the
learner that has not seen the run's configuration: gradients of a fit go with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictor.benchmark.prediction import predict
from predictor.benchmark.rows import measured_at_any_landmark
from predictor.forecaster import OnsetForecaster
from training_runs import Run

_UNLIKELY = 0.05  # what happened had less than this, on average over the landmarks of a run
_MOST = 10
_LEAST = 1e-6  # of a probability, in its logarithm


@dataclass(frozen=True)
class Surprise:
    """A run, and what was forecast of it before its rise.

    Attributes
    ----------
    generalised : whether it did, in one of its landmarks' time at least.
    champion, challenger : mean probability of onset by the budget, the challenger having learnt from the run.
    likelihood : geometric mean of the champion's probabilities of what happened.
    """

    run_id: str
    generalised: bool
    champion: float
    challenger: float
    likelihood: float


def surprises(champion: OnsetForecaster, challenger: OnsetForecaster, added: Sequence[Run]) -> tuple[Surprise, ...]:
    """Return the added runs that surprised the champion most, ten at most, the strangest first."""
    if not added:
        return ()
    rows = measured_at_any_landmark(added).early()
    if not len(rows):
        return ()
    before = predict(champion.curves(rows, blind=True, to_reach=False), rows).probability
    after = predict(challenger.curves(rows, to_reach=False), rows).probability
    log_likelihood = np.log(np.clip(np.where(rows.event, before, 1 - before), _LEAST, 1))
    found = []
    for run in np.unique(rows.run):
        of_run = rows.run == run
        likelihood = float(np.exp(log_likelihood[of_run].mean()))
        if likelihood < _UNLIKELY:
            champion_mean, challenger_mean = (float(p[of_run].mean()) for p in (before, after))
            happened = bool(rows.event[of_run].any())
            found.append(Surprise(str(run), happened, champion_mean, challenger_mean, likelihood))
    return tuple(sorted(found, key=lambda surprise: surprise.likelihood)[:_MOST])
