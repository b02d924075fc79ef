"""The wire format of a stored run's timeline: its forecasts in the order in which they were made."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from api.storage.forecasts import StoredForecast
from api.wire.forecasts import ForecastAnswer
from api.wire.runs import NEXT, at


class TimelineForecast(BaseModel):
    """A stored forecast."""

    id: int
    made_at: datetime
    revision: int = Field(description="revision of the points that it was made from")
    rewound: bool = Field(description="true if points that it was made from were deleted since")
    forecast: ForecastAnswer

    @classmethod
    def of(cls, made: StoredForecast) -> "TimelineForecast":
        """Return the wire form of a stored forecast."""
        return cls(
            id=made.id,
            made_at=at(made.made_at),
            revision=made.revision,
            rewound=made.rewound,
            forecast=ForecastAnswer.from_stored(made.forecast),
        )


class Timeline(BaseModel):
    """Forecasts of a run, oldest first."""

    forecasts: list[TimelineForecast]
    next_cursor: int | None = NEXT

    @classmethod
    def of(cls, found: Sequence[StoredForecast], limit: int) -> "Timeline":
        """Return a page of what was found, which is one more where there is a next page."""
        shown = [TimelineForecast.of(made) for made in found[:limit]]
        return cls(forecasts=shown, next_cursor=found[limit - 1].id if len(found) > limit else None)
