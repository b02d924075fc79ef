import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from api.wire.forecasts import ForecastAnswer
from predictor.answering.delay import before_memorization, delay_quantiles
from predictor.forecast import LEVELS, Quantiles
from predictor.forecaster import OnsetForecaster
from predictor.hazard.curves import OnsetCurve
from predictor.hazard.time_bins import EDGES
from predictor.question import Question
from predictor.store import save
from training_runs import Context, InvalidInput, Trajectory
from training_runs.signals import SIGNALS
from training_runs.synthetic import synthetic_trajectory

CONTEXT = Context(task_family="modular", chance_accuracy=0.02, learning_rate=1e-3, weight_decay=1.0)


def ask(forecaster, trajectory, context=CONTEXT, **question):
    return forecaster.forecast(Question(trajectory, context, **question))


def assert_coherent(f):
    """What every forecast must hold, whatever was asked."""
    p = f.curve.probability_onset
    assert all(0 <= v <= 1 for v in p)
    assert all(a <= b + 1e-12 for a, b in zip(p, p[1:], strict=False))
    assert all(a < b for a, b in zip(f.curve.step, f.curve.step[1:], strict=False))
    assert 0 <= f.probability_onset_by_horizon <= 1
    assert sum(f.outcome_probabilities.values()) == pytest.approx(1)
    assert all(-1e-12 <= v <= 1 for v in f.outcome_probabilities.values())
    assert f.outcome_probabilities[f.outcome] == max(f.outcome_probabilities.values())
    for q in (f.onset_step, f.onset_step_if_onset, f.delay_steps, f.delay_steps_if_onset):
        expected = "available" if q.p95 is not None else "beyond_support"
        assert q.status == expected or (q.status, q.p05) == ("not_known_yet", None)
        known = [v for v in (q.p05, q.p50, q.p95) if v is not None]
        assert known == sorted(known)
        # Once a level is not reached, no higher one is.
        assert [q.p05, q.p50, q.p95][: len(known)] == known
    assert_classes_agree_with_the_delay(f)
    json.loads(ForecastAnswer.from_forecast(f).model_dump_json())


def assert_classes_agree_with_the_delay(f):
    """The classes split the onsets where the delay, given one, is 1,000 steps."""
    early, late = f.outcome_probabilities["comprehension"], f.outcome_probabilities["grokking"]
    assert early + late == pytest.approx(f.probability_onset_by_horizon)
    if early + late == 0:
        return
    share = early / (early + late)
    delay = f.delay_steps_if_onset
    for level, steps in zip(LEVELS, (delay.p05, delay.p50, delay.p95), strict=True):
        if steps is not None and steps < 1_000:
            assert share > level - 1e-3, (level, steps, share)
        if steps is not None and steps > 1_000:
            assert share < level + 1e-3, (level, steps, share)


def test_knows_the_synthetic_runs(synthetic_forecaster):
    """Early, at twice memorisation: sooner, later and never are told apart, with the truth inside the interval."""
    landmark, truths = 220, (700.0, 3000.0)
    soon, late = (
        ask(synthetic_forecaster, synthetic_trajectory(110, t, noise=0.05).prefix(landmark), horizon_step=10_000)
        for t in truths
    )
    never = ask(
        synthetic_forecaster,
        synthetic_trajectory(110, None, noise=0.05).prefix(landmark),
        horizon_step=10_000,
    )
    assert soon.probability_onset_by_horizon > 0.9
    assert never.probability_onset_by_horizon < 0.3
    assert soon.onset_step.p50 < late.onset_step.p50
    for f, truth in zip((soon, late), truths, strict=True):
        assert f.onset_step_if_onset.p05 <= truth <= f.onset_step_if_onset.p95
        assert abs(np.log10(f.onset_step_if_onset.p50 / truth)) < 0.3


def test_the_delay_is_the_onset_less_a_memorisation_that_is_confirmed(synthetic_forecaster):
    history = synthetic_trajectory(110, 3000, noise=0.05).prefix(220)
    f = ask(synthetic_forecaster, history, Context(steps_per_epoch=8), horizon_step=10_000)
    memorized, onset, delay = f.memorization_step, f.onset_step_if_onset, f.delay_steps_if_onset
    assert memorized is not None
    assert delay == Quantiles(onset.p05 - memorized, onset.p50 - memorized, onset.p95 - memorized)
    assert f.delay_epochs_if_onset.p50 == pytest.approx(delay.p50 / 8, abs=0.01)
    assert f.delay_epochs.status == f.delay_steps.status
    assert ask(synthetic_forecaster, history, Context(), horizon_step=10_000).delay_epochs_if_onset is None


def test_before_memorisation_the_delay_has_a_distribution_too(synthetic_forecaster):
    history = synthetic_trajectory(110, 3000, noise=0.05).prefix(60)
    f = ask(synthetic_forecaster, history, horizon_step=10_000)
    assert (f.phase, f.memorization_step) == ("fitting", None)
    assert f.delay_steps_if_onset.status == "available"
    # Later than memorising now would make it, never.
    assert 0 <= f.delay_steps_if_onset.p50 <= f.onset_step_if_onset.p50 - 60
    assert f.delay_steps_if_onset.p95 <= f.onset_step_if_onset.p95 - 60
    # Without a training accuracy nobody knows when it memorised.
    unseen = ask(synthetic_forecaster, synthetic_trajectory(110, 3000).prefix(600).only({"train_loss", "val_acc"}))
    assert (unseen.phase, unseen.delay_steps.status, unseen.delay_steps_if_onset.p50) == (
        "memorized",
        "not_known_yet",
        None,
    )


@pytest.mark.parametrize("until", [20, 60, 100, 150, 400, 1_500])
def test_classes_and_delay_agree_before_and_after_memorisation(synthetic_forecaster, until):
    questions = [
        Question(synthetic_trajectory(110, onset, noise=0.05).prefix(until), CONTEXT, horizon_step=horizon)
        for onset in (900, 3_000, None)
        for horizon in (1_600, 4_000, 40_000)
    ]
    forecasts = synthetic_forecaster.forecast_many(questions)
    assert {f.memorization_step is None for f in forecasts} == {until <= 100}
    for f in forecasts:
        assert_coherent(f)


def test_delays_before_memorisation_are_those_of_the_two_distributions():
    """Held against drawing both steps a hundred thousand times: memorisation, independent but for its order."""
    cdf, memorization = np.linspace(0, 0.6, len(EDGES)) ** 2, np.minimum(EDGES / 1.5, 1.0) ** 0.5
    curve = OnsetCurve(cdf, 3.0)
    delays = before_memorization(100, curve, memorization, onset_by=0.2)
    rng = np.random.default_rng(0)
    onset = np.array([curve.quantile(level) for level in 0.2 * rng.random(20_000)])
    memorized = np.interp(np.interp(onset, EDGES, memorization) * rng.random(20_000), memorization, EDGES)
    drawn = 100 * (10**onset - 10**memorized)
    np.testing.assert_allclose(np.quantile(delays, [0.1, 0.5, 0.9]), np.quantile(drawn, [0.1, 0.5, 0.9]), rtol=0.05)
    # A level that the onsets do not reach is beyond support.
    assert delay_quantiles(delays, onset_by=0.2).p50 is None
    assert delay_quantiles(delays, onset_by=0.2).p05 == pytest.approx(np.quantile(drawn, 0.25), rel=0.05)


def test_the_future_changes_no_forecast(synthetic_forecaster):
    a = synthetic_trajectory(110, 2000, noise=0.05, seed=3)
    changed = {n: np.where(a.steps > 400, 0.5, v) for n, v in a.signals.items()}
    b = Trajectory(a.steps, changed)
    assert ask(synthetic_forecaster, a.prefix(400)) == ask(synthetic_forecaster, b.prefix(400))


def test_thinning_the_recording_changes_the_forecast_little(synthetic_forecaster):
    whole = synthetic_trajectory(110, 3000, evals_per_decade=50).prefix(1000)
    thin = whole.select(np.arange(len(whole))[::-3][::-1])
    a, b = (ask(synthetic_forecaster, h, horizon_step=10_000) for h in (whole, thin))
    assert a.probability_onset_by_horizon == pytest.approx(b.probability_onset_by_horizon, abs=0.15)
    assert abs(np.log10(a.onset_step_if_onset.p50 / b.onset_step_if_onset.p50)) < 0.15


def histories():
    """Any history that a trajectory can hold."""

    @st.composite
    def build(draw):
        n = draw(st.integers(3, 15))
        steps = sorted(draw(st.sets(st.integers(0, 10**7), min_size=n, max_size=n)))
        signals = {}
        for name in draw(st.sets(st.sampled_from(list(SIGNALS)[:12]), max_size=8)):
            low, high = SIGNALS[name].range
            numbers = st.floats(-1e12 if low is None else low, high or 1e12, allow_nan=False)
            signals[name] = draw(st.lists(st.none() | numbers, min_size=n, max_size=n))
        return Trajectory(steps, signals)

    return build()


@given(
    history=histories(),
    target=st.none() | st.floats(0.05, 1),
    ahead=st.none() | st.integers(1, 10**9),
    context=st.sampled_from([Context(), CONTEXT, Context(classes=10, weight_decay=0, train_size=3)]),
)
@settings(max_examples=150, deadline=None)
def test_any_history_gets_a_coherent_answer(history, target, ahead, context, shipped):
    horizon = None if ahead is None else history.observed_until + ahead
    question = Question(history, context, horizon_step=horizon, target_accuracy=target)
    result = shipped.forecast_many([question])[0]
    if history.observed_until < 10 or not history.recorded_names():
        assert isinstance(result, InvalidInput)
    else:
        assert_coherent(result)


def test_an_onset_in_the_history_is_told_not_forecast(synthetic_forecaster):
    f = ask(synthetic_forecaster, synthetic_trajectory(110, 2000))
    assert f.phase == "generalized"
    assert f.onset_step.p05 == f.onset_step.p50 == pytest.approx(2000, rel=0.1)
    assert f.delay_steps.p50 == f.onset_step.p50 - f.memorization_step
    assert f.outcome_probabilities["grokking"] == 1
    assert f.advice.action == "stop"
    assert_coherent(f)
    # Also when its horizon has passed, by which it had not.
    late = ask(synthetic_forecaster, synthetic_trajectory(110, 2000), horizon_step=500)
    assert (late.phase, late.onset_step) == ("generalized", f.onset_step)
    assert late.probability_onset_by_horizon == 0
    assert late.outcome_probabilities["memorization"] == 1


def test_bad_questions_say_what_is_expected(synthetic_forecaster):
    history = synthetic_trajectory().prefix(500)
    for question, words in [
        (Question(history.prefix(2)), "at least 3 checkpoints"),
        (Question(history.prefix(5)), "the last at step 10 or later"),
        (Question(history.only(())), "at least one signal"),
        (Question(history, horizon_step=100), "a step after the last one, 479"),
        (Question(history, target_accuracy=1.5), "a number in (0, 1]"),
        (Question(history, Context(chance_accuracy=0.97)), "less than the target accuracy, 0.95"),
    ]:
        with pytest.raises(InvalidInput) as caught:
            synthetic_forecaster.forecast(question)
        assert words in str(caught.value)


def test_horizon_comes_from_the_budget_or_ten_times_the_last_step(synthetic_forecaster):
    history = synthetic_trajectory().prefix(479)
    assert ask(synthetic_forecaster, history, Context()).horizon_step == 4790
    assert ask(synthetic_forecaster, history, Context(budget_step=900)).horizon_step == 900
    passed = ask(synthetic_forecaster, history, Context(budget_step=400))
    assert passed.horizon_step == 4790
    assert any("budget_step 400 has passed" in w for w in passed.warnings)


def test_a_horizon_beyond_the_corpus_is_answered_at_its_end_and_said(synthetic_forecaster):
    history = synthetic_trajectory(110, None).prefix(1000)
    f = ask(synthetic_forecaster, history, horizon_step=10**9)
    assert f.supported_until_step < 10**9
    assert f.probability_onset_by_horizon == pytest.approx(f.curve.probability_onset[-1])
    assert any("too few runs were observed beyond" in w for w in f.warnings)


def test_a_higher_target_is_never_sooner(synthetic_forecaster):
    history = synthetic_trajectory(110, 3000, noise=0.05).prefix(600)
    p = [
        ask(synthetic_forecaster, history, horizon_step=3000, target_accuracy=t).probability_onset_by_horizon
        for t in (0.8, 0.9, 0.95, 0.99)
    ]
    assert all(a >= b - 1e-9 for a, b in zip(p, p[1:], strict=False))


def test_says_what_is_missing_and_what_is_unlike_the_corpus(synthetic_forecaster):
    history = synthetic_trajectory(110, None, noise=0.05).prefix(1000)
    whole = ask(synthetic_forecaster, history)
    assert whole.support.in_support
    f = ask(synthetic_forecaster, history.only({"train_loss"}), Context())
    assert f.memorization_step is None
    assert f.delay_steps.p50 is None
    assert "val_acc" in f.support.signals_missing
    assert any(w.startswith("no val_acc") for w in f.warnings)
    strange = {n: v if n.endswith("acc") else v * 1e9 for n, v in history.signals.items()}
    strange["weight_norm"] = np.geomspace(1, 1e9, len(history))
    g = ask(synthetic_forecaster, Trajectory(history.steps, strange))
    assert g.support.score < whole.support.score
    assert not g.support.in_support
    assert g.advice.action == "undecided"


@pytest.mark.parametrize(
    ("context", "warned"),
    [
        (Context(operation="x*y"), False),
        (Context(operation="x^5+y"), True),
        (Context(operation="x^5+y", task_family="modular"), True),
        (Context(operation="s5", task_family="permutation"), False),
    ],
)
def test_an_operation_that_is_not_known_is_named(synthetic_forecaster, context, warned):
    f = ask(synthetic_forecaster, synthetic_trajectory(110, None).prefix(1000), context)
    assert any("'x^5+y' is not known" in w for w in f.warnings) == warned


def test_another_task_family_is_out_of_support_and_leans_on_the_corpus(synthetic_forecaster):
    history = synthetic_trajectory(110, 700, noise=0.05).prefix(300)
    known = ask(synthetic_forecaster, history)
    other = ask(synthetic_forecaster, history, Context(task_family="reviews", optimizer="sgd"))
    assert known.support.in_support
    assert not other.support.in_support
    assert (known.support.score, other.support.score) == (1.0, 0.0)
    (warning,) = (w for w in other.warnings if "100 % of the forecast is the average of the runs" in w)
    assert "context.task_family 'reviews'" in warning
    assert "context.optimizer 'sgd'" in warning
    assert other.advice.action == "undecided"
    assert other.probability_onset_by_horizon < known.probability_onset_by_horizon


def test_stop_is_only_said_where_its_error_rate_was_counted(synthetic_forecaster):
    """Memorised, about a horizon that was stated and is supported; never about a near horizon of the caller's choice."""
    never = synthetic_trajectory(110, None, noise=0.05)
    stated, passed = (Context(**{**CONTEXT.as_dict(), "budget_step": b}) for b in (3000, 300))
    assert ask(synthetic_forecaster, never.prefix(1000), stated).advice.action == "stop"
    for history, context, horizon in [
        (never.prefix(1000), CONTEXT, None),  # 10x was assumed
        (never.prefix(1000), passed, None),  # and so it was here
        (never.prefix(1000), CONTEXT, 10**8),  # beyond what was watched
        (never.prefix(60), stated, None),  # has not memorised
    ]:
        advice = ask(synthetic_forecaster, history, context, horizon_step=horizon).advice
        assert advice.action == "undecided"
        assert advice.check_again_step is not None


def test_one_lucky_evaluation_is_no_rise(synthetic_forecaster):
    never = synthetic_trajectory(110, None).prefix(1000)
    lucky = np.array(never.signals["val_acc"])
    lucky[-3] = 0.6
    t = Trajectory(never.steps, {**never.signals, "val_acc": lucky})
    assert ask(synthetic_forecaster, t).phase == "memorized"


def test_many_at_once_equals_one_by_one_with_bad_ones_in_place(synthetic_forecaster):
    questions = [Question(synthetic_trajectory(110, t).prefix(400), CONTEXT) for t in (900, None, 3000)]
    questions.insert(1, Question(synthetic_trajectory().prefix(3)))
    together = synthetic_forecaster.forecast_many(questions)
    assert isinstance(together[1], InvalidInput)
    for k in (0, 2, 3):
        alone = synthetic_forecaster.forecast(questions[k])
        assert together[k].onset_step == alone.onset_step
        assert together[k].drivers == alone.drivers


def test_the_same_corpus_gives_the_same_files(tmp_path, corpus):
    for name in ("a", "b"):
        save(OnsetForecaster.fit(corpus[:60], "v", n_trees=90), {"corpus": {}}, tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a" / "v").iterdir())
    assert "manifest.json" in files
    for file in files:
        a, b = (tmp_path / n / "v" / file for n in ("a", "b"))
        assert a.read_bytes() == b.read_bytes(), file


@pytest.mark.parametrize(
    ("validated", "least"),
    [
        ([0.96], 0.9),
        ([0.96, 0.97], 0.96),
        ([0.5, 0.97], 0.9),
        ([0.1, 0.3, 0.96], 0.9),
        ([0.02, 0.02, 0.96, 0.97], 0.96),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_validation_at_the_target_is_as_good_as_confirmed(shipped, validated, least, training):
    """A fine-tuning that validates once an epoch: the target is reached, and three checkpoints have not shown it yet."""
    steps = np.arange(500, 500 * 41, 500)
    val_acc = np.full(len(steps), np.nan)
    each = len(steps) // len(validated)
    val_acc[each - 1 :: each][: len(validated)] = validated
    signals = {"train_loss": np.linspace(2, 0.1, len(steps)), "val_acc": val_acc}
    if training:
        signals["train_acc"] = np.linspace(0.3, 1, len(steps))
    last = int(np.flatnonzero(np.isfinite(val_acc))[-1])
    answer = ask(shipped, Trajectory(steps, signals).prefix(int(steps[last])))
    assert answer.phase == "rising"
    assert answer.probability_onset_by_horizon >= least


def test_a_first_validation_that_is_no_guess_is_not_taken_for_chance(shipped):
    history = Trajectory([100, 200, 300, 400], {"train_loss": [1, 0.8, 0.6, 0.5], "val_acc": [0.9, 0.91, 0.92, 0.93]})
    answer = ask(shipped, history, Context())
    assert answer.phase == "rising"
    assert any("0.9, is no guess" in w for w in answer.warnings)
