"""GrokPruner in real Optuna studies that replay runs of the corpus, whose ends are known."""

import logging

import numpy as np
import optuna
import pytest

from grokcast.in_process import LocalForecaster
from grokcast.pruner import GrokPruner
from training_runs import archive
from training_runs.labelled_run import label

optuna.logging.set_verbosity(optuna.logging.WARNING)
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture(scope="module")
def forecaster():
    return LocalForecaster()


@pytest.fixture(scope="module")
def runs():
    """Six runs that grok late, and six that memorise and run out of their budget, of one budget or more."""
    labelled = [label(run) for run in archive.read(archive.CORPUS)[:900]]
    modular = [r for r in labelled if r.run.context.task_family == "modular" and not r.run.blocked]
    late = [r for r in modular if r.outcome == "grokking" and r.generalized.step > 3_000][:6]
    never = [r for r in modular if r.outcome == "memorization" and r.memorized.step < r.run.budget_step / 20][:6]
    assert len(late) == len(never) == 6
    return late, never


def replay(run, pruner, **signals):
    """Return the step at which a study prunes a run; None if it is kept to its end."""
    history = run.run.trajectory
    stopped = []

    def objective(trial):
        for k, step in enumerate(history.steps.tolist()):
            values = {n: float(v[k]) for n, v in history.signals.items() if np.isfinite(v[k])}
            pruner.report(trial, step, **values)
            if trial.should_prune():
                stopped.append(step)
                raise optuna.TrialPruned
        return values["val_acc"]

    study = optuna.create_study(direction="maximize", pruner=pruner)
    study.optimize(objective, n_trials=1)
    state = study.trials[0].state
    assert (state == optuna.trial.TrialState.PRUNED) == bool(stopped)
    return stopped[0] if stopped else None


def pruner_of(run, forecaster, **options):
    context = run.run.context.as_dict()
    return GrokPruner(budget_step=run.run.budget_step, context=context, forecaster=forecaster, **options)


def test_late_bloomers_are_kept_and_what_will_not_rise_is_pruned(runs, forecaster):
    late, never = runs
    kept = [replay(r, pruner_of(r, forecaster)) is None for r in late]
    assert sum(kept) >= 5  # the advice is wrong for one run in fifty
    stops = [replay(r, pruner_of(r, forecaster, stop_below=0.3)) for r in never]
    pruned = [stop for stop in stops if stop is not None]
    assert len(pruned) >= 4
    shares = [s / r.run.budget_step for s, r in zip(stops, never, strict=True) if s is not None]
    assert np.median(shares) < 0.7


class Recorded:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, phase="memorized", probability=0.5, action="undecided"):
        self.answer = {
            "phase": phase,
            "probability_onset_by_horizon": probability,
            "advice": {
                "action": action,
                "reason": "50 % to generalise by step 1,000",
                "false_stop_rate": 0.02,
                "false_positive_rate": 0.05,
            },
        }
        self.requests = []

    def forecast(self, request):
        self.requests.append(request)
        return self.answer


def ask(pruner, steps=(10, 20, 100), direction="maximize", params=None, report=None):
    study = optuna.create_study(direction=direction, pruner=pruner)
    trial = study.ask({n: optuna.distributions.FloatDistribution(v, v) for n, v in (params or {}).items()})
    decisions = []
    for step in steps:
        if report is None:
            trial.report(0.1, step)
        else:
            report(trial, step)
        decisions.append(trial.should_prune())
    return decisions


@pytest.mark.parametrize(
    ("answer", "stop_below", "prunes"),
    [
        (Recorded(action="stop"), None, True),
        (Recorded(action="undecided", probability=0.01), None, False),
        (Recorded(probability=0.01), 0.1, True),
        (Recorded(probability=0.2), 0.1, False),
        (Recorded(probability=0.01, phase="fitting"), 0.1, False),
        (Recorded(probability=0.01, phase="generalized", action="stop"), 0.1, False),
        (Recorded(phase="generalized", action="stop"), None, False),
    ],
)
def test_the_rule(answer, stop_below, prunes):
    pruner = GrokPruner(budget_step=1_000, stop_below=stop_below, forecaster=answer)
    assert ask(pruner, steps=[100]) == [prunes]


@pytest.mark.parametrize(
    ("answer", "stop_below", "reason", "error_rate"),
    [
        (Recorded(action="stop"), None, "50 % to generalise by step 1,000", 0.02),
        (Recorded(action="continue"), None, "50 % to generalise by step 1,000", 0.05),
        (Recorded(), None, "50 % to generalise by step 1,000", None),
        (Recorded(probability=0.1), 0.2, "50 % to generalise by step 1,000, below 0.2", None),
    ],
)
def test_a_trial_says_what_its_forecast_was(answer, stop_below, reason, error_rate):
    pruner = GrokPruner(budget_step=1_000, stop_below=stop_below, forecaster=answer)
    study = optuna.create_study(pruner=pruner)
    trial = study.ask()
    trial.report(0.1, 100)
    trial.should_prune()
    assert study.trials[0].user_attrs == {
        "grokcast_step": 100,
        "grokcast_probability": answer.answer["probability_onset_by_horizon"],
        "grokcast_reason": reason,
        "grokcast_error_rate": error_rate,
    }


def test_what_the_forecaster_is_asked():
    answer = Recorded()
    pruner = GrokPruner(budget_step=900, context={"modulus": 47}, target_accuracy=0.9, forecaster=answer)
    ask(
        pruner,
        params={"lr": 0.01, "weight_decay": 1.0, "width": 32.0},
        report=lambda trial, step: pruner.report(
            trial, step, val_acc=0.1, train_loss=float("nan") if step == 20 else 2.0
        ),
    )
    assert answer.requests[-1] == {
        "history": {"step": [10, 20, 100], "val_acc": [0.1] * 3, "train_loss": [2.0, None, 2.0]},
        "context": {"budget_step": 900, "width": 32, "learning_rate": 0.01, "weight_decay": 1.0, "modulus": 47},
        "horizon_step": 900,
        "target_accuracy": 0.9,
    }


def test_values_that_only_optuna_was_told_are_accuracies_or_losses_by_the_direction():
    for direction, name in (("maximize", "val_acc"), ("minimize", "val_loss")):
        answer = Recorded()
        ask(GrokPruner(budget_step=900, forecaster=answer), direction=direction)
        assert set(answer.requests[-1]["history"]) == {"step", name}


def test_it_looks_some_times_a_decade_and_never_at_the_end():
    answer = Recorded()
    ask(
        GrokPruner(budget_step=1_000, checks_per_decade=4, forecaster=answer),
        steps=range(10, 1_001),
    )
    assert 7 <= len(answer.requests) <= 9
    assert answer.requests[-1]["history"]["step"][-1] < 1_000


def test_without_a_forecast_nothing_is_pruned_and_the_reason_is_told_once(caplog):
    class Broken:
        def forecast(self, request):
            raise OSError("no such service")

    with caplog.at_level(logging.WARNING, logger="grokcast"):
        assert ask(GrokPruner(budget_step=1_000, forecaster=Broken())) == [False] * 3
    assert len(caplog.records) == 1
    assert "no such service" in caplog.text


def test_too_few_points_are_no_news(forecaster, caplog):
    with caplog.at_level(logging.WARNING, logger="grokcast"):
        assert ask(GrokPruner(budget_step=1_000, forecaster=forecaster), steps=(10, 20)) == [False] * 2
    assert not caplog.records


@pytest.mark.parametrize("options", [{"budget_step": 0}, {"budget_step": 9, "stop_below": 1.5}])
def test_settings_that_cannot_be_are_refused(options):
    with pytest.raises(ValueError, match="expected"):
        GrokPruner(**options)
