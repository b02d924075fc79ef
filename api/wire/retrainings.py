"""The wire format of retrainings and of which forecaster answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.errors import Damaged
from api.storage.retrainings import Retraining, State
from api.wire.examples import ACTIVATE, RETRAIN
from api.wire.runs import DAMAGED, NEXT, at, damages


class RetrainRequest(BaseModel):
    """A retraining to start: on the shipped corpus and every finished run that is training data."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [RETRAIN]})

    promote: bool = Field(True, description="activate the challenger if it is better")


class RetrainingAnswer(BaseModel):
    """State of a retraining."""

    id: int
    state: State
    promote: bool
    stage: str = Field(description="current stage")
    done: int = Field(description="parts of the stage that are finished")
    total: int = Field(description="parts of the stage in all")
    attempt: int = Field(description="number of starts; more than one if a worker was lost")
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: dict[str, Any] | None = Field(description="champion and challenger on the same held-out rows")
    problem: str | None = Field(description="reason of a failure")

    @classmethod
    def of(cls, job: Retraining) -> "RetrainingAnswer":
        """Return the wire form of a retraining."""
        times = ("created_at", "started_at", "finished_at")
        values = {name: value for name, value in vars(job).items() if name != "holder"}
        known_times = {name: at(values[name]) for name in times if values[name] is not None}
        return cls(**{**values, **known_times})


class RetrainingPage(BaseModel):
    """Retrainings, newest first."""

    retrainings: list[RetrainingAnswer]
    next_cursor: int | None = NEXT
    damaged: list[str] = DAMAGED

    @classmethod
    def of(cls, found: Sequence[Retraining | Damaged], limit: int) -> "RetrainingPage":
        """Return a page of what was found, which is one more where there is a next page."""
        shown = found[:limit]
        return cls(
            retrainings=[RetrainingAnswer.of(job) for job in shown if isinstance(job, Retraining)],
            next_cursor=found[limit - 1].id if len(found) > limit else None,
            damaged=damages(shown),
        )


class ActivateRequest(BaseModel):
    """The forecaster to activate."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [ACTIVATE]})

    version: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]


class ActivateAnswer(BaseModel):
    """The active forecaster, and the one before it: activate that to roll back."""

    version: str
    before: str | None
