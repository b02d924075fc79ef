"""The delay and the four classes in the benchmark: by hand-made curves, and on runs whose onset is known."""

import numpy as np
import pytest

from features.table import FeatureTable, table_at
from predictor.benchmark.delay import (
    TYPICAL,
    DelayForecasts,
    delay_figures,
    delays_by_kind,
    memorization_seen,
    outcome_figures,
    outcomes_of,
)
from predictor.benchmark.methods import CONTEXT_BOOSTED, FORECASTER
from predictor.benchmark.prediction import Prediction
from predictor.benchmark.rows import checkpoint_at
from predictor.forecaster import OnsetForecaster
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.time_bins import EDGES
from predictor.report.shipped_delays import shipped_delays
from training_runs import Run
from training_runs.onset import OUTCOMES, generalization, memorization, outcome_by
from training_runs.synthetic import synthetic_run, synthetic_trajectory

# Memorised at about 100: one run that groks, one that generalises soon, one that never does; and one that does not memorise.
KNOWN = {"grok": (100, 5000), "soon": (100, 800), "never": (100, None), "nothing": (10**7, None)}


def known_runs(budget: int = 20_000) -> list[Run]:
    return [
        synthetic_run(synthetic_trajectory(memorized, onset, budget=budget, seed=k), name, budget)
        for k, (name, (memorized, onset)) in enumerate(KNOWN.items())
    ]


def rows_at(step: int) -> FeatureTable:
    return table_at(known_runs(), lambda run: checkpoint_at(run, step))


def steps_up_at(decades: list[float], probability: list[float]) -> OnsetCurves:
    """Return curves of an onset that comes in the bin that ends at some decades, with some probability."""
    cdf = np.array([p * (x <= EDGES) for x, p in zip(decades, probability, strict=True)], dtype=float)
    return OnsetCurves(cdf, np.full(len(cdf), EDGES[-1]))


NO_MEMORIZATION = np.zeros(len(EDGES))


def test_classes_of_rows_are_those_of_their_runs():
    runs = known_runs()
    rows = table_at(runs, lambda run: checkpoint_at(run, 300))
    of_runs = [
        outcome_by(run.budget_step, memorization(run.trajectory), generalization(run.trajectory, 0.95)) for run in runs
    ]
    assert [OUTCOMES[k] for k in outcomes_of(rows)] == of_runs
    assert of_runs == ["grokking", "comprehension", "memorization", "confusion"]


def test_a_delay_after_memorisation_is_the_median_onset_less_its_step():
    rows = rows_at(300)
    seen = memorization_seen(rows)
    assert seen.tolist() == [True, True, True, False]
    curves = steps_up_at([1.2, 0.4, 1.2, 1.2], [0.9, 0.9, 0.1, 0.1])
    found = DelayForecasts.of(rows, curves, NO_MEMORIZATION, rows)
    landmark, memorized = rows.landmark[0], rows.memorized_time[0]
    # The median of the bin from 1.0 to 1.2 decades.
    expected = landmark * 10**1.1 - memorized
    assert found.delay[FORECASTER][0] == pytest.approx(expected)
    figures = delay_figures(found, seen)
    assert (figures.rows, figures.configurations) == (1, 1)  # of those that grok
    true = rows.time[0] - memorized
    assert figures.log10_mae[FORECASTER].value == pytest.approx(abs(np.log10(expected / true)), abs=1e-4)
    assert figures.log10_mae[TYPICAL].value == 0  # the one run that groks is its own median
    assert [OUTCOMES[k] for k in found.outcome[FORECASTER]] == [
        "grokking",
        "comprehension",
        "memorization",
        "confusion",
    ]


def test_a_delay_before_memorisation_is_that_between_both_forecasts():
    rows = rows_at(30)
    assert not memorization_seen(rows).any()
    # All memorise between 0.3 and 0.4 decades from here, and the onset comes between 1.8 and 2.0.
    memorization_at = (EDGES >= 0.4).astype(float)
    found = DelayForecasts.of(rows, steps_up_at([2.0] * 4, [1.0] * 4), memorization_at, rows)
    landmark = rows.landmark[0]
    shortest, longest = landmark * (10**1.8 - 10**0.4), landmark * (10**2.0 - 10**0.3)
    assert shortest < found.delay[FORECASTER][0] < longest
    assert found.delay[FORECASTER][0] == pytest.approx(landmark * (10**1.9 - 10**0.35), rel=0.02)
    assert [OUTCOMES[k] for k in found.outcome[FORECASTER]] == ["grokking"] * 4
    early = DelayForecasts.of(rows, steps_up_at([0.5] * 4, [0.9] * 4), memorization_at, rows)
    assert [OUTCOMES[k] for k in early.outcome[FORECASTER]] == ["comprehension"] * 4
    kinds = delays_by_kind({"early": found})
    assert list(kinds) == ["early, memorisation to come"]
    assert kinds["early, memorisation to come"].rows == 1


def test_the_context_alone_and_the_typical_run_are_scored_on_the_same_rows():
    rows = rows_at(300)
    context = Prediction(np.array([0.9, 0.9, 0.2, 0.6]), np.array([6000.0, 700.0, 9000.0, 900.0]))
    found = DelayForecasts.of(rows, steps_up_at([1.2] * 4, [0.9] * 4), NO_MEMORIZATION, rows, context_only=context)
    memorized = rows.memorized_time[0]
    assert found.delay[CONTEXT_BOOSTED][:3] == pytest.approx([6000 - memorized, 700 - memorized, 9000 - memorized])
    assert [OUTCOMES[k] for k in found.outcome[CONTEXT_BOOSTED]] == [
        *("grokking", "comprehension", "memorization", "comprehension"),
    ]
    assert set(found.outcome[TYPICAL].tolist()) == {0}  # one of each: the first of the commonest
    true = rows.time[0] - memorized
    error = delay_figures(found, memorization_seen(rows)).log10_mae[CONTEXT_BOOSTED].value
    assert error == pytest.approx(abs(np.log10((6000 - memorized) / true)), abs=1e-4)


def test_the_confusion_counts_every_row():
    rows = rows_at(300)
    found = DelayForecasts(rows, {FORECASTER: np.ones(4)}, {FORECASTER: np.array([0, 0, 2, 2])})
    figures = outcome_figures(found)
    assert figures.rows == 4
    assert figures.right[FORECASTER].value == 0.5
    confusion = figures.confusion[FORECASTER]
    assert {came: {k: n for k, n in counts.items() if n} for came, counts in confusion.items()} == {
        "grokking": {"grokking": 1},
        "comprehension": {"grokking": 1},
        "memorization": {"memorization": 1},
        "confusion": {"memorization": 1},
    }
    both = DelayForecasts.concatenate([found, found])
    assert outcome_figures(both).confusion[FORECASTER]["grokking"]["grokking"] == 2


def test_blind_learners_forecast_delays_of_runs_whose_onset_their_norm_tells(
    synthetic_forecaster: OnsetForecaster, corpus: list[Run]
):
    found = shipped_delays(synthetic_forecaster, corpus, n_trees=20)
    figures = delays_by_kind(found)["at memorisation, memorisation seen"]
    assert figures.rows >= 20
    errors = {name: error.value for name, error in figures.log10_mae.items()}
    assert errors[FORECASTER] < min(errors[TYPICAL], errors[CONTEXT_BOOSTED])
    outcomes = outcome_figures(found["at memorisation"])
    assert outcomes.right[FORECASTER].value > outcomes.right[TYPICAL].value
    assert sum(n for counts in outcomes.confusion[FORECASTER].values() for n in counts.values()) == outcomes.rows
