"""Sweeps played again: pruners decided by hand, Optuna as an oracle where it is installed, and planted forecasts."""

import numpy as np
import pytest

from predictor.benchmark.baselines.pruners import Pruner, median_pruner, no_pruning, successive_halving
from predictor.benchmark.decision import (
    Forecasts,
    Sweep,
    decide,
    forecast_stops,
    frontier,
    held_out_thresholds,
    judge,
    pruned,
    sweep_of,
    threshold_that_keeps,
)
from training_runs import Run
from training_runs.synthetic import synthetic_run, synthetic_trajectory

NEVER = np.inf
STEPS = np.array([10.0, 20.0, 40.0, 80.0])


def test_the_median_pruner_waits_for_finished_runs_then_compares_with_their_median() -> None:
    values = np.array(
        [
            [0.1, 0.2, 0.3, 0.4],  # finishes: too few before it
            [0.3, 0.4, 0.5, 0.6],  # finishes: too few before it; medians now 0.2, 0.3, 0.4, 0.5
            [0.2, 0.25, 0.9, 0.9],  # 0.2 is not below 0.2; 0.25 is below 0.3: stopped at 20
            [0.5, 0.0, 0.0, 0.9],  # best so far 0.5 is nowhere below: finishes
            [0.3, 0.3, 0.3, 0.3],  # medians are 0.3, 0.2, 0.3, 0.6: stopped at 80
        ]
    )
    stopped = median_pruner(n_startup_trials=2)(values, STEPS)
    assert stopped.tolist() == [NEVER, NEVER, 20, NEVER, 80]


def test_the_median_pruner_lets_runs_warm_up() -> None:
    values = np.array([[0.5, 0.5, 0.5, 0.5], [0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.6, 0.6]])
    pruner = median_pruner(n_startup_trials=1, n_warmup_steps=30)
    assert pruner(values, STEPS).tolist() == [NEVER, 40, NEVER]


def test_the_median_pruner_compares_only_with_runs_that_came_so_far() -> None:
    values = np.array([[0.1, 0.1, np.nan, np.nan], [0.2, 0.2, 0.2, 0.2], [np.nan] * 4])
    stopped = median_pruner(n_startup_trials=1)(values, STEPS)
    assert stopped.tolist() == [NEVER, NEVER, NEVER]


def test_successive_halving_promotes_the_best_part_of_each_rung() -> None:
    """Rungs at 10, 20, 40 and 80 steps, the better half goes on."""
    values = np.array(
        [
            [0.5, 0.5, 0.5, 0.5],  # the only one everywhere
            [0.4, 0.9, 0.9, 0.9],  # 1 of 2 goes on from 10, and 0.4 is not it
            [0.6, 0.4, 0.9, 0.9],  # 1 of 3 at 10: it; at 20, second of 2
            [0.5, 0.7, 0.4, 0.9],  # 2 of 4 at 10: 0.6 and 0.5; 1 of 3 at 20: it; at 40 second of 2
        ]
    )
    stopped = successive_halving(min_resource=10, reduction_factor=2)(values, STEPS)
    assert stopped.tolist() == [NEVER, 10, 20, 40]


def test_successive_halving_learns_its_first_rung_from_the_first_run() -> None:
    """The first run's last report is at 80: a hundredth of that is below one step, so the rungs are 1, 4, 16, 64."""
    values = np.array([[0.1, 0.1, 0.1, 0.1], [0.5, 0.5, 0.5, 0.5], [0.4, 0.6, 0.6, 0.6]])
    assert successive_halving()(values, STEPS).tolist() == [NEVER, NEVER, 10]


@pytest.mark.parametrize("seed", range(4))
def test_pruners_decide_as_optuna_does(seed: int) -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = np.random.default_rng(seed)
    values = np.clip(np.cumsum(rng.normal(0.03, 0.06, (40, 12)), 1), 0, 1).round(2)
    values[np.arange(12) >= rng.integers(4, 13, 40)[:, None]] = np.nan
    steps = np.round(np.geomspace(10, 5000, 12))
    pairs = [
        (median_pruner(), optuna.pruners.MedianPruner()),
        (
            median_pruner(n_startup_trials=2, n_warmup_steps=100),
            optuna.pruners.MedianPruner(2, 100),
        ),
        (successive_halving(), optuna.pruners.SuccessiveHalvingPruner()),
        (
            successive_halving(min_resource=20, reduction_factor=2),
            optuna.pruners.SuccessiveHalvingPruner(20, 2),
        ),
    ]
    for ours, theirs in pairs:
        study = optuna.create_study(direction="maximize", pruner=theirs)
        stopped = []
        for row in values:
            trial = study.ask()
            stopped.append(NEVER)
            for step, value in zip(steps[np.isfinite(row)], row[np.isfinite(row)], strict=True):
                trial.report(float(value), int(step))
                if trial.should_prune():
                    stopped[-1] = step
                    break
            done = stopped[-1] == NEVER
            state = optuna.trial.TrialState.COMPLETE if done else optuna.trial.TrialState.PRUNED
            study.tell(trial, 0.0 if done else None, state=state)
        assert ours(values, steps).tolist() == stopped


def sweep() -> Sweep:
    """Two runs that grok, one that generalises soon after it memorises, one that never does."""
    onsets = (1500.0, 4000.0, 300.0, None)
    return sweep_of(
        [synthetic_run(synthetic_trajectory(100, onset, 10_000), f"{k}", 10_000) for k, onset in enumerate(onsets)]
    )


def test_a_sweep_knows_who_groks_and_what_was_reported() -> None:
    s = sweep()
    assert s.groks.tolist() == [True, True, False, False]
    assert s.end.tolist() == [10_000] * 4
    assert s.onset[2] == pytest.approx(300, rel=0.1)
    assert np.isinf(s.onset[3])
    assert s.steps[0] == 10
    assert s.steps[-1] == 10_000
    assert (s.values[0, s.steps < 700] == 0.02).all()
    assert s.values[0, -1] > 0.99


def test_an_early_stop_after_onset_does_not_shorten_the_budget() -> None:
    trajectory = synthetic_trajectory(100, 1500, 10_000)
    stopped = Run(**{**vars(synthetic_run(trajectory, "a", 10_000)), "trajectory": trajectory.prefix(3000)})
    assert sweep_of([stopped]).end.tolist() == [10_000]
    assert sweep_of([stopped]).values[0, -1] > 0.95  # as it was last seen
    ended = sweep_of([stopped], until_onset=True)
    assert 1500 < ended.end[0] < 3000
    assert np.isnan(ended.values[0, ended.steps > ended.end[0]]).all()


def test_a_run_that_diverged_takes_no_more_steps() -> None:
    run = synthetic_run(synthetic_trajectory(100, None, 500), "a", 10_000)
    diverged = Run(**{**vars(run), "status": "diverged"})
    assert judge(sweep_of([diverged]), np.full((1, 1), NEVER)).compute.value == 0.05


def test_stopping_is_counted_by_hand() -> None:
    s = sweep()
    # Order 1 stops the first at its budget's tenth, before its onset; order 2 stops nothing.
    stopped = np.array([[1000.0, NEVER, 500.0, 2000.0], [NEVER] * 4])
    decision = judge(s, stopped)
    assert decision.kept.value == 0.75  # of two grokking runs: one half the time, one always
    assert decision.compute.value == pytest.approx((13_500 + 40_000) / 80_000, abs=1e-4)


def test_no_pruning_keeps_all_and_spends_all() -> None:
    s = sweep()
    decision = judge(s, pruned(s, no_pruning))
    assert (decision.kept.value, decision.compute.value) == (1.0, 1.0)


def test_studies_are_pruned_apart() -> None:
    """A pruner that stops every run but the first of its study: two studies, so two are left in each order."""
    s = sweep()
    apart = Sweep(**{**vars(s), "study": np.array(["a", "a", "b", "b"])})

    def all_but_first(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(values)) == 0, NEVER, steps[0])

    rule: Pruner = all_but_first
    stopped = pruned(apart, rule, n_orders=5)
    assert (np.isinf(stopped[:, :2]).sum(1) == 1).all()
    assert (np.isinf(stopped[:, 2:]).sum(1) == 1).all()


def planted_forecasts(s: Sweep) -> Forecasts:
    """Three landmarks a run. Grokking runs dip to 0.4 and 0.6; the one without onset falls to 0.1."""
    probability = [[0.5, 0.4, 0.9], [0.6, 0.8, 0.7], [0.9, 0.9, 0.9], [0.5, 0.3, 0.1]]
    return Forecasts(
        run=np.repeat(s.run, 3),
        landmark=np.tile([100.0, 400.0, 1200.0], 4),
        probability=np.array(probability).ravel(),
    )


def test_a_forecast_below_the_threshold_stops_a_run_there() -> None:
    s = sweep()
    f = planted_forecasts(s)
    assert forecast_stops(s, f, 0.35).tolist() == [[NEVER, NEVER, NEVER, 400]]
    assert forecast_stops(s, f, np.array([0.45, 0, 0, 0.2])).tolist() == [[400, NEVER, NEVER, 1200]]


def test_thresholds_keep_the_share_that_is_requested() -> None:
    s = sweep()
    f, everyone = planted_forecasts(s), np.ones(4, dtype=bool)
    assert threshold_that_keeps(s, f, 1.0, everyone) == 0.4
    assert threshold_that_keeps(s, f, 0.5, everyone) == 0.6
    assert threshold_that_keeps(s, f, 0.0, everyone) == 1.0
    assert threshold_that_keeps(s, f, 1.0, ~s.groks) == 0.0  # no grokking run: stop nothing
    kept = judge(s, forecast_stops(s, f, 0.4)).kept.value
    assert kept == 1.0


def test_a_forecast_after_onset_cannot_lose_a_run() -> None:
    s = sweep()
    f = Forecasts(run=s.run[[0]], landmark=np.array([5000.0]), probability=np.array([0.0]))
    assert threshold_that_keeps(s, f, 1.0, np.ones(4, dtype=bool)) == 1.0
    assert judge(s, forecast_stops(s, f, 1.0)).kept.value == 1.0


def test_thresholds_of_a_fold_come_from_the_others(corpus: list[Run]) -> None:
    s = sweep_of(corpus)
    rng = np.random.default_rng(0)
    f = Forecasts(s.run, np.full(len(s), 50.0), rng.uniform(size=len(s)))
    thresholds = held_out_thresholds(s, f, 0.9)
    one = int(np.flatnonzero(s.groks)[0])
    changed = Forecasts(s.run, f.landmark, np.where(np.arange(len(s)) == one, 0.0, f.probability))
    assert held_out_thresholds(s, changed, 0.9)[one] == thresholds[one]


def test_good_forecasts_beat_the_pruners(corpus: list[Run]) -> None:
    s = sweep_of(corpus)
    knows = np.where(np.isfinite(s.onset), 0.9, 0.1)
    f = Forecasts(s.run, np.full(len(s), 50.0), knows)
    result = decide(s, f)
    assert result["grokcast"].kept.value == 1.0
    assert result["grokcast"].compute.value < 0.8
    assert result["MedianPruner"].kept.value < 0.5
    assert result["no pruning"].compute.value == 1.0
    points = frontier(s, f, [0.5, 1.0])
    assert points.kept == [1.0, 1.0]


def test_forecasts_of_unknown_runs_are_refused() -> None:
    f = Forecasts(np.array(["nobody"]), np.array([10.0]), np.array([0.5]))
    with pytest.raises(ValueError, match="1 runs that are not in the sweep: \\['nobody'\\]"):
        forecast_stops(sweep(), f, 0.5)
