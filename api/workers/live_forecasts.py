"""Forecasts of stored runs: made when points come in, kept with the version that made them."""

from dataclasses import replace

from api.caller import Caller
from api.logs.metrics import FORECASTS
from api.storage.forecasts import ForecastStore
from api.storage.runs import RunStore, StoredRun
from api.wire.forecasts import ForecastAnswer
from api.wire.problems import Problem
from api.wire.runs import Appended
from api.workers.webhooks import Webhooks
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from training_runs import Context, InvalidInput, Trajectory


class LiveForecasts:
    """Forecasts of the runs of a store, kept in a timeline."""

    def __init__(self, runs: RunStore, timeline: ForecastStore, webhooks: Webhooks) -> None:
        self._runs, self._timeline, self._webhooks = runs, timeline, webhooks

    def append(
        self,
        caller: Caller,
        run_id: str,
        history: Trajectory,
        forecaster: OnsetForecaster | None,
    ) -> Appended:
        """Add points to a run, durably, and then forecast it."""
        run, changed = self._runs.append(caller, run_id, history)
        if forecaster is None:
            problem = Problem.of_status(503, "no forecaster is loaded; the points are stored")
            return Appended(run, changed, problem=problem)
        try:
            run, forecast = self.forecast(caller, run_id, forecaster)
            return Appended(run, changed, forecast)
        except InvalidInput as error:
            return Appended(run, changed, problem=Problem.of_input(error))

    def forecast(self, caller: Caller, run_id: str, forecaster: OnsetForecaster) -> tuple[StoredRun, ForecastAnswer]:
        """Return a run as it is now, and this forecaster's forecast of it, made only once.

        Raises
        ------
        InvalidInput : its points are too few, or its context contradicts itself.
        """
        run, history = self._runs.history(caller, run_id)
        made = self._timeline.made(run, forecaster.version)
        if made is not None:
            answer = ForecastAnswer.from_stored(made)
            self._webhooks.consider(run, answer)  # whoever made it may have died before this
            return run, answer
        if history is None:  # taken back in this moment
            history = Trajectory([0], {})
        answer = ForecastAnswer.from_forecast(forecaster.forecast(_question(run, history)))
        FORECASTS.labels(phase=answer.phase or "unknown").inc()
        kept = answer.model_dump(mode="json", exclude={"words"})  # which follow from the rest
        self._timeline.add(run, forecaster.version, answer.observed_until_step, kept)
        self._webhooks.consider(run, answer)
        return run, answer


def _question(run: StoredRun, history: Trajectory) -> Question:
    context, _ = Context.from_mapping(run.context)
    question = Question(
        history,
        context,
        run.horizon_step,
        run.target_accuracy,
        seconds_per_step=run.seconds_per_step,
        cost_per_hour=run.cost_per_hour,
    )
    if run.horizon_step is not None and run.horizon_step <= history.observed_until:
        # A run may be watched past the horizon that it was registered with.
        warning = f"horizon_step {run.horizon_step} has passed: the horizon is chosen anew"
        return replace(question, horizon_step=None, warnings=(warning,))
    return question
