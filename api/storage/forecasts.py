"""The timeline of a run's forecasts: what was believed when, and by which forecaster."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import func, select, tuple_

from api.errors import Damaged
from api.storage.database import Database, in_parts
from api.storage.stored_run import StoredRun
from api.storage.tables import forecasts, runs
from api.storage.whole_rows import Count, Seconds
from features.phase import Phase
from predictor.forecast import Action


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


@dataclass(frozen=True)
class MadeForecast:
    """A forecast to keep.

    Attributes
    ----------
    run : as it was forecast.
    observed_until : last step of the points that it was made from.
    forecast : as `POST /v1/forecasts` answers.
    """

    run: StoredRun
    forecaster: str
    observed_until: int
    forecast: Mapping[str, Any]


@dataclass(frozen=True)
class BriefForecast:
    """The main figures of a stored forecast, read without the rest of it; as `POST /v1/forecasts` names them.

    Attributes
    ----------
    made_at : seconds since 1970.
    median_onset_step : the observed onset once there is one; None: beyond the supported range.
    action, check_again_step : of its advice.
    in_support : of its support.
    """

    made_at: Seconds
    observed_until_step: Count
    phase: Phase | None
    probability_onset_by_horizon: Annotated[float, Field(ge=0, le=1)]
    horizon_step: int
    supported_until_step: int
    median_onset_step: int | None
    in_support: bool
    action: Action
    check_again_step: int | None


_WHOLE = TypeAdapter(BriefForecast)
# Where each of the figures lies in a stored forecast.
_FIGURES = {
    "phase": ("phase",),
    "probability_onset_by_horizon": ("probability_onset_by_horizon",),
    "horizon_step": ("horizon_step",),
    "supported_until_step": ("supported_until_step",),
    "median_onset_step": ("onset_step", "p50"),
    "in_support": ("support", "in_support"),
    "action": ("advice", "action"),
    "check_again_step": ("advice", "check_again_step"),
}
_COLUMNS = [forecasts.c[f.name] for f in fields(StoredForecast)]


class ForecastStore:
    """Forecasts in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, *made: MadeForecast) -> None:
        """Keep forecasts that were made from runs as they were; each once, however many workers make it."""
        now = time.time()
        with self._database.writing() as connection:
            query = select(runs.c.id, runs.c.rewinds).where(runs.c.id.in_({each.run.id for each in made}))
            rewinds = {row.id: row.rewinds for row in connection.execute(query.order_by(runs.c.id).with_for_update())}
            rows = [
                {
                    "run": each.run.id,
                    "revision": each.run.revision,
                    "forecaster": each.forecaster,
                    "made_at": now,
                    "observed_until_step": each.observed_until,
                    "rewound": rewinds[each.run.id] != each.run.rewinds,
                    "forecast": each.forecast,
                }
                for each in made
                if each.run.id in rewinds  # it may have been deleted meanwhile
            ]
            if rows:
                connection.execute(self._database.insert(forecasts).on_conflict_do_nothing(), rows)

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

    def newest_of(self, found: Sequence[StoredRun | Damaged]) -> dict[str, BriefForecast]:
        """Return of each run that has one the main figures of its newest forecast, by the name of the run.

        One that cannot be read is none: it hides no other run.
        """
        of_run = (
            select(forecasts.c.id)
            .where(forecasts.c.run == runs.c.id, forecasts.c.rewound.is_(False))
            .order_by(forecasts.c.revision.desc(), forecasts.c.id.desc())
            .limit(1)
            .correlate(runs)
            .scalar_subquery()
        )
        column = forecasts.c.forecast
        figures = [self._database.in_json(column, path).label(name) for name, path in _FIGURES.items()]
        query = (
            select(runs.c.run_id, forecasts.c.made_at, forecasts.c.observed_until_step, *figures)
            .join(forecasts, forecasts.c.id == of_run)
            .where(runs.c.id.in_([run.id for run in found]))
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        newest = {}
        for row in rows:
            with suppress(ValidationError):
                newest[row.run_id] = _WHOLE.validate_python(dict(row._mapping))
        return newest

    def made(self, found: Sequence[StoredRun], forecaster: str) -> dict[int, Mapping[str, Any]]:
        """Return the stored forecasts that a forecaster made of runs as they are now, by the run's number."""
        if not found:
            return {}
        query = select(forecasts.c.run, forecasts.c.forecast).where(
            tuple_(forecasts.c.run, forecasts.c.revision).in_([(run.id, run.revision) for run in found]),
            forecasts.c.forecaster == forecaster,
        )
        with self._database.reading() as connection:
            return {row.run: row.forecast for row in connection.execute(query)}

    def last_number(self) -> int:
        """Return the greatest number of a forecast; 0 where there is none."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(forecasts.c.id))).scalar() or 0

    def numbers_after(self, number: int) -> dict[int, int]:
        """Return the numbers of the forecasts after one, in order, each with the number of its run."""
        query = select(forecasts.c.id, forecasts.c.run).where(forecasts.c.id > number).order_by(forecasts.c.id)
        with self._database.reading() as connection:
            return {row.id: row.run for row in connection.execute(query)}

    def numbered(self, numbers: Sequence[int]) -> list[StoredForecast]:
        """Return the forecasts of these numbers, in order; those deleted meanwhile are left out."""
        with self._database.reading() as connection:
            return [
                StoredForecast(**row._mapping)
                for some in in_parts(numbers)
                for row in connection.execute(
                    select(*_COLUMNS).where(forecasts.c.id.in_(some)).order_by(forecasts.c.id)
                )
            ]

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
