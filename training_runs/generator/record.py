"""The trajectory of one run as it grows: when it is recorded, and when it ends."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from training_runs.config import RunConfig
from training_runs.run import Run, Status
from training_runs.trajectory import Trajectory

EARLY_STOP_ACCURACY = 0.99
EARLY_STOP_EVALS = 5

# Called after each checkpoint of each run: config, step, values of the signals.
OnCheckpoint = Callable[[RunConfig, int, dict[str, float]], None]


def checkpoint_steps(config: RunConfig) -> list[int]:
    """Return the steps at which a run is recorded; the budget is always the last."""
    budget = config.budget_step
    if config.checkpoint_every is not None:
        return sorted({*range(config.checkpoint_every, budget, config.checkpoint_every), 1, budget})
    n_evals = int(math.log10(budget) * config.checkpoints_per_decade)
    grid = {round(10 ** (k / config.checkpoints_per_decade)) for k in range(n_evals + 1)}
    return sorted({*grid, budget})


class Record:
    """What has been seen of one run, and whether it goes on."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.schedule = set(checkpoint_steps(config))
        self.status: Status | None = None
        self._steps: list[int] = []
        self._values: dict[str, list[float]] = {}
        self._perfect_evals = 0
        self.arrays: list[dict[str, Any]] = []  # of figures

    @property
    def last_step(self) -> int:
        """The last checkpoint; 0 before the first."""
        return self._steps[-1] if self._steps else 0

    def add(self, step: int, values: dict[str, float], on_checkpoint: OnCheckpoint | None) -> None:
        """Take the values of a checkpoint of the schedule; what is not finite is missing."""
        if not math.isfinite(values["train_loss"]):
            self.status = "diverged"
            return
        self._keep(step, values)
        if on_checkpoint is not None:
            on_checkpoint(self.config, step, values)
        perfect = values["val_acc"] >= EARLY_STOP_ACCURACY
        self._perfect_evals = self._perfect_evals + 1 if perfect else 0
        if self.config.early_stop and self._perfect_evals >= EARLY_STOP_EVALS:
            self.status = "stopped_early"
        elif step == self.config.budget_step:
            self.status = "finished"

    def cut(self) -> None:
        """End the run at its last checkpoint, as if that had been its budget."""
        self.config = replace(self.config, budget_step=self.last_step)
        self.status = "finished"

    def _keep(self, step: int, values: dict[str, float]) -> None:
        for name in values.keys() - self._values.keys():  # seen for the first time
            self._values[name] = [np.nan] * len(self._steps)
        self._steps.append(step)
        for name, column in self._values.items():
            value = values.get(name, np.nan)
            column.append(value if math.isfinite(value) else np.nan)

    def run(self, parameters: int) -> Run:
        """Return the finished run; one that diverged before its first checkpoint has a single empty one."""
        assert self.status is not None
        return Run(
            run_id=self.config.run_id,
            configuration_id=self.config.configuration_id,
            context=self.config.context(parameters),
            trajectory=Trajectory(self._steps or [1], self._values or {"train_loss": [np.nan]}),
            budget_step=self.config.budget_step,
            blocked=self.config.blocked,
            status=self.status,
            config=self.config.as_dict(),
            arrays=self.arrays,
        )
