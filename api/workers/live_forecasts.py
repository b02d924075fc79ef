"""Forecasts of stored runs: made when points come in, kept with the version that made them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.errors import DamagedRun, RunNotFound
from api.logs.metrics import FORECASTS
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.runs import Addition, RunStore
from api.storage.stored_run import StoredRun
from api.wire.forecasts import ForecastAnswer
from api.wire.points import Appended
from api.wire.problems import Problem
from api.workers.webhooks import Webhooks
from predictor.forecast import Forecast
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from training_runs import InvalidInput, Trajectory

_POINTS_AT_ONCE = 100_000


class LiveForecasts:
    """Forecasts of the runs of a store, kept in a timeline."""

    def __init__(self, runs: RunStore, timeline: ForecastStore, webhooks: Webhooks) -> None:
        self._runs, self._timeline, self._webhooks = runs, timeline, webhooks

    def append_all(
        self, additions: Sequence[Addition], forecaster: OnsetForecaster | None
    ) -> list[Appended | Exception]:
        """Add points to runs, durably, and then forecast them; in the place of what failed stands why.

        Two transactions serve all of them, and the forecasts are made together.
        """
        added = self._runs.append_all(additions)
        stored = [each for each in added if not isinstance(each, Exception)]
        if forecaster is None:
            problem = Problem.of_status(503, "no forecaster is loaded; the points are stored")
            answers: _Answers = {run.id: (run, problem) for run, _ in stored}
        else:
            found = {run.id: run for run, _ in stored}  # as the last of its appends left it
            same = [run for run, changed in stored if not changed and run == found[run.id]]
            answers = self._answers(found, same, forecaster)
        return [each if isinstance(each, Exception) else _appended(*each, answers) for each in added]

    def _answers(
        self, found: Mapping[int, StoredRun], same: Sequence[StoredRun], forecaster: OnsetForecaster
    ) -> "_Answers":
        """Return what a forecaster says of runs, made only once of those that are the same as before."""
        kept = self._timeline.made(same, forecaster.version)
        known = [(found[number], answer) for number, made in kept.items() if (answer := _readable(made))]
        answered = {run.id for run, _ in known}
        problems: _Answers = {}
        made = []
        for run, forecast in self._made([run for number, run in found.items() if number not in answered], forecaster):
            if isinstance(forecast, DamagedRun):
                problems[run.id] = run, Problem.of_status(409, str(forecast))
            elif isinstance(forecast, InvalidInput):
                problems[run.id] = run, Problem.of_input(forecast)
            elif isinstance(forecast, Exception):
                problems[run.id] = forecast
            else:
                answer = ForecastAnswer.from_forecast(forecast)
                FORECASTS.labels(phase=answer.phase or "unknown").inc()
                known.append((run, answer))
                made.append(MadeForecast(run, forecaster.version, answer.observed_until_step, _as_kept(answer)))
        if made:
            self._timeline.add(*made)
        for run, answer in known:
            self._webhooks.consider(run, answer)  # of kept ones too: whoever made them may have died before this
        return problems | {run.id: (run, answer) for run, answer in known}

    def _made(
        self, found: Sequence[StoredRun], forecaster: OnsetForecaster
    ) -> Iterator[tuple[StoredRun, Forecast | Exception]]:
        """Yield a forecast of each run, or why there is none; of long ones no more than some are in memory at once."""
        for part in _parts(found):
            asked = self._runs.at_one_moment(part)
            yield from zip((run for run, _ in asked), _forecasts(asked, forecaster), strict=True)


def _parts(found: Sequence[StoredRun]) -> Iterator[list[StoredRun]]:
    """Yield runs together that have no more points than one run may have, or one alone."""
    part: list[StoredRun] = []
    for run in found:
        if part and sum(each.point_count for each in part) + run.point_count > _POINTS_AT_ONCE:
            yield part
            part = []
        part.append(run)
    if part:
        yield part


# What is said of each run, by its number: it as it was forecast, and the forecast or why there is none.
_Answers = dict[int, tuple[StoredRun, ForecastAnswer | Problem] | Exception]


def _appended(run: StoredRun, changed: int, answers: _Answers) -> Appended | Exception:
    answer = answers.get(run.id)
    if answer is None:  # it was deleted in this moment
        return RunNotFound(run.run_id)
    if isinstance(answer, Exception):
        return answer
    now, said = answer
    if isinstance(said, Problem):
        return Appended(now, changed, problem=said)
    return Appended(now, changed, said)


def _readable(kept: Mapping[str, Any]) -> ForecastAnswer | None:
    """Return what a kept forecast says; None where that was damaged: it is made anew."""
    try:
        return ForecastAnswer.from_stored(kept)
    except InvalidInput:
        return None


def _as_kept(answer: ForecastAnswer) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude={"words"})  # which follow from the rest


def _forecasts(
    asked: Sequence[tuple[StoredRun, Trajectory | DamagedRun | None]], forecaster: OnsetForecaster
) -> Sequence[Forecast | Exception]:
    """Return a forecast of each run, or why there is none; one that breaks the forecaster breaks no other."""
    questions = [_question(run, history or Trajectory([0], {})) for run, history in asked]  # taken back in this moment
    answerable = [question for question in questions if isinstance(question, Question)]
    try:
        found: Sequence[Forecast | Exception] = forecaster.forecast_many(answerable)
    except Exception as error:
        if len(asked) == 1:
            return [error]
        return [_forecasts([each], forecaster)[0] for each in asked]
    answers = iter(found)
    return [next(answers) if isinstance(question, Question) else question for question in questions]


def _question(run: StoredRun, history: Trajectory | DamagedRun) -> Question | DamagedRun:
    if isinstance(history, DamagedRun):
        return history
    try:
        context = run.known_context()
    except DamagedRun as error:
        return error
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
