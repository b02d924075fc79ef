"""What is kept of a run beside its points."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from api.errors import DamagedRun
from api.storage.whole_rows import Count, Positive, Seconds, whole
from training_runs import Context, InvalidInput

RunStatus = Literal["running", "finished", "stopped_early", "diverged"]
WebhookFormat = Literal["plain", "slack", "discord", "ntfy"]


@dataclass(frozen=True)
class Webhook:
    """Where a run's alarms are posted, the secret that signs them, and the form that they have."""

    url: str
    secret: str | None = None
    format: str | None = None


@dataclass(frozen=True)
class RunSettings:
    """What a run is registered with.

    Attributes
    ----------
    context : what is known of it.
    horizon_step, target_accuracy : of its forecasts; None: as `POST /v1/forecasts` chooses them.
    webhook : where its alarms go.
    seconds_per_step, cost_per_hour : of its training; None: as its times show, and not known.
    """

    context: Context
    horizon_step: int | None = None
    target_accuracy: float | None = None
    webhook: Webhook | None = None
    seconds_per_step: float | None = None
    cost_per_hour: float | None = None


class RunMark(NamedTuple):
    """What differs when a run has changed, as streams tell it; its number, since a name may be used again."""

    id: int
    revision: int
    status: str
    stop_requested: str | None


@dataclass(frozen=True)
class StoredRun:
    """A run as it is kept, without its points. Times are seconds since 1970.

    The types are those that a row is checked by.

    Attributes
    ----------
    id : its number, which grows with time and is never used again.
    owner : the key that made it; None: made without one.
    revision : grows with every change of its points.
    rewinds : how often points were taken back.
    status : `running`, or the outcome that was reported.
    blocked : whether it never could generalise, as reported with its outcome.
    stop_requested : why somebody wants its training to stop; None where nobody does.
    """

    id: int
    run_id: str
    owner: str | None
    context: Mapping[str, Any]
    horizon_step: Count | None
    target_accuracy: Annotated[float, Field(gt=0, le=1)] | None
    seconds_per_step: Positive | None
    cost_per_hour: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    webhook_url: str | None
    webhook_secret: str | None
    webhook_format: WebhookFormat | None
    created_at: Seconds
    updated_at: Seconds
    revision: Count
    rewinds: Count
    point_count: Count
    observed_until_step: Count | None
    status: RunStatus
    blocked: bool
    finished_at: Seconds | None
    stop_requested: str | None

    @property
    def mark(self) -> RunMark:
        """What differs when it has changed."""
        return RunMark(self.id, self.revision, self.status, self.stop_requested)

    def known_context(self) -> Context:
        """Return what is known of it.

        Raises
        ------
        DamagedRun : its context holds what no context holds.
        """
        try:
            return Context.from_mapping(self.context)[0]
        except InvalidInput as error:
            raise self.damaged(f"its context's {error}") from None

    def damaged(self, fault: str) -> DamagedRun:
        """Return an error that says what is wrong with it."""
        return DamagedRun(self.id, self.run_id, self.owner, fault)

    @classmethod
    def of(cls, row: Any) -> "StoredRun":
        """Return a row of the table.

        Raises
        ------
        DamagedRun : it holds what no run holds.
        """
        return whole(_WHOLE, row, lambda fault: DamagedRun(row.id, str(row.run_id), row.owner, fault))


_WHOLE = TypeAdapter(StoredRun)
