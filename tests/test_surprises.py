"""A retraining says which of the added runs are unlike what the champion knows."""

from dataclasses import replace

import pytest

from grokcast.display.forecasters import show_comparison
from predictor.benchmark.bootstrap import Interval
from predictor.forecaster import OnsetForecaster
from predictor.retrain import Comparison, as_dict
from predictor.surprises import surprises
from training_runs import Run, Trajectory
from training_runs.synthetic import synthetic_run, synthetic_trajectory

BUDGET = 20_000


def honest(k: int) -> Run:
    return synthetic_run(synthetic_trajectory(100, 700, BUDGET, seed=k), f"honest-{k}", BUDGET)


def lie(k: int) -> Run:
    """All that is seen early says that it will generalise; its end says that it never did."""
    run = honest(1_000 + k)
    signals = {**run.trajectory.signals, "val_acc": [0.02] * len(run.trajectory)}
    return replace(run, trajectory=Trajectory(run.trajectory.steps, signals))


def test_runs_that_lie_are_named_and_honest_ones_are_not(synthetic_forecaster: OnsetForecaster) -> None:
    honest_runs, lies = [honest(k) for k in range(12)], [lie(k) for k in range(3)]
    found = surprises(synthetic_forecaster, synthetic_forecaster, [*honest_runs, *lies])
    assert {surprise.run_id for surprise in found} == {run.run_id for run in lies}
    for surprise in found:
        assert not surprise.generalised
        assert surprise.champion > 0.5
        assert surprise.likelihood < 0.05
    assert surprises(synthetic_forecaster, synthetic_forecaster, []) == ()
    assert len(surprises(synthetic_forecaster, synthetic_forecaster, [lie(k) for k in range(30)])) == 10


def test_they_are_printed_and_kept(synthetic_forecaster: OnsetForecaster, capsys: pytest.CaptureFixture[str]) -> None:
    found = surprises(synthetic_forecaster, synthetic_forecaster, [lie(0)])
    gain = Interval(0.0, -0.1, 0.1)
    comparison = Comparison("old", "new", 10, 5, 0.1, 0.2, 0.1, 0.2, gain, gain, surprises=found)
    show_comparison(comparison)
    said = " ".join(capsys.readouterr().out.split())
    assert f"run {lie(0).run_id} did not generalise" in said
    assert as_dict(comparison)["surprises"][0]["run_id"] == lie(0).run_id
