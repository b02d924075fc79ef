"""What to tell next: every number is that of a forecast with the value given, the most telling field first, at every door."""

import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import grokcast
from api.wire.forecasts import MAX_WITH_GAPS
from features.extract import extract
from grokcast.answer import gap_in_words
from predictor.answering.answer import probability_by_horizon
from predictor.answering.gaps import accounted_for
from predictor.answering.seen_contexts import FIELDS
from predictor.benchmark.gaps import Told, signal_worth, told, worth
from predictor.benchmark.rows import HEADLINE, LANDMARKS
from predictor.forecaster import OnsetForecaster
from predictor.hazard.folds import fold_of
from predictor.question import Question, check
from tests.command_line import grokcast as command
from tests.wire import post, problem_of, request
from training_runs import Context
from training_runs.blind_test import read_blind
from training_runs.readers import read_recording

EXAMPLE = Path(__file__).parent.parent / "examples/history.csv"
CONTEXTS = {
    "nothing": Context(),
    "the task": Context(task_family="modular", modulus=97, operation="add", train_fraction=0.4),
    "the optimiser": Context(optimizer="adamw", learning_rate=1e-3, weight_decay=1.0),
}
FULL = Context(
    task_family="modular",
    operation="add",
    modulus=97,
    classes=97,
    chance_accuracy=1 / 97,
    train_size=3000,
    train_fraction=0.4,
    architecture="transformer",
    layers=2,
    width=128,
    embedding_dim=32,
    parameters=100_000,
    optimizer="adamw",
    learning_rate=1e-3,
    weight_decay=1.0,
    batch_size=512,
    init_scale=1.0,
    loss="cross_entropy",
    dropout=0.0,
    label_noise=0.0,
)


@pytest.fixture(scope="module")
def history():
    (run,) = read_recording(str(EXAMPLE)).runs.values()
    return run.trajectory


def gaps(forecaster, history, context, **question):
    return forecaster.forecast(Question(history, context, with_gaps=True, **question)).gaps


@pytest.mark.parametrize("given", CONTEXTS)
def test_examples_are_forecasts_with_the_value_given(shipped, history, given):
    context = CONTEXTS[given]
    found = gaps(shipped, history, context, horizon_step=20_000)
    assert len(found) >= 3
    for gap in found:
        assert len(gap.examples) > 1
        for example in gap.examples:
            told = replace(context, **{gap.name: example.value})
            there = shipped.forecast(Question(history, told, horizon_step=20_000))
            assert example.probability == pytest.approx(there.probability_onset_by_horizon, abs=1e-9)
            assert example.onset_step == there.onset_step.p50
        probabilities = [example.probability for example in gap.examples]
        assert gap.range_of_probability == (min(probabilities), max(probabilities))


def test_a_signal_is_worth_what_forecasts_without_it_lack(shipped):
    found = signal_worth(shipped, read_blind()[:25], "none")
    assert list(found) == ["train_loss", "train_acc", "val_loss", "val_acc", "weight_norm"]
    for worth_ in found.values():
        assert 0 < worth_.moved < worth_.share < 1


@pytest.mark.parametrize("given", CONTEXTS)
def test_gaps_are_of_fields_not_given_the_most_telling_first(shipped, history, given):
    context = CONTEXTS[given]
    found = gaps(shipped, history, context)
    names = [gap.name for gap in found]
    known = context.completed().as_dict()
    assert not set(names) & set(known)  # neither given, nor following from what is
    assert len(set(names)) == len(names)
    changes = [gap.expected_change for gap in found]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0


def test_nothing_is_left_to_tell_where_all_is_given(shipped, history):
    assert gaps(shipped, history, FULL) == ()


def test_core_signals_that_were_not_recorded_come_last(shipped, history):
    fewer = history.only({"val_acc", "train_acc"})
    found = gaps(shipped, fewer, Context())
    kinds = [gap.kind for gap in found]
    assert kinds == sorted(kinds)
    assert [gap.name for gap in found if gap.kind == "signal"] == ["val_loss", "train_loss", "weight_norm"]
    assert "weight_norm: not recorded" in gap_in_words(dataclasses.asdict(found[-1]))


def test_no_gaps_unless_asked_for(shipped, history):
    assert shipped.forecast(Question(history)).gaps is None


def test_no_gaps_of_a_run_that_has_generalised_or_is_of_a_kind_never_seen(shipped, history):
    steps, done = history.steps, np.where(history.steps > 100, 1.0, 0.0)
    generalised = dataclasses.replace(history, steps=steps, signals={"train_acc": done, "val_acc": done})
    assert gaps(shipped, generalised, Context()) == ()
    assert gaps(shipped, history, Context(optimizer="shampoo")) == ()


def test_a_version_stored_before_answers_and_tells_no_gaps(shipped, history):
    state = shipped.state()
    del state["seen_contexts"]
    older = OnsetForecaster.of_state("older", state)
    asked = Question(history, with_gaps=True)
    assert older.forecast(asked) == replace(shipped.forecast(asked), forecaster="older", gaps=None)


def test_fields_are_those_that_a_forecast_reads(shipped, history):
    nothing_follows = replace(FULL, modulus=None)
    follows = replace(FULL, classes=None, chance_accuracy=None, train_size=None)
    read = set(shipped.similarity.categories)
    for context in (FULL, follows, nothing_follows, replace(nothing_follows, classes=None)):
        features = extract(history, context)
        for name in context.as_dict():
            without = extract(history, replace(context, **{name: None}))
            if not np.array_equal(features, without, equal_nan=True):
                read.add(name)
    assert read == set(FIELDS)


def test_likely_values_are_those_of_runs_alike(shipped, history):
    def values(context):
        return {field.name: field.values for field in shipped.seen_contexts.like(context, history).fields}

    sgd, adamw = (np.median(values(Context(optimizer=name))["learning_rate"]) for name in ("sgd", "adamw"))
    assert sgd > 10 * adamw
    assert not values(Context(task_family="parity")).keys() & {"modulus", "operation"}
    assert values(Context(task_family="modular")).keys() & {"modulus", "classes", "chance_accuracy"} == {"modulus"}


def test_groups_account_for_what_they_differ_by():
    group = np.repeat([0, 1, -1], 20)
    probability = np.where(group == 1, 0.8, 0.2)
    assert accounted_for(probability, group) == pytest.approx(0.3)
    rng = np.random.default_rng(0)
    by_chance = [accounted_for(rng.random(60), rng.integers(5, size=60)) for _ in range(200)]
    assert np.mean(np.square(by_chance)) < 0.1 / 12  # of the variance of P
    assert accounted_for(probability, np.zeros(60, dtype=int)) == 0


def test_every_door_tells_the_same(shipped_client, history):
    here = grokcast.forecast(EXAMPLE, gaps=True)
    done = command("forecast", EXAMPLE, "--json", "--gaps")
    assert json.loads(done.stdout)["gaps"] == json.loads(json.dumps(here.gaps)) != []
    columns = {name: [None if np.isnan(v) else v for v in values] for name, values in history.signals.items()}
    body = {"history": {"step": history.steps.tolist(), **columns}, "include": ["gaps"]}
    answer = post(shipped_client, body).json()
    (item,) = post(shipped_client, {"items": [body]}, "/v1/forecasts/batch").json()["items"]
    for there in (answer, item["forecast"]):
        assert there["gaps"] == json.loads(done.stdout)["gaps"]
    del body["include"]
    assert post(shipped_client, body).json()["gaps"] is None


def test_the_terminal_shows_the_first_three(shipped, history):
    shown = command("forecast", EXAMPLE).stdout
    lines = [gap_in_words(dataclasses.asdict(gap)) for gap in gaps(shipped, history, Context())]
    assert "tell next" in shown
    assert [line in shown for line in lines] == [True] * 3 + [False] * (len(lines) - 3)


def test_a_table_names_the_first(shipped, history):
    table = grokcast.forecast([EXAMPLE], gaps=True)
    assert table.tell_next[0] == gap_in_words(dataclasses.asdict(gaps(shipped, history, Context())[0]))
    assert pd.isna(grokcast.forecast([EXAMPLE]).tell_next[0])


def test_what_cannot_be_included_is_refused(client):
    problem = problem_of(post(client, request(include=["everything"])), 422)
    assert problem["field"] == "include[0]"
    assert "gaps" in problem["expected"]


def test_a_batch_tells_the_gaps_of_so_many_and_no_more(client):
    items = [request(include=["gaps"])] * (MAX_WITH_GAPS + 1) + [request()]
    answers = post(client, {"items": items}, "/v1/forecasts/batch").json()["items"]
    refused = [k for k, item in enumerate(answers) if "problem" in item]
    assert refused == [MAX_WITH_GAPS]
    assert answers[MAX_WITH_GAPS]["problem"]["field"] == "include"


def test_telling_the_first_is_worth_what_it_takes_off_the_error():
    """Made so that the field named first, and no other, tells the outcome."""
    rows = [
        Told(
            configuration=str(k),
            first="weight_decay",
            event=k % 2 == 0,
            without=(0.5, 1.0),
            with_first=(1.0 - k % 2, 0.4),
            each=np.array([[1.0 - k % 2, 0.4], [0.5, 1.0]]),
            everything=(1.0 - k % 2, 0.2),
        )
        for k in range(40)
    ]
    found = worth(rows)
    assert found.brier == (0.25, 0.125, 0.0, 0.0)
    assert found.width == pytest.approx((1.0, 0.7, 0.4, 0.2))
    assert [i.value for i in found.first_minus_random] == [-0.125, -0.3]
    assert [(i.low, i.high) for i in found.first_minus_without] == [(-0.25, -0.25), (-0.6, -0.6)]


def test_runs_are_judged_by_what_has_not_seen_their_fold(shipped):
    run = next(r for r in read_blind() if list(told(shipped, [r], "none", lambda r, _: r.budget_step)))
    (row,) = told(shipped, [run], "none", lambda r, _: r.budget_step)
    assert row.with_first in [tuple(pair) for pair in row.each]
    (landmark,) = LANDMARKS[HEADLINE](run)
    question = Question(run.trajectory.prefix(landmark), Context(), run.budget_step)
    curves = shipped.supposed_curves([check(question)], unseen=run.configuration_id)
    assert row.without[0] == probability_by_horizon(check(question), next(iter(curves)))
    assert row.without[0] != shipped.forecast(question).probability_onset_by_horizon
    own = shipped.seen_contexts.fold == fold_of(np.array([run.configuration_id]), "fit")
    knows_its_fold_alone = replace(shipped, seen_contexts=shipped.seen_contexts.where(own))
    assert gaps(knows_its_fold_alone, question.trajectory, Context(), horizon_step=run.budget_step)
    assert list(told(knows_its_fold_alone, [run], "none", lambda r, _: r.budget_step)) == []
