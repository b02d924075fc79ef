"""Where in its life a run stands, as far as its history shows."""

from typing import Literal

from training_runs import Context, Trajectory
from training_runs.onset import (
    arrived,
    chance_accuracy_of,
    generalization,
    memorization,
    rise_threshold,
    sustained,
)

Phase = Literal["fitting", "memorized", "rising", "generalized"]
PHASES: tuple[Phase, ...] = ("fitting", "memorized", "rising", "generalized")

# Without training accuracy, a training loss this far below its first value counts as memorised.
_FITTED_LOSS_SHARE = 0.1


def phase_of(history: Trajectory, context: Context, target_accuracy: float) -> Phase | None:
    """Return the phase at the end of a history; None where no signal decides it.

    Validation accuracy decides between generalised and rising, training accuracy between memorised and fitting, and
    where one is missing the losses stand in: a training loss that has fallen to a tenth counts as memorised.
    """
    if generalization(history, target_accuracy).step is not None:
        return "generalized"
    chance, _ = chance_accuracy_of(context, history)
    # Three checkpoints, as for an onset: one lucky evaluation is no rise, unless it is the last and all the way up.
    if (
        arrived(history, "val_acc", target_accuracy)
        or sustained(history, "val_acc", rise_threshold(chance, target_accuracy)).step is not None
    ):
        return "rising"
    if len(history.recorded("train_acc")[1]):
        return "memorized" if memorization(history).step is not None else "fitting"
    _, losses = history.recorded("train_loss")
    if len(losses) and losses[0] > 0:
        return "memorized" if losses[-1] <= _FITTED_LOSS_SHARE * losses[0] else "fitting"
    return None


def phase_index(phase: Phase | None) -> int:
    """Return the number of a phase in a table; a run whose phase is not known is treated as one that is fitting."""
    return PHASES.index(phase or "fitting")
