"""GrokScheduler in a real Ray Tune that replays curves, and its rule."""

import logging
import re
from types import SimpleNamespace

import pytest

ray = pytest.importorskip("ray")
from ray import tune  # noqa: E402
from ray.tune.experiment import Trial  # noqa: E402

from grokcast.in_process import LocalForecaster  # noqa: E402
from grokcast.ray_scheduler import GrokScheduler  # noqa: E402
from tests.forks import ROOT  # noqa: E402
from tests.test_pruner import Recorded, runs  # noqa: E402, F401  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")


def trial(name, status=Trial.RUNNING, **config):
    return SimpleNamespace(trial_id=name, status=status, config=config)


def controller(*trials):
    return SimpleNamespace(get_live_trials=lambda: list(trials), get_trials=lambda: list(trials))


def ask(scheduler, one, *waiting, step=100, **more):
    result = {"step": step, "val_acc": 0.1, "training_iteration": 3, "time_total_s": 2.0, "done": False, **more}
    return scheduler.on_trial_result(controller(one, *waiting), one, result)


@pytest.mark.parametrize(
    ("answer", "options", "waiting", "action"),
    [
        (Recorded(action="stop"), {}, [], "STOP"),
        (Recorded(probability=0.01), {"stop_below": 0.1}, [], "STOP"),
        (Recorded(action="continue"), {}, [Trial.PENDING], "CONTINUE"),
        (Recorded(phase="generalized", action="stop"), {}, [Trial.PENDING], "CONTINUE"),
        (Recorded(), {}, [], "CONTINUE"),
        (Recorded(), {}, [Trial.RUNNING], "CONTINUE"),
        (Recorded(), {}, [Trial.PENDING], "PAUSE"),
        (Recorded(), {"pauses": False}, [Trial.PENDING], "CONTINUE"),
    ],
)
def test_the_rule(answer, options, waiting, action):
    scheduler = GrokScheduler(budget_step=1_000, forecaster=answer, **options)
    assert ask(scheduler, trial("a"), *(trial("b", status) for status in waiting)) == action


def test_the_likeliest_of_those_that_wait_goes_first_and_late_bloomers_come_back():
    answer = Recorded()
    scheduler = GrokScheduler(budget_step=1_000, forecaster=answer)
    trials = {}
    for name, probability in (("low", 0.2), ("high", 0.6), ("running", 0.4)):
        answer.answer["probability_onset_by_horizon"] = probability
        trials[name] = trial(name)
        assert ask(scheduler, trials[name]) == "CONTINUE"
    trials["low"].status = trials["high"].status = Trial.PAUSED
    everyone = controller(*trials.values())
    assert scheduler.choose_trial_to_run(everyone) is trials["high"]
    assert ask(scheduler, trials["running"], trials["low"], trials["high"], step=200) == "PAUSE"
    trials["high"].status = Trial.RUNNING
    answer.answer["probability_onset_by_horizon"] = 0.16
    assert ask(scheduler, trials["running"], trials["low"], step=400) == "CONTINUE"  # not by 0.05
    pending = trial("new", Trial.PENDING)
    assert scheduler.choose_trial_to_run(controller(*trials.values(), pending)) is pending
    assert "0 given up" in scheduler.debug_string()


def test_what_the_forecaster_is_asked_and_what_stays():
    answer = Recorded()
    scheduler = GrokScheduler(budget_step=900, context={"modulus": 47}, forecaster=answer)
    one = trial("a", lr=0.01, weight_decay=1.0)
    ask(scheduler, one, step=10)
    ask(scheduler, one, step=100, train_loss=float("nan"), note="text", timestamp=1_795_000_000)
    assert answer.requests[-1] == {
        "history": {
            "step": [10, 100],
            "val_acc": [0.1, 0.1],
            "time": [None, 1_795_000_000],
            "train_loss": [None, None],
        },
        "context": {"budget_step": 900, "learning_rate": 0.01, "weight_decay": 1.0, "modulus": 47},
        "horizon_step": 900,
    }
    scheduler.on_trial_complete(controller(), one, {})
    assert scheduler.verdicts["a"].reason == "50 % to generalise by step 1,000"
    assert scheduler.verdicts["a"].hours_left is None
    assert ask(scheduler, one, step=900) == "CONTINUE"
    assert len(answer.requests) == 2


def test_the_times_of_results_tell_the_hours_that_a_stop_saves():
    scheduler = GrokScheduler(budget_step=8_200, forecaster=LocalForecaster(), checks_per_decade=40)
    for step in range(100, 1_100, 100):
        ask(scheduler, trial("a"), step=step, train_acc=1.0, timestamp=1_795_000_000 + step // 2)
    assert scheduler.verdicts["a"].hours_left == pytest.approx(1.0)


def test_results_without_a_step_decide_nothing_and_are_named_once(caplog):
    scheduler = GrokScheduler(budget_step=900, forecaster=Recorded(action="stop"), time_attr="updates")
    with caplog.at_level(logging.WARNING, logger="grokcast"):
        assert [ask(scheduler, trial("a")) for _ in range(2)] == ["CONTINUE"] * 2
    assert len(caplog.records) == 1
    assert "updates is None" in caplog.text


class Replayed(tune.Trainable):
    """A training that is one of the corpus, checkpoint by checkpoint."""

    def setup(self, config):
        self.rows, self.next = config["run"]["rows"], 0

    def step(self):
        self.next += 1
        return {**self.rows[self.next - 1], "done": self.next == len(self.rows)}

    def save_checkpoint(self, folder):
        return {"next": self.next}

    def load_checkpoint(self, state):
        self.next = state["next"]

    def reset_config(self, config):
        self.setup(config)
        return True


class Counted(GrokScheduler):
    """Keeps what it decided."""

    def __init__(self, **options):
        super().__init__(**options)
        self.decisions = []

    def on_trial_result(self, *arguments):
        self.decisions.append(super().on_trial_result(*arguments))
        return self.decisions[-1]


def rows_of(run):
    """Return some checkpoints of a run, log-spaced."""
    history = run.trajectory
    kept = sorted({int(history.index_at(run.budget_step ** (k / 30))) for k in range(12, 31)})
    return [{"step": int(history.steps[k]), **{n: float(v[k]) for n, v in history.signals.items()}} for k in kept]


@pytest.mark.slow
def test_late_bloomers_end_and_others_are_stopped_in_a_real_tune(runs, tmp_path):  # noqa: F811
    late, never = runs
    tried = [never[0].run, late[0].run, never[1].run]
    scheduler = Counted(
        budget_step=max(run.budget_step for run in tried),
        context=lambda trial: tried[trial.config["run"]["k"]].context.as_dict(),
        stop_below=0.3,
        checks_per_decade=5,
        forecaster=LocalForecaster(),
    )
    space = {"run": tune.grid_search([{"k": k, "rows": rows_of(run)} for k, run in enumerate(tried)])}
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        results = tune.Tuner(
            tune.with_resources(Replayed, {"cpu": 1}),
            param_space=space,
            tune_config=tune.TuneConfig(scheduler=scheduler, metric="val_acc", mode="max", reuse_actors=True),
            run_config=tune.RunConfig(storage_path=str(tmp_path), verbose=0),
        ).fit()
    finally:
        ray.shutdown()
    ended = {r.config["run"]["k"]: r.metrics["step"] == r.config["run"]["rows"][-1]["step"] for r in results}
    assert not results.errors
    assert "PAUSE" in scheduler.decisions
    assert ended[1]
    assert not ended[0] or not ended[2]
    given_up = [verdict.gives_up for verdict in scheduler.verdicts.values()]
    assert len(given_up) == 3
    assert sum(given_up) == sum(not end for end in ended.values())


def test_the_example_of_the_page_makes_a_tuner(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where Tune keeps its experiments
    page = (ROOT / "docs/pruning.md").read_text()
    (code,) = (block for block in re.findall(r"```python\n(.+?)```", page, re.DOTALL) if "GrokScheduler" in block)
    made = {"Training": Replayed}
    exec(compile(code, "docs/pruning.md", "exec"), made)
    assert made["tuner"]._local_tuner._tune_config.scheduler is made["scheduler"]
