"""The timeline of a run's forecasts: what was believed when, and by which forecaster."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from api.storage.database import Database
from api.storage.runs import StoredRun
from api.storage.tables import forecasts, runs


@dataclass(frozen=True)
class StoredForecast:
    """A forecast of a stored run.

    Attributes
    ----------
    id : its number, which grows with time.
    revision : of the run's points that it was made from.
    made_at : seconds since 1970.
    rewound : whether points that it was made from were taken back since.
    forecast : as `POST /v1/forecasts` answers.
    """

    id: int
    revision: int
    forecaster: str
    made_at: float
    observed_until_step: int
    rewound: bool
    forecast: Mapping[str, Any]


_COLUMNS = [forecasts.c[f.name] for f in fields(StoredForecast)]


class ForecastStore:
    """Forecasts in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: StoredRun, forecaster: str, observed_until: int, forecast: Mapping[str, Any]) -> None:
        """Keep a forecast that was made from a run as it was; once, however many workers make it."""
        values = {
            "run": run.id,
            "revision": run.revision,
            "forecaster": forecaster,
            "made_at": time.time(),
            "observed_until_step": observed_until,
            "forecast": forecast,
        }
        try:
            with self._database.writing() as connection:
                rewinds = connection.execute(
                    select(runs.c.rewinds).where(runs.c.id == run.id).with_for_update()
                ).scalar()
                if rewinds is not None:  # it may have been deleted meanwhile
                    connection.execute(insert(forecasts).values(**values, rewound=rewinds != run.rewinds))
        except IntegrityError:
            return  # another worker made the same one

    def newest(self, run: StoredRun) -> StoredForecast | None:
        """Return the forecast from the newest points that still stand; None where there is none."""
        query = (
            select(*_COLUMNS)
            .where(forecasts.c.run == run.id, forecasts.c.rewound.is_(False))
            .order_by(forecasts.c.revision.desc(), forecasts.c.id.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else StoredForecast(**row._mapping)

    def made(self, run: StoredRun, forecaster: str) -> Mapping[str, Any] | None:
        """Return the stored forecast that a forecaster made of a run as it is now."""
        query = select(forecasts.c.forecast).where(
            forecasts.c.run == run.id,
            forecasts.c.revision == run.revision,
            forecasts.c.forecaster == forecaster,
        )
        with self._database.reading() as connection:
            found: Mapping[str, Any] | None = connection.execute(query).scalar()
        return found

    def page(self, run: StoredRun, limit: int, after: int = 0) -> list[StoredForecast]:
        """Return forecasts in the order in which they were made, from after a number on."""
        query = (
            select(*_COLUMNS)
            .where(forecasts.c.run == run.id, forecasts.c.id > after)
            .order_by(forecasts.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [StoredForecast(**row._mapping) for row in connection.execute(query)]
