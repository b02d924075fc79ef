"""A forecast does not rest on the third digit of a log."""

import numpy as np

from features.landmarks import landmarks
from predictor.forecast import Forecast
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from training_runs import Trajectory
from training_runs.blind_test import read_blind
from training_runs.signals import SIGNALS


def noisy(history: Trajectory, rng: np.random.Generator) -> Trajectory:
    """Return a history with a thousandth of noise on every value, within the range of its signal."""
    signals = {}
    for name, values in history.signals.items():
        high = SIGNALS[name].range[1]
        changed = values * (1 + 1e-3 * rng.standard_normal(len(values)))
        signals[name] = changed if high is None else np.minimum(changed, high)
    return Trajectory(history.steps, signals)


def test_a_thousandth_of_noise_moves_forecasts_little(shipped: OnsetForecaster) -> None:
    rng = np.random.default_rng(0)
    asked, changed = [], []
    for run in read_blind():
        for landmark in landmarks(run, np.random.default_rng(0))[2::4]:
            history = run.trajectory.prefix(landmark)
            asked.append(Question(history, run.context, horizon_step=20 * landmark))
            changed.append(Question(noisy(history, rng), run.context, horizon_step=20 * landmark))
    moved = [
        abs(a.probability_onset_by_horizon - b.probability_onset_by_horizon)
        for a, b in zip(shipped.forecast_many(asked), shipped.forecast_many(changed), strict=True)
        if isinstance(a, Forecast) and isinstance(b, Forecast)
    ]
    assert len(moved) > 200
    assert np.quantile(moved, 0.95) <= 0.02
    assert max(moved) <= 0.05
