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

import logging
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from grokcast.extras import needed_from
from grokcast.in_process import LocalForecaster

with needed_from("optuna", "grokcast.pruner"):
    from optuna.pruners import BasePruner
    from optuna.study import StudyDirection

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

_logger = logging.getLogger("grokcast")

Context = Mapping[str, Any]


class Forecaster(Protocol):
    """What answers: a `grokcast.Client`'s service, or by default the forecaster in this process."""

    def forecast(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to the body of `POST /v1/forecasts`."""
        ...


class GrokPruner(BasePruner):  # type: ignore[misc]
    """Prune a trial when its forecast gives it up.

    A forecast that cannot be made prunes nothing; the first reason is logged.

    Parameters
    ----------
    budget_step : the step at which a trial ends if it is not pruned; the forecast is about it.
    context : what is known of every trial beside its metrics, or a function of the trial. Parameters of the trial with
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
        context: Context | Callable[["FrozenTrial"], Context] | None = None,
        stop_below: float | None = None,
        target_accuracy: float | None = None,
        checks_per_decade: int = 10,
        forecaster: Forecaster | None = None,
    ) -> None:
        if budget_step < 1:
            raise ValueError(f"budget_step is {budget_step}; expected the last step of a trial")
        if stop_below is not None and not 0 < stop_below < 1:
            raise ValueError(f"stop_below is {stop_below}; expected a probability in (0, 1)")
        self._budget_step = budget_step
        self._context = context
        self._stop_below = stop_below
        self._target_accuracy = target_accuracy
        self._checks_per_decade = checks_per_decade
        self._forecaster: Forecaster = forecaster or LocalForecaster()
        # By trial: what was reported, and the step of the last look. Trials run in the process that reports them.
        self._reported: dict[int, dict[int, dict[str, float]]] = {}
        self._looked_at: dict[int, int] = {}
        self._has_warned = False

    def report(self, trial: "Trial", step: int, *, val_acc: float, **signals: float) -> None:
        """Report validation accuracy to Optuna at a step, and keep it and further signals for the forecast.

        Report training accuracy too: without it a trial is never known to have memorised, and the advice is never to stop.
        """
        trial.report(val_acc, step)
        self._reported.setdefault(trial.number, {})[step] = {"val_acc": val_acc, **signals}

    def prune(self, study: "Study", trial: "FrozenTrial") -> bool:
        """Return True if a trial should stop; Optuna calls this in `trial.should_prune()`."""
        step = trial.last_step
        if step is None or step >= self._budget_step or not self._is_due(trial.number, step):
            return False
        self._looked_at[trial.number] = step
        try:
            forecast = self._forecaster.forecast(self._request(study, trial))
        except Exception as error:  # a study goes on without forecasts
            too_short = getattr(error, "field", None) == "history.step"
            if not too_short and not self._has_warned:
                self._has_warned = True
                _logger.warning("grokcast: no forecast of trial %d: %s", trial.number, error)
            return False
        gives_up = self._gives_up(forecast)
        if gives_up:
            self._reported.pop(trial.number, None)
        return gives_up

    def _gives_up(self, forecast: Mapping[str, Any]) -> bool:
        if self._stop_below is None:
            return forecast["phase"] != "generalized" and str(forecast["advice"]["action"]) == "stop"
        probability = float(forecast["probability_onset_by_horizon"])
        return forecast["phase"] in ("memorized", "rising") and probability < self._stop_below

    def _is_due(self, number: int, step: int) -> bool:
        before = self._looked_at.get(number)
        return before is None or self._check(step) > self._check(before)

    def _check(self, step: int) -> int:
        return math.floor(self._checks_per_decade * math.log10(max(step, 1)) + 1e-9)

    def _request(self, study: "Study", trial: "FrozenTrial") -> dict[str, Any]:
        points: dict[int, dict[str, float]] = self._reported.get(trial.number, {})
        if not points:  # reported to Optuna alone
            name = "val_acc" if study.direction == StudyDirection.MAXIMIZE else "val_loss"
            points = {step: {name: value} for step, value in trial.intermediate_values.items()}
        steps = sorted(points)
        names = dict.fromkeys(name for point in points.values() for name in point)
        history: dict[str, Any] = {"step": steps}
        history |= {name: [_finite(points[s].get(name)) for s in steps] for name in names}
        request: dict[str, Any] = {"history": history, "context": self._context_of(trial)}
        request["horizon_step"] = self._budget_step
        if self._target_accuracy is not None:
            request["target_accuracy"] = self._target_accuracy
        return request

    def _context_of(self, trial: "FrozenTrial") -> dict[str, Any]:
        from training_runs.context_words import read_context, read_hyperparameters

        stated = self._context(trial) if callable(self._context) else self._context or {}
        suggested = read_hyperparameters(trial.params, "trial").fields()
        given = read_context(stated).context.as_dict()
        found = {"budget_step": self._budget_step, **suggested}
        return {**{name: value for name, value in found.items() if name not in given}, **stated}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
