"""One run with its labels: what became of it, how late, and if nothing did, why not.

Labels are computed from the whole recording, here and nowhere else, whenever they are needed: a stored label could
contradict the curves that it was read from.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from training_runs.onset import (
    MEMORIZED_ACCURACY,
    Onset,
    Outcome,
    generalization,
    memorization,
    outcome_by,
    target_accuracy_of,
)
from training_runs.run import Run

# Why a run did not generalise. A run that is several of these counts as the first.
NEGATIVES = (
    "blocked: random table",
    "blocked: shuffled labels",
    "blocked: frozen embedding",
    "blocked",  # recorded elsewhere: how is not known
    "diverged",
    "out of budget, weights crushed",
    "out of budget, no weight decay",
    "out of budget",
)
COLLAPSE = 0.1  # of validation accuracy below the target, after onset
_CRUSHED = 0.25  # of the first weight norm: what is left of it where decay has won over the loss


@dataclass(frozen=True)
class LabelledRun:
    """A run, and what is read off its whole recording.

    Attributes
    ----------
    target : the validation accuracy that counts as generalised.
    memorized, generalized : when each was reached, or that it was not seen.
    outcome : its class at its budget.
    """

    run: Run
    target: float
    memorized: Onset
    generalized: Onset
    outcome: Outcome

    @property
    def family(self) -> str:
        """Task family, `unknown` where it is not known."""
        return self.run.context.task_family or "unknown"

    @property
    def operation(self) -> str | None:
        """Operation of a modular task, random tables included, which a context tells as something else."""
        made = self.run.config.get("operation") if self.family == "modular" else None
        return made or self.run.context.operation

    @property
    def delay_ratio(self) -> float | None:
        """Onset step over memorisation step; None where either was not seen."""
        if self.memorized.step is None or self.generalized.step is None:
            return None
        return self.generalized.step / max(self.memorized.step, 1)  # some count steps from 0

    @property
    def budget_ratio(self) -> float | None:
        """Budget over memorisation step; None where it did not memorise."""
        if self.memorized.step is None:
            return None
        return self.run.budget_step / max(self.memorized.step, 1)

    @property
    def collapsed(self) -> bool:
        """Whether validation accuracy, after onset, fell by more than `COLLAPSE` below the target."""
        if self.generalized.step is None:
            return False
        steps, values = self.run.trajectory.recorded("val_acc")
        return bool((values[steps > self.generalized.step] < self.target - COLLAPSE).any())

    @property
    def negative(self) -> str | None:
        """Why it did not generalise, one of `NEGATIVES`; None where it did."""
        if self.generalized.step is not None:
            return None
        if self.run.blocked:
            return _blocked_by(self.run)
        if self.run.status == "diverged":
            return "diverged"
        if _is_crushed(self.run):
            return "out of budget, weights crushed"
        # Runs recorded elsewhere need not tell their weight decay; that is not zero.
        return "out of budget" + ", no weight decay" * (self.run.context.weight_decay == 0)


# What a run may have a level of.
FACTORS: dict[str, Callable[[LabelledRun], Any]] = {
    "task family": lambda r: r.run.context.task_family,
    "architecture": lambda r: r.run.context.architecture,
    "optimiser": lambda r: r.run.context.optimizer,
    "loss": lambda r: r.run.context.loss,
    "operation": lambda r: r.operation,
    "modulus": lambda r: r.run.context.modulus,
}


def label(run: Run) -> LabelledRun:
    """Return a run with its labels, at the target accuracy of its task."""
    target = target_accuracy_of(run.context)
    memorized, generalized = memorization(run.trajectory), generalization(run.trajectory, target)
    outcome = outcome_by(run.budget_step, memorized, generalized)
    return LabelledRun(run, target, memorized, generalized, outcome)


def configurations(runs: Iterable[LabelledRun]) -> int:
    """Return how many configurations some runs are of."""
    return len({r.run.configuration_id for r in runs})


def _blocked_by(run: Run) -> str:
    if run.config.get("operation") == "random_table":
        return "blocked: random table"
    if run.config.get("label_noise") == 1:
        return "blocked: shuffled labels"
    return "blocked: frozen embedding" if run.config.get("freeze_embedding") else "blocked"


def _is_crushed(run: Run) -> bool:
    """Return True if weight decay left next to nothing of the weights, and nothing memorised."""
    _, norms = run.trajectory.recorded("weight_norm")
    _, accuracies = run.trajectory.recorded("train_acc")
    if not len(norms) or not len(accuracies):
        return False
    return bool(norms[-1] < _CRUSHED * norms[0] and accuracies[-1] < MEMORIZED_ACCURACY)
