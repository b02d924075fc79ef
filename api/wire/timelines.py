"""The wire format of a stored run's timeline: its forecasts in the order in which they were made."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field, ValidationError

from api.errors import Damaged
from api.storage.forecasts import StoredForecast
from api.storage.whole_rows import told_apart
from api.wire.forecasts import ForecastAnswer
from api.wire.problems import invalid_inputs
from api.wire.runs import DAMAGED, NEXT, damaged_forecast, damages, stored_answer


class TimelineForecast(BaseModel):
    """A stored forecast."""

    id: int
    made_at: datetime
    revision: int = Field(description="revision of the points that it was made from")
    rewound: bool = Field(description="true if points that it was made from were deleted since")
    forecast: ForecastAnswer

    @classmethod
    def of(cls, made: StoredForecast) -> "TimelineForecast":
        """Return the wire form of a stored forecast.

        Raises
        ------
        Damaged : it cannot be read.
        """
        values = {name: getattr(made, name) for name in ("id", "revision", "rewound", "made_at")}
        try:
            return cls.model_validate({**values, "forecast": stored_answer(made)})
        except ValidationError as error:
            raise damaged_forecast(made, invalid_inputs(error.errors())[0]) from None


class Timeline(BaseModel):
    """Forecasts of a run, oldest first."""

    forecasts: list[TimelineForecast]
    next_cursor: int | None = NEXT
    damaged: list[str] = DAMAGED

    @classmethod
    def of(cls, found: Sequence[StoredForecast], limit: int) -> "Timeline":
        """Return a page of what was found, which is one more where there is a next page."""
        shown = list(told_apart(found[:limit], TimelineForecast.of, Damaged))
        return cls(
            forecasts=[made for made in shown if isinstance(made, TimelineForecast)],
            next_cursor=found[limit - 1].id if len(found) > limit else None,
            damaged=damages(shown),
        )
