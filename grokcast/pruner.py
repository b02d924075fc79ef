"""An Optuna pruner that stops trials which will not generalise, and keeps those that will do so late.

    pruner = GrokPruner(budget_step=20_000)
    study = optuna.create_study(direction="maximize", pruner=pruner)

    def objective(trial):
        ...
        pruner.report(trial, step, train_loss=..., train_acc=..., val_loss=..., val_acc=...)
        if trial.should_prune():
            raise optuna.TrialPruned

Pruners that compare trials by their validation accuracy stop a network that has memorised and sits at chance; that is
what every late bloomer looks like. This one forecasts whether it will rise within the budget.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from grokcast.extras import needed_from
from grokcast.given_context import fields_of
from grokcast.trial_forecasts import Context, Forecaster, TrialForecasts, Verdict, context_of_trial

with needed_from("optuna", "grokcast.pruner"):
    from optuna.pruners import BasePruner
    from optuna.study import StudyDirection

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial


class GrokPruner(BasePruner):  # type: ignore[misc]
    """Prune a trial when its forecast gives it up.

    A forecast that cannot be made prunes nothing; the first reason is logged. What the last look at a trial found stands in its
    user attributes: `grokcast_step`, `grokcast_probability`, `grokcast_reason` and `grokcast_error_rate`.

    Parameters
    ----------
    budget_step : the step at which a trial ends if it is not pruned; the forecast is about it.
    context : what is known of every trial beside its metrics, fields or words, or a function of the trial. Parameters of the trial with
        certain names (`lr`, `learning_rate`, `weight_decay`, `wd`) are taken from it.
    stop_below : prune below this probability of generalising by the budget, once training is memorised. By default
        the forecast's own advice decides, whose rate of wrong stops was counted on held-out runs and stands in it.
    target_accuracy : validation accuracy that counts as generalised; by default the forecaster's.
    checks_per_decade : how often a trial is looked at, per decade of steps.
    forecaster : what answers; by default the shipped forecaster in this process.
    """

    def __init__(
        self,
        *,
        budget_step: int,
        context: Context | str | Callable[["FrozenTrial"], Context | str] | None = None,
        stop_below: float | None = None,
        target_accuracy: float | None = None,
        checks_per_decade: int = 10,
        forecaster: Forecaster | None = None,
    ) -> None:
        self._forecasts = TrialForecasts(budget_step, stop_below, target_accuracy, checks_per_decade, forecaster)
        self._context = context if callable(context) else fields_of(context)
        # By trial, what was reported. Trials run in the process that reports them.
        self._reported: dict[int, dict[int, dict[str, float]]] = {}

    def report(self, trial: "Trial", step: int, *, val_acc: float, **signals: float) -> None:
        """Report validation accuracy to Optuna at a step, and keep it and further signals for the forecast.

        Report training accuracy too: without it a trial is never known to have memorised, and the advice is never to stop.
        """
        trial.report(val_acc, step)
        self._reported.setdefault(trial.number, {})[step] = {"val_acc": val_acc, **signals}

    def prune(self, study: "Study", trial: "FrozenTrial") -> bool:
        """Return True if a trial should stop; Optuna calls this in `trial.should_prune()`."""
        if not self._forecasts.is_due(trial.number, trial.last_step):
            return False
        verdict = self._forecasts.look(trial.number, self._points(study, trial), self._context_of(trial))
        if verdict is None:
            return False
        _note(study, trial, verdict)
        if verdict.gives_up:
            self._reported.pop(trial.number, None)
        return verdict.gives_up

    def _points(self, study: "Study", trial: "FrozenTrial") -> Mapping[int, Mapping[str, float]]:
        if reported := self._reported.get(trial.number):
            return reported
        name = "val_acc" if study.direction == StudyDirection.MAXIMIZE else "val_loss"  # reported to Optuna alone
        return {step: {name: value} for step, value in trial.intermediate_values.items()}

    def _context_of(self, trial: "FrozenTrial") -> dict[str, Any]:
        stated = self._context(trial) if callable(self._context) else self._context
        return context_of_trial(trial.params, stated, self._forecasts.budget_step)


def _note(study: "Study", trial: "FrozenTrial", verdict: Verdict) -> None:
    """Write a verdict into the trial's attributes, by the storage: what a pruner is handed is a copy of the trial."""
    for name in ("step", "probability", "reason", "error_rate"):
        study._storage.set_trial_user_attr(trial._trial_id, f"grokcast_{name}", getattr(verdict, name))
