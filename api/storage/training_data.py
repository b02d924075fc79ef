"""Finished runs of the service as runs to learn from."""

import hashlib
import json

from api.storage.runs import RunStore
from api.storage.stored_run import StoredRun
from features.landmarks import MIN_EVALS, MIN_LANDMARK
from training_runs import Context, Run, Trajectory
from training_runs.onset import SUSTAINED_EVALS


def training_runs(store: RunStore) -> dict[str, Run]:
    """Return the finished runs that have something to teach, by name, in the order in which they were registered."""
    return {
        stored.run_id: as_run(stored, history)
        for stored, history in store.finished()
        if history is not None and missing_for_training(history) is None
    }


def as_run(stored: StoredRun, history: Trajectory) -> Run:
    """Return a stored run in the words of the corpus. Without a budget, it was meant to end where it ended."""
    context, _ = Context.from_mapping(stored.context)
    return Run(
        run_id=_digest(["service", stored.run_id, stored.created_at]),
        configuration_id=_configuration_id(stored.run_id, context),
        context=context,
        trajectory=history,
        budget_step=context.budget_step or history.observed_until,
        blocked=stored.blocked,
        status=stored.status,  # type: ignore[arg-type]  # finished: not `running`
    )


def missing_for_training(history: Trajectory | None) -> str | None:
    """Return what a history lacks to be training data; None if it lacks nothing."""
    if history is None or len(history) < MIN_EVALS or history.observed_until < MIN_LANDMARK:
        return f"it needs {MIN_EVALS} checkpoints, the last at step {MIN_LANDMARK} or later"
    if len(history.recorded("val_acc")[0]) < SUSTAINED_EVALS:
        return "without val_acc it is not known whether the run generalised"
    return None


def _configuration_id(run_id: str, context: Context) -> str:
    """Runs with one context, but for the budget, are seeds of one configuration; a run without any stands alone."""
    fields = {k: v for k, v in context.as_dict().items() if k != "budget_step"}
    return _digest(["service", fields or run_id])


def _digest(what: list[object]) -> str:
    """Return a name in the form that the corpus has: hexadecimal, since features are drawn by it."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
