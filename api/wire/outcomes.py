"""The wire format of how a stored run ended."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.storage.stored_run import RunStatus, StoredRun
from api.storage.training_data import as_run, missing_for_training
from api.wire.examples import OUTCOME
from api.wire.runs import at
from training_runs import Trajectory
from training_runs.labelled_run import label
from training_runs.onset import Outcome
from training_runs.run import Status


class OutcomeRequest(BaseModel):
    """How a run ended."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [OUTCOME]})

    status: Status = Field(
        "finished",
        description="`finished`: trained to its budget; `stopped_early`: stopped after generalising; `diverged`",
    )
    blocked: bool = Field(
        False, description="true if the run could not generalise, for instance because its labels were shuffled"
    )


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
