"""Rules of single papers, on rows made by hand in which one signal tells, and on synthetic runs."""

from typing import Any

import numpy as np
import pytest

from features.columns import Column
from features.extract import FEATURES
from features.table import FeatureTable, table_at
from predictor.benchmark.baselines.registry import baselines
from predictor.benchmark.baselines.single_signals import (
    COLUMNS,
    accuracy_extrapolation,
    first_passage,
    linear_rule,
    loss_extrapolation,
)
from predictor.benchmark.metrics import auroc
from training_runs import Run, Trajectory
from training_runs.arrays import FloatArray
from training_runs.onset import memorization

BUDGET = 10_000.0


def table(time: FloatArray, landmark: FloatArray, **columns: FloatArray) -> FeatureTable:
    """Return rows whose onset comes at `time`, if that is within the budget, with some features known."""
    n = len(time)
    features = np.full((n, len(FEATURES)), np.nan)
    for name, values in columns.items():
        features[:, list(FEATURES).index(name)] = values
    names = np.array([f"run-{k}" for k in range(n)])
    return FeatureTable(
        columns=tuple(Column(name) for name in FEATURES),
        features=features,
        landmark=landmark,
        event=time <= BUDGET,
        time=np.minimum(time, BUDGET),
        memorized_event=np.ones(n, dtype=bool),
        memorized_time=landmark,
        target=np.full(n, 0.95),
        phase=np.ones(n, dtype=np.int64),
        rise=np.full(n, np.inf),
        budget=np.full(n, BUDGET),
        run=names,
        configuration=names,
        source=np.full(n, "a"),
        blocked=np.zeros(n, dtype=bool),
        as_recorded=np.ones(n, dtype=bool),
        weight=np.ones(n),
    )


def planted(n: int, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (onset, landmark, signal): the higher the signal, the sooner the onset."""
    rng = np.random.default_rng(seed)
    signal, landmark = rng.normal(size=n), 10 ** rng.uniform(2, 2.5, n)
    return landmark * 10 ** (1.7 - 0.6 * signal), landmark, signal


def at_memorization(run: Run) -> list[int]:
    confirmed = memorization(run.trajectory).confirmed_step
    return [] if confirmed is None else [confirmed]


def test_rules_read_features_that_exist() -> None:
    assert {name for columns in COLUMNS.values() for name in columns} <= set(FEATURES)


def test_a_rule_learns_a_signal_that_tells() -> None:
    at, test = (table(t, m, train_loss_roughness=s) for t, m, s in (planted(300, 0), planted(300, 1)))
    found = linear_rule("train_loss_roughness")(at, test)
    assert auroc(found.probability, test.event) > 0.99
    late = test.event & (test.time > 2 * test.landmark)
    assert np.median(np.abs(np.log10(found.median / test.time))[late]) < 0.05


def test_a_row_without_the_signal_gets_the_populations_answer() -> None:
    time, landmark, signal = planted(300, 0)
    at = table(time, landmark, dropout_acc_var_level=signal)
    test = table(time, landmark, dropout_acc_var_level=np.where(np.arange(300) < 7, np.nan, signal))
    found = linear_rule(*COLUMNS["dropout variance"])(at, test)
    np.testing.assert_allclose(found.probability[:7], at.event.mean())
    assert len(np.unique(found.probability[7:])) > 100


@pytest.mark.parametrize("name", [*COLUMNS, "weight-norm first passage"])
def test_rules_predict_where_nothing_is_known(name: str) -> None:
    time, landmark, _ = planted(40, 2)
    rows = table(time, landmark)
    (fit,) = (baseline.fit for baseline in baselines({}) if baseline.name == name)
    found = fit(rows)(rows, rows)
    np.testing.assert_allclose(found.probability, rows.event.mean())
    assert np.isfinite(found.median).all()
    assert ((found.median > rows.landmark) & (found.median <= rows.budget)).all()


def norms(n: int, seed: int) -> dict[str, Any]:
    """Return rows at memorisation that follow the law of first passage: 0.2 decades to fall, at lr x wd a step."""
    rng = np.random.default_rng(seed)
    landmark, clock = 10 ** rng.uniform(2, 2.5, n), 10 ** rng.uniform(-2.5, 0, n)
    return {
        "time": landmark * (1 + 0.2 * np.log(10) / clock),
        "landmark": landmark,
        "decay_clock": np.log10(clock),
        "weight_norm_slope": -clock,
        "weight_norm_below_peak": np.zeros(n),
    }


def test_first_passage_finds_runs_that_follow_its_law() -> None:
    at, test = table(**norms(400, 0)), table(**norms(400, 1))
    found = first_passage(at)(at, test)
    assert auroc(found.probability, test.event) > 0.99
    assert np.corrcoef(np.log(found.median[test.event]), np.log(test.time[test.event]))[0, 1] > 0.95


def test_first_passage_knows_how_far_the_norm_has_to_fall() -> None:
    near = norms(50, 0) | {"weight_norm_below_peak": np.full(50, 0.2)}
    near["landmark"] = near["time"] / 1.1  # these show how low it is at onset: 0.2 below its peak
    test = table(
        np.full(2, 1e3),
        np.full(2, 200.0),
        decay_clock=np.full(2, -1.5),
        weight_norm_slope=np.zeros(2),
        weight_norm_below_peak=np.array([0.0, 0.1]),
    )
    found = first_passage(table(**near))(table(**norms(400, 1)), test)
    assert found.probability[1] > found.probability[0]
    assert found.median[1] < found.median[0]


def test_extrapolation_sees_nothing_after_the_landmark(corpus: list[Run]) -> None:
    runs = corpus[:60]
    rows = table_at(runs, at_memorization).early()

    def cut(run: Run) -> Trajectory:
        return run.trajectory.prefix(at_memorization(run)[0]) if at_memorization(run) else run.trajectory

    whole, known = {r.run_id: r.trajectory for r in runs}, {r.run_id: cut(r) for r in runs}
    for rule in (accuracy_extrapolation, loss_extrapolation):
        a, b = rule(whole)(rows, rows), rule(known)(rows, rows)
        np.testing.assert_array_equal(a.probability, b.probability)
        np.testing.assert_array_equal(a.median, b.median)


def test_extrapolation_without_validation_data_is_the_population(corpus: list[Run]) -> None:
    rows = table_at(corpus[:60], at_memorization).early()
    blind = {r.run_id: r.trajectory.only({"train_loss"}) for r in corpus}
    for rule in (accuracy_extrapolation, loss_extrapolation):
        np.testing.assert_allclose(rule(blind)(rows, rows).probability, rows.event.mean())
