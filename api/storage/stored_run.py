"""What is kept of a run beside its points."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from training_runs import Context


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
    horizon_step: int | None
    target_accuracy: float | None
    seconds_per_step: float | None
    cost_per_hour: float | None
    webhook_url: str | None
    webhook_secret: str | None
    webhook_format: str | None
    created_at: float
    updated_at: float
    revision: int
    rewinds: int
    point_count: int
    observed_until_step: int | None
    status: str
    blocked: bool
    finished_at: float | None
    stop_requested: str | None

    @property
    def mark(self) -> RunMark:
        """What differs when it has changed."""
        return RunMark(self.id, self.revision, self.status, self.stop_requested)
