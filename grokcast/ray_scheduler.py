"""A Ray Tune scheduler that stops trials which will not generalise, and gives their slots to those that probably will.

    scheduler = GrokScheduler(budget_step=20_000)
    tune.Tuner(Trainable, tune_config=tune.TuneConfig(scheduler=scheduler, num_samples=100), ...).fit()

where each result has the step and the metrics: `{"step": 100, "train_loss": ..., "train_acc": ..., "val_loss": ..., "val_acc": ...}`.

ASHA and the median rule compare trials by their validation accuracy, which for a network that will generalise late is
that of the worst for most of its training.
"""

import logging
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

from grokcast.extras import needed_from
from grokcast.given_context import fields_of
from grokcast.trial_forecasts import Context, Forecaster, TrialForecasts, Verdict, context_of_trial

with needed_from("ray", "grokcast.ray_scheduler"):
    from ray.tune.experiment import Trial
    from ray.tune.result import AUTO_RESULT_KEYS
    from ray.tune.schedulers import FIFOScheduler, TrialScheduler

if TYPE_CHECKING:
    from ray.tune.execution.tune_controller import TuneController

_logger = logging.getLogger("grokcast")

_MARGIN = 0.05  # by which a waiting trial has to be likelier: to change places costs a restart
_OF_RAY = {*AUTO_RESULT_KEYS, "done", "config", "checkpoint_dir_name"}  # what Tune adds to every result


class GrokScheduler(FIFOScheduler):  # type: ignore[misc]
    """Stop a trial when its forecast gives it up; while it is undecided, let likelier ones go first.

    A trial is forecast some times per decade of its steps. The advice decides: `stop` stops it and `continue` lets it go on. One that
    is undecided is paused where its slot is wanted: by a trial that has not begun, or by a paused one that is likelier to generalise by
    the budget by 0.05. Of the paused ones the likeliest goes on first, so that late bloomers come back. A trial without a forecast
    goes on. A trainable that cannot save its state begins anew when it is resumed: see Tune's checkpoints.

    Parameters
    ----------
    budget_step : the step at which a trial ends; the forecast is about it.
    time_attr : key of the results that holds the step.
    context : what is known of every trial beside its metrics, fields or words, or a function of the trial. Values of the trial's `config` with
        certain names (`lr`, `learning_rate`, `weight_decay`, `wd`) are taken from it.
    stop_below : stop below this probability of generalising by the budget, once training is memorised. By default the
        forecast's own advice decides, whose rate of wrong stops was counted on held-out runs.
    pauses : whether undecided trials give way.
    target_accuracy : validation accuracy that counts as generalised; by default the forecaster's.
    checks_per_decade : how often a trial is looked at, per decade of steps.
    forecaster : what answers; by default the shipped forecaster in this process.

    Attributes
    ----------
    verdicts : trial id -> what the last look at it found.
    """

    def __init__(
        self,
        *,
        budget_step: int,
        time_attr: str = "step",
        context: Context | str | Callable[[Trial], Context | str] | None = None,
        stop_below: float | None = None,
        pauses: bool = True,
        target_accuracy: float | None = None,
        checks_per_decade: int = 10,
        forecaster: Forecaster | None = None,
    ) -> None:
        super().__init__()
        self._forecasts = TrialForecasts(budget_step, stop_below, target_accuracy, checks_per_decade, forecaster)
        self._time_attr, self._pauses = time_attr, pauses
        self._context = context if callable(context) else fields_of(context)
        self._reported: dict[str, dict[int, dict[str, float]]] = {}
        self._has_warned = False
        self.verdicts: dict[str, Verdict] = {}

    def on_trial_result(self, tune_controller: "TuneController", trial: Trial, result: dict[str, Any]) -> str:
        """Return what becomes of a trial that has reported: CONTINUE, PAUSE or STOP."""
        step = self._step_of(trial, result)
        if step is None:
            return str(TrialScheduler.CONTINUE)
        points = self._reported.setdefault(trial.trial_id, {})
        points[step] = _signals(result, self._time_attr)
        if not self._forecasts.is_due(trial.trial_id, step):
            return str(TrialScheduler.CONTINUE)
        verdict = self._forecasts.look(trial.trial_id, points, self._context_of(trial))
        if verdict is None:
            return str(TrialScheduler.CONTINUE)
        self.verdicts[trial.trial_id] = verdict
        return self._decided(tune_controller, verdict)

    def on_trial_complete(self, tune_controller: "TuneController", trial: Trial, result: dict[str, Any]) -> None:
        """Forget what a trial that has ended reported; its verdict stays."""
        self._reported.pop(trial.trial_id, None)

    def on_trial_remove(self, tune_controller: "TuneController", trial: Trial) -> None:
        """Forget what a trial that is removed reported; its verdict stays."""
        self._reported.pop(trial.trial_id, None)

    def choose_trial_to_run(self, tune_controller: "TuneController") -> Trial | None:
        """Return the next trial: one that has not begun, else the paused one that is likeliest to generalise by the budget."""
        pending = super().choose_trial_to_run(tune_controller)
        if pending is not None and pending.status == Trial.PENDING:
            return pending
        return max(_waiting(tune_controller, Trial.PAUSED), key=self._probability, default=None)

    def debug_string(self) -> str:
        """Return how many trials were given up, for Tune's report."""
        return f"Using GrokScheduler: {sum(v.gives_up for v in self.verdicts.values())} given up"

    def _decided(self, tune_controller: "TuneController", verdict: Verdict) -> str:
        if verdict.gives_up:
            return str(TrialScheduler.STOP)
        if not self._pauses or verdict.action != "undecided":
            return str(TrialScheduler.CONTINUE)
        paused = map(self._probability, _waiting(tune_controller, Trial.PAUSED))
        is_wanted = (
            bool(_waiting(tune_controller, Trial.PENDING)) or max(paused, default=0) > verdict.probability + _MARGIN
        )
        return str(TrialScheduler.PAUSE if is_wanted else TrialScheduler.CONTINUE)

    def _probability(self, trial: Trial) -> float:
        verdict = self.verdicts.get(trial.trial_id)
        return 1.0 if verdict is None else verdict.probability  # somebody else paused it

    def _context_of(self, trial: Trial) -> dict[str, Any]:
        stated = self._context(trial) if callable(self._context) else self._context
        return context_of_trial(trial.config or {}, stated, self._forecasts.budget_step)

    def _step_of(self, trial: Trial, result: Mapping[str, Any]) -> int | None:
        step = result.get(self._time_attr)
        if isinstance(step, Real) and float(step) >= 0:
            return int(float(step))
        if not self._has_warned:
            self._has_warned = True
            _logger.warning(
                "grokcast: a result of trial %s has no step: %s is %r; expected a number, under the name that time_attr gives",
                trial.trial_id,
                self._time_attr,
                step,
            )
        return None


def _waiting(tune_controller: "TuneController", status: str) -> list[Trial]:
    return [trial for trial in tune_controller.get_live_trials() if trial.status == status]


def _signals(result: Mapping[str, Any], time_attr: str) -> dict[str, float]:
    """Return the metrics of a result, under the trainable's names, and when Tune received it."""
    received = {"time": float(result["timestamp"])} if isinstance(result.get("timestamp"), Real) else {}
    return received | {
        str(name): float(value)
        for name, value in result.items()
        if isinstance(value, Real) and not isinstance(value, bool) and name not in _OF_RAY and name != time_attr
    }
