"""The wire format of stored runs: what they are registered with, their points, timeline and outcome."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.storage.forecasts import BriefForecast, StoredForecast
from api.storage.stored_run import RunSettings, StoredRun, Webhook
from api.storage.training_data import as_run, missing_for_training
from api.wire.examples import ANSWER, APPEND, OUTCOME, RUN
from api.wire.forecasts import CostPerHour, ForecastAnswer, Probability, SecondsPerStep, ignored_names
from api.wire.history import ContextFields, History, Number, WholeNumber, wire_history
from api.wire.problems import Problem
from api.wire.webhook_address import check_url
from api.wire.webhook_secret import check_secret
from features.phase import Phase
from predictor.forecast import Action
from training_runs import InvalidInput, Trajectory
from training_runs.labelled_run import label
from training_runs.onset import Outcome
from training_runs.run import Status

RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9._:+=@~-]{0,127}$"

NEXT = Field(description="value of `?cursor=` for the next page; null on the last page")
WebhookFormat = Literal["plain", "slack", "discord", "ntfy"]
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")  # as ntfy names them
RunStatus = Literal["running", "finished", "stopped_early", "diverged"]
Text = Annotated[str, StringConstraints(strict=True, max_length=2_000)]


class WebhookFields(BaseModel):
    """Where to post when the advice for this run becomes `continue` or `stop`."""

    url: Text = Field(description="http or https, at a public address")
    secret: Text | None = Field(
        None,
        description="signs each message as Standard Webhooks does: `whsec_` and the base64 of 24 to 64 random bytes; "
        "never shown again; of plain messages alone",
    )
    format: WebhookFormat = Field(
        "plain", description="`slack`, `discord` and `ntfy` take the address of an incoming webhook, or of a topic"
    )

    def checked(self, *, private_addresses: bool) -> Webhook:
        """Return the webhook to store.

        Raises
        ------
        InvalidInput : an address that nothing can be posted to, or a secret that cannot sign.
        """
        check_url(self.url, private_addresses=private_addresses)
        if self.format == "ntfy" and not _TOPIC.fullmatch(urlsplit(self.url).path.rpartition("/")[2]):
            raise InvalidInput(
                field="webhook.url", value=self.url, expected="the address of a topic, such as https://ntfy.sh/my-runs"
            )
        if self.secret is not None and self.format != "plain":
            raise InvalidInput(
                field="webhook.secret",
                value="a secret",
                expected=f"none with format {self.format}, which checks no signature",
                hint="its address is what is secret",
            )
        if self.secret is not None:
            check_secret(self.secret)
        return Webhook(self.url, self.secret, None if self.format == "plain" else self.format)


class RunRequest(BaseModel):
    """Context of a run, horizon and target of its forecasts. Every field is optional; `PUT` replaces all of them."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [RUN]})

    context: ContextFields | None = None
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


class AppendRequest(BaseModel):
    """Points to add to a run."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [APPEND]})

    history: History

    def read(self) -> tuple[Trajectory, list[str]]:
        """Return the points and warnings: what was ignored, what was read as what.

        Raises
        ------
        InvalidInput : points that cannot be, or names that do not say what they are.
        """
        history = self.history.read_points()
        ignored = ignored_names(("fields", self.model_extra), ("signals", history.ignored))
        return history.trajectory, [*ignored, *history.notes]


class OutcomeRequest(BaseModel):
    """How a run ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [OUTCOME]})

    status: Status = Field(
        "finished",
        description="`finished`: trained to its budget; `stopped_early`: stopped after generalising; `diverged`",
    )
    blocked: bool = Field(
        False, description="true if the run could not generalise, for instance because its labels were shuffled"
    )


class StopRequest(BaseModel):
    """A wish that a training should stop."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the machine is needed"}]})

    reason: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)] = Field(
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

    @classmethod
    def of(
        cls,
        run: StoredRun,
        points: Trajectory | None = None,
        newest: StoredForecast | None = None,
    ) -> "RunAnswer":
        """Return the wire form of a run with its points."""
        return cls(
            **_summary(run),
            history=None if points is None else wire_history(points),
            forecast=None if newest is None else ForecastAnswer.from_stored(newest.forecast),
        )


class RunPage(BaseModel):
    """Runs, newest first."""

    runs: list[ListedRun]
    next_cursor: int | None = NEXT

    @classmethod
    def of(cls, found: Sequence[StoredRun], newest: Mapping[str, BriefForecast], limit: int) -> "RunPage":
        """Return a page of what was found, which is one more where there is a next page."""
        shown = [
            ListedRun.model_validate({**_summary(run), "newest_forecast": newest.get(run.run_id)})
            for run in found[:limit]
        ]
        return cls(runs=shown, next_cursor=found[limit - 1].id if len(found) > limit else None)


@dataclass(frozen=True)
class Appended:
    """What became of points that were posted: they are stored, in any case.

    Attributes
    ----------
    run : as it is now.
    changed : how many checkpoints are new or gained a signal.
    forecast, problem : what is forecast of it now, or why nothing is.
    """

    run: StoredRun
    changed: int
    forecast: ForecastAnswer | None = None
    problem: Problem | None = None


class AppendAnswer(BaseModel):
    """The run after points were added, and its newest forecast."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "run_id": "seed-1",
                    "status": "running",
                    "points_changed": 5,
                    "points": 5,
                    "observed_until_step": 60,
                    "revision": 1,
                    "forecast": ANSWER,
                    "problem": None,
                    "stop_requested": None,
                    "warnings": [],
                }
            ]
        }
    )

    run_id: str
    status: RunStatus
    points_changed: int = Field(description="number of checkpoints that are new or gained a signal")
    points: int = Field(description="number of stored checkpoints")
    observed_until_step: int
    revision: int
    forecast: ForecastAnswer | None = Field(description="null if there is a problem")
    problem: Problem | None = Field(description="why there is no forecast; the points are stored all the same")
    stop_requested: str | None = Field(description="why the training should stop, if that is requested; null otherwise")
    warnings: list[str] = Field(description="names of this request that were ignored")

    @classmethod
    def of(cls, appended: Appended, warnings: Sequence[str]) -> "AppendAnswer":
        """Return the wire form of what became of points that were posted."""
        run = appended.run
        return cls.model_validate(
            {
                "run_id": run.run_id,
                "status": run.status,
                "points_changed": appended.changed,
                "points": run.point_count,
                "observed_until_step": run.observed_until_step,
                "revision": run.revision,
                "forecast": appended.forecast,
                "problem": appended.problem,
                "stop_requested": run.stop_requested,
                "warnings": warnings,
            }
        )


class RewindAnswer(BaseModel):
    """The run after points were deleted by a rewind."""

    run_id: str
    status: RunStatus
    points_deleted: int
    points: int
    observed_until_step: int | None
    revision: int

    @classmethod
    def of(cls, run: StoredRun, deleted: int) -> "RewindAnswer":
        """Return the wire form of a run that was rewound."""
        known = {k: v for k, v in _summary(run).items() if k in cls.model_fields}
        return cls(**known, points_deleted=deleted)


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


class OutcomeAnswer(BaseModel):
    """Outcome of a run, computed from its whole recording."""

    run_id: str
    status: RunStatus
    blocked: bool
    finished_at: datetime | None = Field(description="null if the run was rewound meanwhile")
    observed_until_step: int | None
    memorization_step: int | None
    onset_step: int | None = Field(description="null: no onset up to `observed_until_step`")
    outcome: Outcome | None = Field(description="null if nothing was recorded")
    training_data: bool = Field(description="whether the next retraining includes it")
    reason: str | None = Field(description="why it is not training data; null if it is")

    @classmethod
    def of(cls, run: StoredRun, points: Trajectory | None) -> "OutcomeAnswer":
        """Return the outcome of a finished run."""
        labelled = None if points is None else label(as_run(run, points))
        reason = missing_for_training(points)
        return cls.model_validate(
            {
                "run_id": run.run_id,
                "status": run.status,
                "blocked": run.blocked,
                "finished_at": None if run.finished_at is None else at(run.finished_at),
                "observed_until_step": run.observed_until_step,
                "memorization_step": labelled and labelled.memorized.step,
                "onset_step": labelled and labelled.generalized.step,
                "outcome": labelled and labelled.outcome,
                "training_data": reason is None,
                "reason": reason,
            }
        )


def at(seconds: float) -> datetime:
    """Return a time of the database as the wire has it."""
    return datetime.fromtimestamp(seconds, UTC)
