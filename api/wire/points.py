"""The wire format of a stored run's points: those that are added, and what became of the run."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from api.storage.stored_run import RunStatus, StoredRun
from api.wire.examples import ANSWER, APPEND
from api.wire.forecasts import ForecastAnswer, ignored_names
from api.wire.history import History
from api.wire.problems import Problem
from training_runs import Trajectory


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
        return cls(
            run_id=run.run_id,
            status=run.status,
            points_deleted=deleted,
            points=run.point_count,
            observed_until_step=run.observed_until_step,
            revision=run.revision,
        )
