"""The leaderboard: what a method is told, what it may do, and what becomes of its answers."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from predictor.benchmark.baselines.context_and_population import context_linear, kaplan_meier_curve
from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.prediction import at_landmark, predict
from predictor.leaderboard.answers import Answers
from predictor.leaderboard.checks import MOST_AT_ONSET, check
from predictor.leaderboard.isolated import IsolatedMethod, namespaces
from predictor.leaderboard.page import with_results
from predictor.leaderboard.result import TaskFigures, held_results, with_tasks_not_asked
from predictor.leaderboard.run import run
from predictor.leaderboard.score import interval_score, task_figures
from predictor.leaderboard.shipped import ShippedMethod
from predictor.leaderboard.status import MOST_MOVED, status_of
from predictor.leaderboard.tables import TableMethod
from predictor.leaderboard.task import Task, TaskSummary, corpus_tasks, public_tasks, questions_of
from tests.benchmark_results import interval
from tests.command_line import grokcast, one_line
from tests.forks import ROOT
from training_runs import InvalidInput, Run, Trajectory, archive
from training_runs.synthetic import synthetic_corpus

ENTRIES = ROOT / "predictor" / "leaderboard" / "entries"


@pytest.fixture(scope="module")
def task(corpus) -> Task:
    """The first task, of synthetic runs."""
    return corpus_tasks(corpus, ["at memorisation"])[0]


def with_other_futures(runs: list[Run], task: Task) -> list[Run]:
    """Return runs whose validation, from their landmark on, is another one's."""
    landmark = dict(zip(task.rows.run.tolist(), task.rows.landmark, strict=True))
    rng = np.random.default_rng(0)
    changed = []
    for run_ in runs:
        later = run_.trajectory.steps > landmark.get(run_.run_id, np.inf)
        signals = {n: np.where(later, rng.permutation(v), v) for n, v in run_.trajectory.signals.items()}
        changed.append(replace(run_, trajectory=Trajectory(run_.trajectory.steps, signals)))
    return changed


def test_what_is_sent_of_a_row_is_the_same_whatever_comes_later(corpus, task):
    others = with_other_futures(corpus, task)
    assert any(
        (a.trajectory.signals["val_acc"] != b.trajectory.signals["val_acc"]).any()
        for a, b in zip(corpus, others, strict=True)
    )
    sent = [pickle.dumps(question.sent()) for question in task.questions]
    assert [pickle.dumps(question.sent()) for question in questions_of(others, task.rows)] == sent


def test_folds_share_no_configuration_and_cover_every_row(task):
    asked = []
    for learnt, rows in task.folds():
        assert not set(task.rows.configuration[learnt]) & set(task.rows.configuration[rows])
        asked += rows.tolist()
    assert sorted(asked) == list(range(len(task.rows)))


def test_a_fingerprint_is_of_every_history_and_outcome(task):
    found = task.summary().fingerprint
    time = task.rows.time.copy()
    time[3] += 1
    other_outcome = replace(task, rows=replace(task.rows, time=time))
    history = task.questions[3].history
    loss = history.signals["val_loss"] * 1.001
    noisy = replace(task.questions[3], history=Trajectory(history.steps, {**history.signals, "val_loss": loss}))
    other_history = replace(task, questions=[*task.questions[:3], noisy, *task.questions[4:]])
    assert len({found, other_outcome.summary().fingerprint, other_history.summary().fingerprint}) == 3
    assert replace(task).summary().fingerprint == found


def test_sources_are_left_out_whole_and_own_runs_always_learnt_from(corpus):
    sources = {
        name: [replace(r, run_id=f"{name}{r.run_id}", configuration_id=f"{name}/{r.configuration_id}") for r in part]
        for name, part in (("one", corpus[:20]), ("two", corpus[20:40]), ("three", corpus[40:60]))
    }
    for found, multiple in zip(public_tasks(corpus[60:], sources), (10, 30), strict=True):
        rows, own = found.rows, found.fold < 0
        assert (rows.budget[~own] == multiple * rows.landmark[~own]).all()
        assert (found.onset_by_horizon() | (rows.time >= rows.budget))[found.judged].all()
        assert (rows.landmark < rows.rise).all()
        origin = np.array([name.rpartition("/")[0] for name in rows.configuration.tolist()])
        asked = []
        for learnt, of_fold in found.folds():
            assert not set(origin[learnt]) & set(origin[of_fold])
            assert set(np.flatnonzero(own)) <= set(learnt)
            asked += of_fold.tolist()
        assert sorted(asked) == np.flatnonzero(found.judged).tolist()
        assert {"one", "two", "three"} == set(origin[asked])


# In a process of its own


def method_of(folder: Path, code: str, **limits: float) -> IsolatedMethod:
    (folder / "method.py").write_text(code)
    return IsolatedMethod(folder / "method.py", **limits)


def ask(method: IsolatedMethod, task: Task, n: int = 2) -> Answers:
    return method(
        task.questions[9:12], task.outcomes(np.arange(9, 12)), task.questions[:n], task.rows.configuration[:n]
    )


def test_a_method_is_given_histories_contexts_and_outcomes(tmp_path, task):
    method = method_of(
        tmp_path,
        "seen = []\n"
        "def fit(histories, contexts, outcomes):\n"
        "    print('to nobody')\n"
        "    seen.extend(o.followed_until for o in outcomes)\n"
        "def predict(history, context, horizon):\n"
        "    assert context['weight_decay'] == 1.0 and context['target_accuracy'] == 0.95\n"
        "    assert len(history['val_acc']) == len(history['step'])\n"
        "    return history['step'][-1] / horizon, {0.5: seen[0], 0.95: 1e9}\n",
    )
    found = ask(method, task)
    landmark, horizon = (np.array(values[:2]) for values in (task.rows.landmark, task.rows.budget))
    assert found.probability == pytest.approx(landmark / horizon)
    assert np.isnan(found.quantiles[:, 0]).all()
    assert found.quantiles[:, 1] == pytest.approx(np.clip(task.rows.time[9], landmark + 1, horizon))
    assert found.quantiles[:, 2] == pytest.approx(horizon)
    assert found.touched == ()


FORBIDDEN = f"""
import ctypes, os, socket, subprocess

def predict(history, context, horizon):
    for attempt in (
        lambda: os.listdir({str(archive.CORPUS)!r}),
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: subprocess.run(["true"]),
    ):
        try:
            attempt()
        except PermissionError:
            pass
    shard = {str(next(archive.CORPUS.glob("*.parquet")))!r}
    return float(ctypes.CDLL(None).open(shard.encode(), 0) >= 0), None
"""


def test_stored_runs_the_network_and_processes_are_refused_and_named(tmp_path, task):
    found = ask(method_of(tmp_path, FORBIDDEN), task, 1)
    assert found.touched == ("another process", f"stored runs: {archive.CORPUS}", "the network")
    if namespaces():  # not to be opened from C either
        assert found.probability.tolist() == [0.0]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def predict(history, context, horizon):\n    return history['loss'], None", r"KeyError: 'loss' \(line 2\)"),
        ("def predict(history, context, horizon):\n    return 1.2, None", r"answers\[0\]\.probability is 1\.2"),
        ("def predict(history, context, horizon):\n    return 0.5, {0.05: 900, 0.5: 800}", r"answers\[0\]\.quantiles"),
        ("def predict(history, context, horizon):\n    return 0.5, {0.1: 900}", "quantile 0.1 is not asked for"),
        (
            "def predict_many(histories, contexts, horizons):\n    return []",
            "answers is 0; expected 2, one for each row",
        ),
        ("import os\nos._exit(7)", "ended with status 7"),
        ("x = 1", "no attribute 'predict'"),
        ("x = bytearray(9 << 30)", "MemoryError"),
    ],
)
def test_what_a_method_does_wrong_is_said(tmp_path, task, code, expected):
    with pytest.raises(InvalidInput, match=expected):
        ask(method_of(tmp_path, code), task)


def test_a_method_that_takes_too_long_is_ended(tmp_path, task):
    method = method_of(tmp_path, "while True:\n    pass", time_limit=1)
    with pytest.raises(InvalidInput, match="no answer after 1 seconds"):
        ask(method, task)


def test_what_is_no_method_is_refused(tmp_path):
    (tmp_path / "table.py").write_text("OUTCOMES = " + "9" * 100_000)
    (tmp_path / "text.py").write_text("to be or not")
    for name, expected in (
        ("none.py", "a Python file"),
        ("table.py", "at most 100,000"),
        ("text.py", "Python in text.py"),
    ):
        with pytest.raises(InvalidInput, match=expected):
            IsolatedMethod(tmp_path / name)


def test_the_example_is_put_through_a_task(tmp_path):
    archive.append(tmp_path / "runs", synthetic_corpus(400))
    done = grokcast(
        "leaderboard",
        "run",
        ROOT / "examples" / "my_detector.py",
        "--quick",
        "--json",
        "--corpus",
        tmp_path / "runs",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["quick"], result["status"], result["leakage"]["touched"]) == (True, "INCONCLUSIVE", [])
    assert not result["leakage"]["flagged"]
    figures = result["tasks"]["at memorisation"]
    assert figures["auroc"]["low"] > 0.5
    assert figures["log10_mae"]["value"] < 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_file_that_is_not_there_is_one_line():
    assert "my_detector.py is one" in one_line(grokcast("leaderboard", "run", "none.py"))


# The baselines and the forecaster as methods


@pytest.mark.parametrize("baseline", [kaplan_meier_curve, context_linear])
def test_a_baseline_answers_as_in_the_benchmark(task, baseline):
    learnt, asked = task.folds()[0]
    method = TableMethod(at_landmark(baseline))
    histories, contexts, _ = zip(*(task.questions[k].sent() for k in learnt), strict=True)
    method.fit(histories, contexts, task.outcomes(learnt))
    answers = method.predict_many(*zip(*(task.questions[k].sent() for k in asked), strict=True))
    at = task.rows.where(learnt)
    _, group, seeds = np.unique(at.configuration, return_inverse=True, return_counts=True)
    expected = baseline(replace(at, weight=1 / seeds[group]), task.rows.where(asked))
    assert [p for p, _ in answers] == pytest.approx(expected.probability)
    assert [quantiles[0.5] for _, quantiles in answers] == pytest.approx(expected.median)


def test_the_forecaster_answers_by_learners_that_have_not_seen_the_row(task, synthetic_forecaster):
    found = ShippedMethod(synthetic_forecaster)([], [], task.questions, task.rows.configuration)
    blind = predict(synthetic_forecaster.curves(task.rows, blind=True, to_reach=False), task.rows)
    assert found.probability == pytest.approx(blind.probability)
    assert found.quantiles[:, 1] == pytest.approx(np.clip(blind.median, task.rows.landmark + 1, task.rows.budget))


# What becomes of answers


def knowing(task: Task):
    """Return a method that has the true onset of every row, and says so."""
    onset = dict(zip(task.rows.run.tolist(), np.where(task.rows.event, task.rows.time, np.inf), strict=True))
    by_loss = {
        float(q.history.signals["train_loss"][0]): onset[r]
        for q, r in zip(task.questions, task.rows.run.tolist(), strict=True)
    }

    def method(learnt, outcomes, asked, configuration):
        steps = np.array([by_loss.get(float(q.history.signals["train_loss"][0]), np.inf) for q in asked])
        horizon = np.array([q.horizon for q in asked])
        return Answers((steps <= horizon).astype(float), np.tile(np.minimum(steps, horizon)[:, None], 3))

    return method


def constant(learnt, outcomes, asked, configuration):
    return Answers(np.full(len(asked), 0.5), np.full((len(asked), 3), np.nan))


def at_random(learnt, outcomes, asked, configuration):
    return Answers(np.random.default_rng().random(len(asked)), np.full((len(asked), 3), np.nan))


def answered(method, task: Task) -> Answers:
    return method([], [], task.questions, task.rows.configuration)


def test_a_method_that_knows_the_onset_is_flagged(task):
    found = check(task, knowing(task), answered(knowing(task), task))
    assert found.leakage.flagged
    assert found.leakage.at_onset.low > MOST_AT_ONSET
    assert found.moved == 1.0  # with noise it finds nothing


def test_a_method_that_reads_the_norm_is_not_flagged(task, synthetic_forecaster):
    method = ShippedMethod(synthetic_forecaster)
    found = check(task, method, answered(method, task))
    assert not found.leakage.flagged
    assert found.leakage.at_onset.value < MOST_AT_ONSET / 2


def test_answers_that_are_drawn_anew_move(task):
    assert check(task, constant, answered(constant, task)).moved == 0
    assert check(task, at_random, answered(at_random, task)).moved > MOST_MOVED


def test_figures_of_perfect_answers_and_of_the_reference(task):
    perfect = task_figures(task, answered(knowing(task), task))
    assert (perfect.auroc.value, perfect.brier_skill.value, perfect.log10_mae.value) == (1, 1, 0)
    assert (perfect.coverage90.value, perfect.interval_score.value) == (1, 0)
    assert (perfect.announced.value, perfect.false_alarms.value) == (1, 0)
    reference = np.empty(len(task.rows))
    for learnt, asked in task.folds():
        reference[asked] = kaplan_meier_curve(task.rows.where(learnt), task.rows.where(asked)).probability
    figures = task_figures(task, Answers(reference, np.full((len(reference), 3), np.nan)))
    assert (figures.brier_skill.value, figures.log10_mae.value, figures.coverage90.value) == (0, None, None)


def test_the_interval_score_is_width_and_what_lies_outside():
    low, high = np.array([1.0, 1.0, 1.0]), np.array([2.0, 2.0, 2.0])
    assert interval_score(low, high, np.array([1.5, 0.9, 2.2])) == pytest.approx([1, 1 + 20 * 0.1, 1 + 20 * 0.2])


def figures_of(**others: Interval) -> TaskFigures:
    good = {
        "auroc": interval(0.9),
        "brier": interval(0.1),
        "brier_skill": interval(0.5),
        "log10_mae": interval(0.1),
        "coverage90": interval(0.9),
        "interval_score": interval(0.5),
        "false_alarms": interval(0.05),
        "announced": interval(0.7),
    }
    return TaskFigures(task=TaskSummary(500, 200, 300, 5, "0"), **(good | others))


@pytest.mark.parametrize(
    ("first", "second", "moved", "quick", "expected"),
    [
        ({}, {}, 0.01, False, "SUPPORTED_FOR_ALARM"),
        ({}, {}, 0.01, True, "INCONCLUSIVE"),
        ({"auroc": interval(0.51)}, {}, 0.01, False, "INCONCLUSIVE"),
        ({}, {}, 0.06, False, "UNSTABLE"),
        ({}, {"auroc": interval(0.47)}, 0.01, False, "UNSTABLE"),
        ({"announced": interval(0.51)}, {}, 0.01, False, "RANK_ONLY"),
        ({"false_alarms": interval(0.08)}, {}, 0.01, False, "RANK_ONLY"),
        ({}, {"brier_skill": interval(0.01)}, 0.01, False, "RANK_ONLY"),
    ],
)
def test_a_status_follows_from_its_rules(first, second, moved, quick, expected):
    elsewhere = figures_of(auroc=interval(0.4), brier_skill=interval(-1.0))
    tasks = {"at memorisation": figures_of(**first), "2x memorisation": figures_of(**second), "elsewhere": elsewhere}
    assert status_of(tasks, moved, quick=quick) == expected


def test_what_is_flagged_has_no_status(task):
    class Knowing(IsolatedMethod):
        def __call__(self, *rows):
            return knowing(task)(*rows)

    result = run(Knowing(ROOT / "examples" / "my_detector.py"), [task])
    assert (result.status, result.leakage.flagged) == (None, True)


def test_public_rows_are_kept_of_the_same_file_on_the_same_rows():
    (whole,) = (r for r in held_results(ROOT / "docs" / "leaderboard") if r.name == "my_detector")
    own = {name: figures for name, figures in whole.tasks.items() if not name.startswith("public")}
    assert len(own) < len(whole.tasks)
    alone = replace(whole, tasks=own, seconds=1.0)
    assert with_tasks_not_asked(alone, [whole]) == replace(whole, seconds=1.0)
    first = next(iter(own))
    other_rows = replace(own[first], task=replace(own[first].task, fingerprint="0"))
    for other in (replace(alone, identity="0"), replace(alone, tasks={**own, first: other_rows})):
        assert with_tasks_not_asked(other, [whole]) == other
    assert with_tasks_not_asked(alone, []) == alone


def test_the_page_is_that_of_the_results_that_are_kept():
    page = (ROOT / "docs" / "leaderboard.md").read_text()
    held = held_results(ROOT / "docs" / "leaderboard")
    assert {"grokcast", "kaplan_meier", "my_detector", "norm_first_passage", "spectral_entropy"} <= {
        r.name for r in held
    }
    assert with_results(page, held) == page
    assert not any(result.quick for result in held)


@pytest.mark.parametrize(
    "file", sorted(ENTRIES.glob("[!_]*.py")) + [ROOT / "examples" / "my_detector.py"], ids=lambda path: path.stem
)
def test_an_entrys_result_is_of_the_file_as_it_is(file):
    kept = json.loads((ROOT / "docs" / "leaderboard" / f"{file.stem}.json").read_text())
    assert kept["identity"] == IsolatedMethod(file).sha256, f"run it again: grokcast leaderboard run {file.name}"
