import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings as examples, strategies as st

from predictor.benchmark import metrics
from predictor.benchmark.plans import CONSTANT, LAW, OWN_BUDGET, PLAN, baseline_curves, benchmark_plans
from predictor.hazard.folds import fold_of
from predictor.hazard.rows import Rows
from predictor.planning.plan import cheapest
from predictor.planning.planner import MIN_CONFIGURATIONS, Planner, PlanRows, _expected_steps, _outcomes
from predictor.planning.setting import Settings
from predictor.planning.time_to_event import GRID, TimeToEvent, at_step
from predictor.report.plans import plans_part
from predictor.report.table import figure_text
from training_runs import Context, InvalidInput

SPREAD = 0.3  # of log10 of the step of the event, around 2.5 + z


def event_rows(n: int = 3000, seed: int = 0) -> Rows:
    """Return rows whose event comes at 10 ** (2.5 + z + noise), seen up to a step drawn beforehand."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 2, n)
    step = 2.5 + z + SPREAD * rng.standard_normal(n)
    end = rng.uniform(3, 5.5, n)
    return Rows(
        features=z[:, None],
        target=np.full(n, 0.95),
        group=np.zeros(n, dtype=np.int64),
        x=np.minimum(step, end),
        event=step <= end,
        configuration=np.array([f"c{k}" for k in range(n)]),
        weight=np.ones(n),
    )


@pytest.fixture(scope="module")
def fitted() -> TimeToEvent:
    return TimeToEvent.fit(event_rows())


def test_the_time_to_an_event_is_learnt_from_censored_runs(fitted):
    z = np.array([0.25, 1.0, 1.75])
    curves = fitted.curves(z[:, None], np.full(3, 0.95), np.zeros(3, dtype=np.int64))
    assert (np.diff(curves) >= 0).all()
    medians = [np.interp(0.5, curve, GRID) for curve in curves]
    np.testing.assert_allclose(medians, 2.5 + z, atol=0.1)


def test_probabilities_of_configurations_not_seen_mean_what_they_say(fitted):
    rows = event_rows()
    blind = fitted.blind_curves(rows.features, rows.target, rows.group, rows.configuration)
    asked = np.full(len(rows.x), 3.5)
    known = rows.event | (rows.x >= 3.5)
    said, came = at_step(blind, asked)[known], (rows.event & (rows.x <= 3.5))[known]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        members = (said >= low) & (said < low + 0.2)
        assert abs(said[members].mean() - came[members].mean()) < 0.08


def test_a_learner_has_not_seen_the_fold_that_it_judges(fitted):
    rows = event_rows()
    other = dataclasses.replace(rows, x=np.where(fold_of(rows.configuration, "fit") == 2, 1.5, rows.x))
    again = TimeToEvent.fit(other)
    assert np.array_equal(again.learners[2].value, fitted.learners[2].value)
    assert not np.array_equal(again.learners[1].value, fitted.learners[1].value)


def test_a_state_is_all_of_it(fitted):
    again = TimeToEvent.of_state(fitted.state())
    asked = (np.array([[0.3], [1.2]]), np.full(2, 0.9), np.zeros(2, dtype=np.int64))
    assert np.array_equal(again.curves(*asked), fitted.curves(*asked))


def rising(points: list[float]) -> np.ndarray:
    """Return a curve from 0 to less than 1."""
    steps = np.cumsum([0.0, *points])
    return np.interp(np.linspace(0, 1, len(GRID)), np.linspace(0, 1, len(steps)), steps / (steps[-1] + 0.3))


CURVES = st.lists(st.floats(0, 1), min_size=2, max_size=9).map(rising)


@given(onset=CURVES, earlier=CURVES, end=st.floats(1.1, 6.2))
@examples(max_examples=40, deadline=None)
def test_outcomes_are_a_distribution_that_agrees_with_the_curves(onset, earlier, end):
    memorization = np.maximum(onset, earlier)
    by_end, memorized = (float(np.interp(end, GRID, curve)) for curve in (onset, memorization))
    outcomes = _outcomes(memorization, onset, end, by_end, memorized)
    assert sum(outcomes.values()) == pytest.approx(1)
    assert min(outcomes.values()) >= -1e-9
    assert outcomes["grokking"] + outcomes["comprehension"] == pytest.approx(by_end)
    if end < 3:
        assert outcomes["grokking"] == pytest.approx(0, abs=1e-9)


def test_expected_steps_are_those_of_a_run_that_ends_at_its_onset():
    never, at_once = np.zeros(len(GRID)), np.where(GRID > 1, 1.0, 0.0)
    assert _expected_steps(never, 50_000, np.log10(50_000)) == 50_000
    assert _expected_steps(at_once, 50_000, np.log10(50_000)) < 20
    # Onset at a step drawn between 0 and 100,000, all as likely: of 50,000 steps, half of the runs end earlier.
    even = 10**GRID / 100_000
    assert _expected_steps(np.minimum(even, 1), 50_000, np.log10(50_000)) == pytest.approx(37_500, rel=0.01)
    # Beyond what is supported nothing is known to end a run.
    assert _expected_steps(never, 50_000, 4.0) == 50_000


def test_too_few_runs_teach_no_plans(corpus):
    few = sorted({run.configuration_id for run in corpus})[: MIN_CONFIGURATIONS - 1]
    assert Planner.fit([run for run in corpus if run.configuration_id in few]) is None


@pytest.fixture(scope="module")
def planner(corpus) -> Planner:
    planner = Planner.fit(corpus, n_trees=30)
    assert planner is not None
    return planner


KNOWN = {"budget_step": 20_000, "learning_rate": 1e-3, "weight_decay": 1.0}


def test_a_plan_is_the_same_alone_and_among_others(planner, corpus):
    contexts = [dataclasses.replace(run.context, budget_step=20_000) for run in corpus[:5]]
    together = planner.plan("v", contexts)
    assert together == [planner.plan("v", [context])[0] for context in contexts]
    assert Planner.of_state(planner.state()).plan("v", contexts) == together


def test_longer_training_never_makes_an_onset_less_likely(planner, corpus):
    plans = [planner.plan("v", [corpus[0].context], budget_step=b)[0] for b in (100, 1000, 10_000, 100_000)]
    chances = [plan.probability_onset_by_budget for plan in plans]
    assert chances == sorted(chances)
    assert all(p.probability_memorization_by_budget >= p.probability_onset_by_budget for p in plans)
    assert [p.expected_steps for p in plans] == sorted(p.expected_steps for p in plans)


def test_what_no_run_has_is_named(planner, corpus):
    strange = dataclasses.replace(corpus[0].context, optimizer="shampoo", budget_step=1000)
    plan = planner.plan("v", [strange])[0]
    assert not plan.in_support
    assert "shampoo" in plan.reasons[0]
    assert not planner.plan("v", [Context(budget_step=1000)])[0].in_support


def test_a_plan_needs_a_budget_and_a_target_that_can_be(planner):
    with pytest.raises(InvalidInput, match="budget_step"):
        planner.plan("v", [Context()])
    with pytest.raises(InvalidInput, match="target_accuracy"):
        planner.plan("v", [Context(**KNOWN)], target_accuracy=0.3)


def test_the_cheapest_setting_reaches_what_is_wanted(planner, corpus):
    (plan,) = planner.plan("v", [corpus[0].context], budget_step=20_000)
    likely, cheap, strange = (
        dataclasses.replace(plan, probability_onset_by_budget=p, expected_steps=s, in_support=ok)
        for p, s, ok in ((0.95, 9000, True), (0.92, 4000, True), (0.99, 100, False))
    )
    assert cheapest([likely, cheap, strange], 0.9) == 1
    assert cheapest([likely, cheap, strange], 0.94) == 0
    assert cheapest([likely, cheap, strange], 0.97) is None


def test_words_and_numbers_that_are_not_given_are_missing():
    settings = Settings.of([Context(optimizer="adamw"), Context(optimizer="sgd")])
    rows = settings.matrix([Context(), Context(optimizer="sgd", modulus=97)])
    names = settings.names()
    assert np.isnan(rows[0]).all()
    assert rows[1, names.index("optimizer is sgd")] == 1
    assert rows[1, names.index("optimizer is adamw")] == 0
    assert rows[1, settings.numbers.index("modulus")] == pytest.approx(np.log10(97))


def test_plans_are_judged_by_learners_that_have_not_seen_the_run(planner, corpus):
    figures = benchmark_plans(planner, corpus)
    (plan,) = [f for f in figures if (f.context, f.by, f.method) == ("whole", OWN_BUDGET, PLAN)]
    rows = PlanRows.of(corpus, planner.settings)
    onset, scored = rows.onset, rows.as_given & ~rows.blocked
    asked = (onset.features, onset.target, onset.group)
    end = np.minimum(rows.budget, planner.reach)
    blind = at_step(planner.onset.blind_curves(*asked, onset.configuration), end)[scored]
    seen = at_step(planner.onset.curves(*asked), end)[scored]
    event = (onset.event & (onset.x <= rows.budget))[scored]
    assert (plan.runs, plan.onsets) == (scored.sum(), event.sum())
    assert plan.auroc.value == pytest.approx(metrics.auroc(blind, event), abs=1e-4)
    assert plan.brier.value == pytest.approx(metrics.brier(blind, event), abs=1e-4)
    assert abs(plan.auroc.value - metrics.auroc(seen, event)) > 0.01
    page = plans_part(figures, "v")
    assert figure_text(plan.brier) in page
    assert page.count("\n| whole |") == page.count("\n| fields forgotten |") == 6


def test_the_law_is_right_where_onsets_follow_it():
    """Onsets at 100 / (rate x decay): the law, refitted, tells them apart, and a constant cannot."""
    rng = np.random.default_rng(0)
    z = rng.uniform(-3, -1, 400)  # log10 of rate x decay
    step = 2 - z + 0.1 * rng.standard_normal(400)
    rows = Rows(
        features=4 + z[:, None],  # the clock is read at step 10,000
        target=np.full(400, 0.95),
        group=np.zeros(400, dtype=np.int64),
        x=np.minimum(step, 4),
        event=step <= 4,
        configuration=np.array([f"c{k}" for k in range(400)]),
        weight=np.ones(400),
    )
    as_given, none = np.ones(400, dtype=bool), np.zeros(400, dtype=bool)
    plan_rows = PlanRows(rows, rows, np.full(400, 4.0), none, as_given)
    curves = baseline_curves(plan_rows, clock=0)
    assert metrics.auroc(at_step(curves[LAW], plan_rows.budget), rows.event) > 0.97
    assert metrics.auroc(at_step(curves[CONSTANT], plan_rows.budget), rows.event) < 0.6
