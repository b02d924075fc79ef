"""The wire format of stored runs: what they are registered with, and how they are shown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.errors import Damaged, DamagedRun
from api.storage.forecasts import BriefForecast, StoredForecast
from api.storage.stored_run import RunSettings, RunStatus, StoredRun, WebhookFormat
from api.storage.whole_rows import told_apart
from api.wire.examples import RUN
from api.wire.forecasts import CostPerHour, ForecastAnswer, Probability, SecondsPerStep, ignored_names
from api.wire.history import ContextFields, Number, StatedContext, WholeNumber, wire_history
from api.wire.webhooks import WebhookFields
from features.phase import Phase
from predictor.forecast import Action
from training_runs import InvalidInput, Trajectory

RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9._:+=@~-]{0,127}$"
_STORABLE = r"^[^\x00]*$"  # PostgreSQL's texts hold no NUL

DAMAGED: list[str] = Field(
    [], description="what cannot be read, since a hand or another program changed it in the database; in words"
)
NEXT = Field(description="value of `?cursor=` for the next page; null on the last page")


class RunRequest(BaseModel):
    """Context of a run, horizon and target of its forecasts. Every field is optional; `PUT` replaces all of them."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [RUN]})

    context: StatedContext | None = None
    horizon_step: WholeNumber | None = Field(
        None, description="step that the probability refers to; default: `context.budget_step`, else 10x the last step"
    )
    target_accuracy: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="validation accuracy that counts as generalised; default: by task family"
    )
    seconds_per_step: SecondsPerStep = None
    cost_per_hour: CostPerHour = None
    webhook: WebhookFields | None = None

    def to_settings(self, *, private_addresses: bool) -> RunSettings:
        """Return the settings to store, checked."""
        webhook = self.webhook.checked(private_addresses=private_addresses) if self.webhook else None
        return RunSettings(
            (self.context or ContextFields()).reading().context,
            self.horizon_step,
            self.target_accuracy,
            webhook,
            self.seconds_per_step,
            self.cost_per_hour,
        )

    def warnings(self) -> list[str]:
        """Return a warning for each kind of name that was ignored, and how the context was read."""
        context = self.context.reading().report() if self.context else ()
        return [*ignored_names(("fields", self.model_extra)), *context]


class StopRequest(BaseModel):
    """A wish that a training should stop."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "the machine is needed"}]})

    reason: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500, pattern=_STORABLE)] = Field(
        "requested by hand", description="shown where the training stops"
    )


class RunSummary(BaseModel):
    """A stored run, without its points."""

    run_id: str
    status: RunStatus
    context: dict[str, Any]
    horizon_step: int | None
    target_accuracy: float | None
    seconds_per_step: float | None
    cost_per_hour: float | None
    webhook_url: str | None
    webhook_format: WebhookFormat | None = Field(description="null without a webhook")
    points: int = Field(description="number of stored checkpoints")
    observed_until_step: int | None = Field(description="last stored step; null before the first point")
    revision: int = Field(description="increases with every change of the points")
    rewinds: int = Field(description="how often points were deleted by a rewind")
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    stop_requested: str | None = Field(description="why the training should stop, if that is requested; null otherwise")

    @classmethod
    def of(cls, run: StoredRun) -> "RunSummary":
        """Return the wire form of a run."""
        return cls(**_summary(run))


def _summary(run: StoredRun) -> dict[str, Any]:
    """Return the fields that every answer about a run has."""
    same = ("run_id", "status", "context", "horizon_step", "target_accuracy", "seconds_per_step", "cost_per_hour")
    return {
        **{
            name: getattr(run, name)
            for name in (*same, "webhook_url", "stop_requested", "observed_until_step", "revision")
        },
        "webhook_format": run.webhook_url and (run.webhook_format or "plain"),
        "points": run.point_count,
        "rewinds": run.rewinds,
        "created_at": at(run.created_at),
        "updated_at": at(run.updated_at),
        "finished_at": None if run.finished_at is None else at(run.finished_at),
    }


class NewestForecast(BaseModel):
    """The main figures of a run's newest forecast; `GET /v1/runs/{run_id}` has all of it."""

    model_config = ConfigDict(from_attributes=True)

    made_at: datetime
    observed_until_step: int = Field(description="last step of the history that it was made from")
    phase: Phase | None
    probability_onset_by_horizon: Probability
    horizon_step: int
    supported_until_step: int
    median_onset_step: int | None = Field(
        description="observed once the run has generalised; null: beyond the supported range"
    )
    in_support: bool = Field(description="false: the run is unlike those learnt from, and the advice does not hold")
    action: Action = Field(description="the advice: continue, stop, or undecided")
    check_again_step: int | None


class ListedRun(RunSummary):
    """A stored run in a list."""

    newest_forecast: NewestForecast | None = Field(description="null before the first forecast")


class RunRegistered(RunSummary):
    """A run that was registered, or changed."""

    warnings: list[str] = Field(description="names that were ignored")

    @classmethod
    def of(cls, run: StoredRun, warnings: Sequence[str] = ()) -> "RunRegistered":
        """Return the wire form of a run that was registered."""
        return cls(**_summary(run), warnings=list(warnings))


class RunAnswer(RunSummary):
    """A stored run with its points and its newest forecast."""

    history: dict[str, list[float | None]] | None = Field(
        description="stored points; null if there are none, or with `?history=false`"
    )
    forecast: ForecastAnswer | None = Field(description="newest forecast; null before the first")
    damaged: list[str] = DAMAGED

    @classmethod
    def of(
        cls,
        run: StoredRun,
        points: Trajectory | None = None,
        newest: StoredForecast | None = None,
    ) -> "RunAnswer":
        """Return the wire form of a run with its points."""
        (forecast,) = told_apart([newest], lambda made: made and stored_answer(made), Damaged)
        return cls(
            **_summary(run),
            history=None if points is None else wire_history(points),
            forecast=forecast if isinstance(forecast, ForecastAnswer) else None,
            damaged=damages([forecast]),
        )


class RunPage(BaseModel):
    """Runs, newest first."""

    runs: list[ListedRun]
    next_cursor: int | None = NEXT
    damaged: list[str] = DAMAGED

    @classmethod
    def of(cls, found: Sequence[StoredRun | DamagedRun], newest: Mapping[str, BriefForecast], limit: int) -> "RunPage":
        """Return a page of what was found, which is one more where there is a next page."""
        shown = [
            ListedRun.model_validate({**_summary(run), "newest_forecast": newest.get(run.run_id)})
            for run in found[:limit]
            if isinstance(run, StoredRun)
        ]
        next_cursor = found[limit - 1].id if len(found) > limit else None
        return cls(runs=shown, next_cursor=next_cursor, damaged=damages(found[:limit]))


def stored_answer(made: StoredForecast) -> ForecastAnswer:
    """Return what a stored forecast says.

    Raises
    ------
    Damaged : it cannot be read.
    """
    try:
        return ForecastAnswer.from_stored(made.forecast)
    except InvalidInput as error:
        raise damaged_forecast(made, error) from None


def damaged_forecast(made: StoredForecast, error: InvalidInput) -> Damaged:
    """Return an error that says what is wrong with a stored forecast."""
    remedy = "mend its row in the table `forecasts`, or delete it there"
    return Damaged(made.id, f"the forecast {made.id}", str(error), remedy)


def damages(found: Iterable[object]) -> list[str]:
    """Return in words what of a page cannot be read."""
    return [str(each) for each in found if isinstance(each, Damaged)]


def at(seconds: float) -> datetime:
    """Return a time of the database as the wire has it."""
    return datetime.fromtimestamp(seconds, UTC)
