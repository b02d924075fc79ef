"""Finished runs of the service as runs to learn from."""

import logging

from api.errors import DamagedRun
from api.storage.runs import RunStore
from api.storage.stored_run import StoredRun
from features.landmarks import MIN_EVALS, MIN_LANDMARK
from training_runs import Run, Trajectory
from training_runs.identifiers import configuration_identifier, identifier
from training_runs.onset import SUSTAINED_EVALS

_LOG = logging.getLogger(__name__)


def training_runs(store: RunStore) -> dict[str, Run]:
    """Return the finished runs that have something to teach, by name, in the order in which they were registered."""
    found = {}
    for stored, history in store.finished():
        if history is not None and missing_for_training(history) is None:
            try:
                found[stored.run_id] = as_run(stored, history)
            except DamagedRun as error:
                _LOG.warning("not learnt from: %s", error)
    return found


def as_run(stored: StoredRun, history: Trajectory) -> Run:
    """Return a stored run in the words of the corpus. Without a budget, it was meant to end where it ended."""
    context = stored.known_context()
    return Run(
        run_id=identifier(["service", stored.run_id, stored.created_at]),
        configuration_id=configuration_identifier("service", context, stored.run_id),
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
