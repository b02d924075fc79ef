"""One training run as it is kept: who it is, what is known of it, and what was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from training_runs.context import Context
from training_runs.trajectory import Trajectory

_USUAL_PER_DECADE = 25  # checkpoints of most runs

Status = Literal["finished", "stopped_early", "diverged"]


@dataclass(frozen=True, eq=False)
class Run:
    """One recorded run.

    Attributes
    ----------
    run_id : stable name of this run.
    configuration_id : what it shares with runs that differ only in seed, budget or cadence; the unit of every split.
    budget_step : the step at which it would be stopped, fixed before training.
    blocked : whether it can never generalise by construction. A label, never a feature.
    status : `finished` at its budget, `stopped_early` after generalising, or `diverged`.
    config : the fields of its `RunConfig`; empty for runs recorded elsewhere.
    arrays : what figures are drawn from, at some steps, of a run that was asked for it (`RunConfig.probe_arrays`): objects
        of a `step` and of what `training_runs/generator/probes/figure_arrays.py` names.
    """

    run_id: str
    configuration_id: str
    context: Context
    trajectory: Trajectory
    budget_step: int
    blocked: bool = False
    status: Status = "finished"
    config: Mapping[str, Any] = field(default_factory=dict)
    arrays: Sequence[Mapping[str, Any]] = ()

    @property
    def origin(self) -> str:
        """The source of a run recorded elsewhere, which its configuration's identifier begins with; else empty."""
        return self.configuration_id.rpartition("/")[0]

    @property
    def cadence(self) -> str:
        """How it was recorded: on a log scale, sparsely, at even steps, or as someone else did."""
        if not self.config:
            return "recorded elsewhere"
        if self.config.get("checkpoint_every") is not None:
            return "even steps"
        usual = self.config["checkpoints_per_decade"] >= _USUAL_PER_DECADE
        return f"log, {_USUAL_PER_DECADE} a decade" if usual else "log, sparser"
