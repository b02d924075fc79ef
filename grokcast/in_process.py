"""The shipped forecaster in this process: what the service would answer, without a service.

Importing this imports nothing; the first question loads the forecaster, in 1 to 3 s.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grokcast.own_packages import own_packages

if TYPE_CHECKING:
    from predictor.forecaster import OnsetForecaster


class Refused(ValueError):
    """A question that cannot be answered: in words, and the field that is at fault."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class LocalForecaster:
    """Answers the body of `POST /v1/forecasts` as the route does."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._forecaster: OnsetForecaster | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return nothing: whoever gets a copy, as Ray Tune's files do, loads the forecaster again."""
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin as new."""
        self.__init__()  # type: ignore[misc]

    def forecast(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request, as JSON would hold it.

        Raises
        ------
        Refused : the request is not one that can be answered.
        """
        with own_packages():
            return self._answer(request)

    def load(self) -> None:
        """Load the forecaster now, so that the first question does not wait for it."""
        with own_packages():
            self._loaded()

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from pydantic import ValidationError

        from api.wire.forecasts import ForecastAnswer, ForecastRequest
        from training_runs.errors import InvalidInput

        try:
            question = ForecastRequest.model_validate(dict(request)).to_question()
            answer = self._loaded().forecast(question)
        except InvalidInput as error:
            raise Refused(str(error), error.field) from None
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise Refused(f"{field} is {first['input']!r}: {first['msg']}"[:300], field) from None
        return ForecastAnswer.from_forecast(answer).model_dump(mode="json")

    def _loaded(self) -> "OnsetForecaster":
        with self._loading:
            if self._forecaster is None:
                from predictor.store import ForecasterStore

                self._forecaster = ForecasterStore().load()
            return self._forecaster
