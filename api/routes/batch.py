"""Many forecasts at once, each item by itself: one bad item spoils no other."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from api.logs.metrics import FORECASTS
from api.wire.forecasts import MAX_WITH_GAPS, ForecastAnswer, ForecastItem, ForecastRequest, ProblemItem
from api.wire.history import MOST_TEXT, sentences_in, too_much_text
from api.wire.problems import Problem, invalid_inputs
from predictor.forecast import Forecast
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from training_runs import InvalidInput


def forecast_items(forecaster: OnsetForecaster, items: list[Any]) -> list[ForecastItem | ProblemItem]:
    """Return an answer or a problem for each item, in order."""
    parsed = _few_with_gaps(
        [problem or _question(item) for item, problem in zip(items, _of_much_text(items), strict=True)]
    )
    questions = [question for question in parsed if isinstance(question, Question)]
    forecasts = iter(forecaster.forecast_many(questions) if questions else ())
    return [_item(next(forecasts)) if isinstance(q, Question) else _item(q) for q in parsed]


def _of_much_text(items: list[Any]) -> Iterator[Problem | None]:
    """Yield a problem for each item whose context has sentences when enough others have; the same text again costs nothing."""
    seen: set[str] = set()
    total = 0
    for item in items:
        new = set(sentences_in(item.get("context"))) - seen if isinstance(item, dict) else set()
        total += sum(map(len, new))
        seen |= new
        yield Problem.of_input(too_much_text("context", total)) if new and total > MOST_TEXT else None


def _few_with_gaps(parsed: list[Question | Problem]) -> list[Question | Problem]:
    """Return the questions, a problem in the place of each that asks for gaps when enough others have."""
    asking = [k for k, question in enumerate(parsed) if isinstance(question, Question) and question.with_gaps]
    too_many = Problem.of_input(
        InvalidInput(
            field="include",
            value=f"gaps of {len(asking)} items",
            expected=f"gaps of at most {MAX_WITH_GAPS} items in one batch",
            hint="send the others in another batch",
        )
    )
    late = set(asking[MAX_WITH_GAPS:])
    return [too_many if k in late else question for k, question in enumerate(parsed)]


def _question(item: Any) -> Question | Problem:
    try:
        return ForecastRequest.model_validate(item).to_question()
    except ValidationError as error:
        return Problem.of_input(*invalid_inputs(error.errors(include_url=False)))
    except InvalidInput as error:
        return Problem.of_input(error)


def _item(found: Forecast | InvalidInput | Problem) -> ForecastItem | ProblemItem:
    if isinstance(found, Forecast):
        FORECASTS.labels(phase=found.phase or "unknown").inc()
        return ForecastItem(forecast=ForecastAnswer.from_forecast(found))
    problem = found if isinstance(found, Problem) else Problem.of_input(found)
    return ProblemItem(problem=problem)
