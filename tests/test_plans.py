"""Plans at every door: the command line, Python, the route and the client ask one question and have one answer."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

import grokcast
from api.wire.examples import PLAN_ANSWER, PLAN_REQUEST
from predictor.forecaster import OnsetForecaster
from predictor.planning.question import MAX_SETTINGS, PlanQuestion, combinations
from tests.command_line import grokcast as command, one_line
from tests.wire import post, problem_of
from training_runs import InvalidInput

GRID = {"weight_decay": ["0.01", "1"], "optimizer": ["AdamW", "sgd"]}
SHARED = {"p": 97, "lr": 1e-3, "train_fraction": 0.4}
OPTIONS = [
    "--set",
    "weight_decay=0.01,1",
    "--set",
    "optimizer=AdamW,sgd",
    "--context",
    "p=97,lr=1e-3,train_fraction=0.4",
]


def rounded(answer: Any) -> Any:
    """Return an answer with numbers to four decimals, and curves to their last two steps, as the documents show it."""
    if isinstance(answer, float):
        return round(answer, 4)
    if isinstance(answer, dict):
        cut = {n: v[-2:] for n, v in answer.items()} if set(answer) == {"step", "probability_onset"} else answer
        return {name: rounded(value) for name, value in cut.items()}
    return [rounded(value) for value in answer] if isinstance(answer, list) else answer


def test_every_door_has_one_answer(shipped_client: TestClient) -> None:
    here = grokcast.plan(SHARED, grid=GRID, budget=50_000, seconds_per_step=0.02)
    done = command("plan", *OPTIONS, "--budget", "50k", "--seconds-per-step", 0.02, "--json")
    assert done.returncode == 0, done.stderr
    body = {"context": SHARED, "grid": GRID, "budget_step": 50_000, "seconds_per_step": 0.02}
    listed = {
        **body,
        "contexts": [
            dict(zip(GRID, v, strict=True)) for v in [("0.01", "AdamW"), ("0.01", "sgd"), ("1", "AdamW"), ("1", "sgd")]
        ],
    }
    del listed["grid"]
    answers = [json.loads(done.stdout), *(post(shipped_client, b, "/v1/plans").json() for b in (body, listed))]
    assert answers == [here.to_dict()] * 3
    assert [item["setting"]["weight_decay"] for item in here["settings"]] == [0.01, 0.01, 1.0, 1.0]
    for item in here["settings"]:
        assert item["expected_hours"] == pytest.approx(item["plan"]["expected_steps"] * 0.02 / 3600)


def test_the_documented_answer_is_that_of_the_documented_request(shipped_client: TestClient) -> None:
    answer = post(shipped_client, PLAN_REQUEST, "/v1/plans").json()
    assert rounded(answer) == PLAN_ANSWER


def test_more_decay_is_recommended_where_the_corpus_shows_it() -> None:
    answer = grokcast.plan(PLAN_REQUEST["context"], grid={"wd": [0.01, 1]}, budget=50_000, wanted=0.8)
    little, much = answer["settings"]
    assert little["plan"]["probability_onset_by_budget"] < 0.8 < much["plan"]["probability_onset_by_budget"]
    assert answer.cheapest == 1
    assert str(answer).startswith("the cheapest that reaches 80 %: weight_decay 1")
    higher = grokcast.plan(PLAN_REQUEST["context"], grid={"wd": [0.01, 1]}, budget=50_000, wanted=0.99)
    assert higher.cheapest is None
    assert str(higher).startswith("none reaches 99 % by its budget; the likeliest: weight_decay 1")


def test_the_issues_example_is_a_table_with_what_was_assumed() -> None:
    done = command("plan", "--set", "modulus=97", "--set", "weight_decay=0.01,0.1,1", "--budget", 50_000)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split()[:2] == ["weight_decay", "P"]
    assert [row.split()[0] for row in rows[:3]] == ["0.01", "0.1", "1"]
    for words in ("recommendation: ", "modular is assumed", "not given: architecture", "all: modulus 97"):
        assert words in done.stdout
    assert "hours" not in done.stdout


def test_out_of_support_there_is_no_verdict() -> None:
    done = command("plan", "--set", "wd=1,1000", "--context", "p=97,lr=1e-3", "--budget", 50_000)
    _, inside, outside, *below = done.stdout.splitlines()
    assert "%" in inside
    assert outside.split() == ["1000", "no", "verdict"]
    reasons = [line for line in below if line.startswith("no verdict: weight_decay 1000:")]
    assert any("weight decay is 1000; in runs that were learnt from it is between" in reason for reason in reasons)
    alone = grokcast.plan({"p": 97, "lr": 1e-3, "wd": 1000}, budget=50_000)
    assert str(alone) == "no verdict: unlike the runs learnt from"


def test_csv_is_the_table_of_python(tmp_path: Path) -> None:
    contexts = {"a": {"weight_decay": 0.1}, "b": {"weight_decay": 1.0}}
    (tmp_path / "runs.json").write_text(json.dumps({name: {**SHARED, **c} for name, c in contexts.items()}))
    done = command("plan", "--context", tmp_path / "runs.json", "--budget", 20_000, "--csv")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(io.StringIO(done.stdout))
    expected = grokcast.plan(SHARED, contexts=list(contexts.values()), budget=20_000).table()
    assert found["weight_decay"].tolist() == [0.1, 1.0]
    assert found.columns.tolist() == expected.columns.tolist()
    for name in ("probability_onset_by_budget", "onset_step_p50", "expected_steps", "cheapest", "warnings"):
        assert found[name].tolist() == expected[name].tolist()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grid": {"lr": [1e-3]}, "budget": None}, "budget_step is not given"),
        ({"grid": {"lr": []}}, "one value at least"),
        ({"grid": {"lr": [1]}, "budget": "20k"}, "budget is '20k'; expected a number"),
        ({"grid": {"lr": "0.1,1"}}, "lr is '0.1,1'; expected one number"),
        ({"grid": {"lr": ["fast"]}}, "expected a number"),
        ({"grid": {"optimzer": ["adam"]}}, "did you mean optimizer?"),
        ({"grid": {"loss": ["x"]}}, "known values of loss"),
        ({"grid": {"p": [97], "modulus": [5]}}, "expected each field once"),
        ({"grid": {"lr": [1]}, "wanted": 1}, "wanted_probability is 1"),
        ({"grid": {"lr": [1]}, "seconds_per_step": 0}, "seconds_per_step is 0"),
        ({"grid": {"steps": [1000, 2000]}}, "no other budget"),
        ({"grid": {"p": range(2, MAX_SETTINGS + 3)}}, f"at most {MAX_SETTINGS}"),
        ({"contexts": [{"lr": 1}] * (MAX_SETTINGS + 1)}, f"at most {MAX_SETTINGS}"),
        ({"context": {"lr": 1}, "contexts": [{}], "grid": {"wd": [1]}}, "either contexts or a grid"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_what_cannot_be_planned_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        grokcast.plan(**{"budget": 5000, **options})


def test_values_in_brackets_are_one_and_what_is_no_assignment_is_a_line() -> None:
    done = command(
        "plan", "--set", "betas=(0.9, 0.98),(0.9, 0.999)", "--context", "lr=1e-3", "--budget", "5k", "--json"
    )
    assert [item["setting"] for item in json.loads(done.stdout)["settings"]] == [{"beta2": 0.98}, {"beta2": 0.999}]
    done = command("plan", "--set", "lr", "--budget", "5k")
    assert done.returncode == 2
    assert "--set is 'lr'; expected FIELD=VALUE" in one_line(done)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grid": {"lr": [1, "x"]}}, "context.lr"),
        ({"grid": {"lr": []}}, "grid.lr"),
        ({"grid": {"lr": list(range(30)), "wd": list(range(30))}}, "grid"),
        ({"contexts": [{}]}, "grid"),
        ({"wanted_probability": 1}, "wanted_probability"),
        ({"budget_step": None}, "budget_step"),
        ({"target_accuracy": 0.2}, "target_accuracy"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_what_cannot_be_planned_is_a_problem_with_its_field(
    shipped_client: TestClient, change: dict[str, Any], field: str
) -> None:
    problem = problem_of(post(shipped_client, {**PLAN_REQUEST, **change}, "/v1/plans"), 422)
    assert problem["field"] == field


def test_unknown_fields_are_named(client: TestClient) -> None:
    answer = post(client, {"context": {"colour": 1, "lr": 1}, "budget": 5, "budget_step": 500}, "/v1/plans").json()
    assert "budget" in answer["warnings"][0]
    assert "colour" in " ".join(answer["warnings"][1:])
    assert answer.keys() == PLAN_ANSWER.keys()


@pytest.mark.parametrize(
    "body",
    [
        {"context": {"lr": 1}},
        {"history": {}},
        {"history": {"step": [], "val_acc": []}},
        {"history": {"step": [0, 5, 10]}},
    ],
    ids=str,
)
def test_a_run_that_has_not_begun_is_sent_to_plans(shipped_client: TestClient, body: dict[str, Any]) -> None:
    assert "/v1/plans" in problem_of(post(shipped_client, body), 422)["hint"]


def test_a_version_that_has_not_learnt_to_plan_says_so(shipped: OnsetForecaster) -> None:
    without = replace(shipped, planner=None)
    with pytest.raises(InvalidInput, match="a version that has learnt to plan"):
        without.compare(PlanQuestion(context={"lr": 1e-3}, budget_step=5000))


def test_fields_of_a_setting_go_before_shared_ones_whatever_they_are_called() -> None:
    contexts, notes = PlanQuestion(context={"wd": 5, "lr": 1e-3}, grid={"weight_decay": [0.1, 1]}).settings()
    assert [c.weight_decay for c in contexts] == [0.1, 1.0]
    assert all(c.learning_rate == 1e-3 for c in contexts)
    assert not any("twice" in note for note in notes)


def test_a_budget_goes_before_those_of_the_contexts() -> None:
    contexts = [{"steps": 1000, "lr": 1e-3}, {"steps": 2000, "lr": 1e-3}]
    together = grokcast.plan(contexts=contexts, budget=5000)
    assert [item["plan"]["budget_step"] for item in together["settings"]] == [5000, 5000]
    assert "budget_step" not in {**together["shared"], **together["settings"][0]["setting"]}
    apart = grokcast.plan(contexts=contexts)
    assert [item["plan"]["budget_step"] for item in apart["settings"]] == [1000, 2000]
    assert [item["setting"] for item in apart["settings"]] == [{"budget_step": 1000}, {"budget_step": 2000}]


def test_a_text_and_a_number_are_one_value_of_a_grid_not_its_letters() -> None:
    plans = grokcast.plan(grid={"modulus": "97", "wd": 1.0, "lr": [1e-3, 1e-2]}, budget=5000)
    assert plans["shared"].items() >= {"modulus": 97, "weight_decay": 1.0}.items()
    assert [item["setting"] for item in plans["settings"]] == [{"learning_rate": 1e-3}, {"learning_rate": 1e-2}]


def test_combinations_are_all_of_them() -> None:
    found = combinations({"lr": [1, 2], "wd": [3, 4, 5]})
    assert len({tuple(c.items()) for c in found}) == 6
    with pytest.raises(InvalidInput, match="900 combinations"):
        combinations({"lr": range(30), "wd": range(30)})
