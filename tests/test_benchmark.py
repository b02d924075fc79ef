"""The benchmark's layers on hand-made rows and on runs whose onset is known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from features.table import table_at, training_table
from predictor.benchmark.alarm import alarm_figures, raise_alarms, with_unwatched
from predictor.benchmark.baselines.registry import baselines
from predictor.benchmark.delay import TYPICAL
from predictor.benchmark.external import half_context
from predictor.benchmark.methods import CONTEXT_BOOSTED, CONTEXT_LINEAR, FORECASTER
from predictor.benchmark.result import BenchmarkResult, FactorFigures
from predictor.benchmark.rows import HEADLINE, LANDMARKS, checkpoint_at, few
from predictor.benchmark.run import benchmark, with_laws
from predictor.benchmark.transfer import Errors, Level, _beside_the_stronger, leave_one_out, level_of_run
from tests.benchmark_results import interval
from training_runs.errors import InvalidInput
from training_runs.synthetic import synthetic_corpus, synthetic_run, synthetic_trajectory


@pytest.fixture(scope="module")
def runs():
    return synthetic_corpus(80, seed=5)


def test_the_last_checkpoint_at_or_before_a_step():
    run = synthetic_run(synthetic_trajectory(budget=1000), "a", 1000)
    steps = run.trajectory.steps
    assert checkpoint_at(run, float(steps[7])) == [steps[7]]
    assert checkpoint_at(run, float(steps[8]) - 0.5) == [steps[7]]
    assert checkpoint_at(run, 1001) == [] == checkpoint_at(run, 0.5)


def watched_rows(n_negative=40, seed=0):
    """Runs that memorise at 100; those that grok do so at 5,000. Two landmarks each, at about 200 and 1,000."""
    trajectories = [
        (f"{kind}{k}", synthetic_trajectory(100, 5000 if kind == "grok" else None, seed=k))
        for kind, n in (("grok", 20), ("never", n_negative))
        for k in range(n)
    ]
    runs = [synthetic_run(t, name, 20_000) for name, t in trajectories]
    return table_at(runs, lambda r: checkpoint_at(r, 200) + checkpoint_at(r, 1000))


def test_few_runs_are_whole_configurations():
    runs = synthetic_corpus(400)
    kept = few(runs, folds=1)
    assert 40 <= len(kept) <= 130
    assert {r.configuration_id for r in kept}.isdisjoint({r.configuration_id for r in runs if r not in kept})


def test_alarms_count_by_run_with_thresholds_of_the_other_folds():
    rows = watched_rows()
    late = rows.landmark > 500
    # Negatives never reach 0.5; runs that grok do so at their second landmark.
    rng = np.random.default_rng(0)
    probability = np.where(rows.event & late, 0.9, rng.uniform(0, 0.5, len(rows)))
    watched = raise_alarms(rows, probability)
    assert len(watched.alarm) == 60
    assert np.isfinite(watched.alarm[watched.grokking]).all()
    second = rows.landmark[late][0]
    caught = watched.alarm[watched.grokking]
    assert (caught <= second).all()
    assert (caught == second).mean() > 0.8
    figures = alarm_figures(watched)
    assert figures.coverage.value == 1.0
    assert figures.fpr.value <= 0.1
    assert figures.fpr_bound > figures.fpr.value
    onset = watched.onset[watched.grokking][0]
    assert figures.lead_steps.value == pytest.approx(onset - second)


def test_a_missed_run_has_lead_zero():
    rows = watched_rows()
    figures = alarm_figures(raise_alarms(rows, np.where(rows.event, 0.0, 0.5)))
    assert figures.coverage.value == 0.0
    assert figures.lead_steps.value == figures.lead_share.value == 0.0


def test_runs_that_grok_and_were_never_watched_are_misses():
    rows = watched_rows()
    watched = raise_alarms(rows, np.where(rows.event, 0.9, 0.1))
    n = int(watched.grokking.sum())
    figures = alarm_figures(with_unwatched(watched, np.array([f"risen {k}" for k in range(n)])))
    assert (figures.grokking, figures.grokking_watched) == (2 * n, n)
    assert figures.coverage.value == pytest.approx(0.5)
    assert figures.coverage_watched.value == 1.0
    alone = alarm_figures(watched)
    assert figures.fpr == alone.fpr
    assert figures.lead_share.value <= alone.lead_share.value


def test_levels_stand_beside_the_context_model_that_is_stronger_on_their_mean():
    def level(boosted, linear):
        figures = {CONTEXT_BOOSTED: boosted, CONTEXT_LINEAR: linear}
        context = {name: Errors(interval(auroc), interval(mae)) for name, (auroc, mae) in figures.items()}
        return Level(9, 4, Errors(interval(0.99), interval(0.01)), context)

    found = _beside_the_stronger({"a": level((0.9, 0.3), (0.7, 0.1)), "b": level((0.8, 0.2), (0.9, 0.25))})
    assert [found[k].context_only_auroc.value for k in "ab"] == [0.9, 0.8]
    assert [found[k].context_only_log10_mae.value for k in "ab"] == [0.1, 0.25]
    assert (found["a"].rows, found["a"].auroc.value) == (9, 0.99)


def test_cross_validation_finds_what_is_there_and_adds_nothing_where_nothing_is():
    """The synthetic norm tells the onset and the context tells nothing: the forecaster must win, and say by how much.

    A quick benchmark, of a fifth of the configurations, finds it too.
    """
    runs = synthetic_corpus(320, seed=5)
    result, plots = benchmark(runs, n_trees=90, quick=True)
    assert (result.quick, result.runs, result.transfer) == (True, len(few(runs, folds=1)), {})
    headline = result.headline
    assert headline.whether.auroc.value > 0.9
    assert headline.whether.minus_context_only.low > 0
    # A few trees on eighty runs are hardly ever sure enough to be followed to the upper end of an interval.
    held = [table.coverage90.value for table in result.tables.values()]
    assert all(value is None or 0.75 <= value <= 1.0 for value in held)
    assert result.alarm[FORECASTER].coverage.value > result.alarm[CONTEXT_BOOSTED].coverage.value
    for table in result.tables.values():
        assert table.rows == table.positives + table.negatives.budget_censored + table.negatives.blocked
        assert list(table.methods) == [FORECASTER, *(baseline.name for baseline in baselines({}))]
    assert list(result.outcomes) == list(result.tables)
    for name, outcomes in result.outcomes.items():
        assert outcomes.rows == result.tables[name].rows
        assert list(outcomes.confusion) == [FORECASTER, TYPICAL, CONTEXT_BOOSTED]
    delay = result.delay["at memorisation, memorisation seen"]
    assert delay.rows == result.tables["at memorisation"].grokking
    assert delay.log10_mae[FORECASTER].value < delay.log10_mae[TYPICAL].value
    assert BenchmarkResult.of_json(json.loads(json.dumps(result.as_dict(), allow_nan=False))) == result
    assert plots.landmark == headline.landmark
    # Measured by themselves, laws have the figures that they have beside everything else.
    assert with_laws(result, few(runs, folds=1)) == result
    with pytest.raises(InvalidInput, match="those of the benchmark"):
        with_laws(result, few(runs, folds=2))


def test_a_level_left_out_is_not_learnt_from_and_small_levels_are_not_claimed():
    runs = synthetic_corpus(160, seed=5)
    moduli = {r.configuration_id: 11 if k % 2 else 13 for k, r in enumerate(runs)}
    few = {r.configuration_id for r in runs[:10]}
    relabelled = [
        replace(
            r,
            context=replace(
                r.context,
                modulus=moduli[r.configuration_id],
                optimizer="sgd" if r.configuration_id in few else "adamw",
            ),
        )
        for r in runs
    ]
    assert set(level_of_run(relabelled, "modulus").values()) == {"11", "13"}
    at_memorisation = table_at(relabelled, LANDMARKS[HEADLINE]).early()
    result = leave_one_out(relabelled, at_memorisation, training_table(relabelled), n_trees=90)
    assert set(result["modulus"].levels) == {"11", "13"}
    assert result["modulus"].auroc > 0.8
    # Ten configurations of sgd are too few to be asked about, and too few to learn from without adamw.
    assert result["optimizer"].not_estimable == ("adamw", "sgd")
    assert result["operation"] == FactorFigures({}, (), None, None, None, None)


def test_half_a_context_is_always_the_same_half(runs):
    given = [len(half_context(r).as_dict()) for r in runs]
    whole = [len(r.context.as_dict()) for r in runs]
    assert 0.4 < sum(given) / sum(whole) < 0.6
    assert all(half_context(r) == half_context(r) for r in runs)
    assert all(half_context(r).as_dict().items() <= r.context.as_dict().items() for r in runs)
