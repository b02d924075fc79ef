"""The process of one retraining: `python -m api.workers.retraining_process ID HOLDER`, started by the service.

It holds its own lease, so it outlives the worker that started it. It is a process of its own, spawned and not forked:
LightGBM does not survive a fork, and fitting must not slow down answers.
"""

import logging.config
import os
import sys
import threading
import time
from dataclasses import replace

from api.logs.configure import log_config
from api.settings import Settings
from api.storage.database import Database
from api.storage.retrainings import LEASE_SECONDS, Claim, RetrainingStore
from api.storage.runs import RunStore
from api.storage.training_data import training_runs
from predictor.retrain import Comparison, as_dict, retrain
from predictor.store import ForecasterStore
from training_runs import Run, archive

_LOG = logging.getLogger(__name__)
_BEAT_SECONDS = LEASE_SECONDS / 6
_NICENESS = 10  # forecasts go first


def main(number: int, holder: str) -> int:
    """Do a retraining that was claimed; return the exit code."""
    os.nice(_NICENESS)
    settings = Settings()
    database = Database(settings.database_url)
    jobs, claim = RetrainingStore(database), Claim(number, holder)
    threading.Thread(target=_beat, args=(jobs, claim), daemon=True).start()
    try:
        corpus = archive.read(settings.corpus or archive.CORPUS)
        runs = training_runs(RunStore(database, settings.run_point_limit))
        store = ForecasterStore(settings.forecaster_store)
        comparison = _retrain(jobs, claim, store, corpus, list(runs.values()))
        names = {run.run_id: name for name, run in runs.items()}
        strange = [{**vars(found), "run_id": names[found.run_id]} for found in comparison.surprises]
        jobs.succeed(claim, {**as_dict(comparison), "surprises": strange, "added_runs": len(runs)})
        return 0
    except Exception as error:
        _LOG.exception("retraining %d failed", number)
        jobs.fail(claim, f"{type(error).__name__}; see the log of the service")
        return 1


def _retrain(
    jobs: RetrainingStore,
    claim: Claim,
    store: ForecasterStore,
    corpus: list[Run],
    runs: list[Run],
) -> Comparison:
    def on_progress(stage: str, done: int, total: int) -> None:
        jobs.progress(claim, stage, done, total)

    comparison = retrain(corpus, runs, store, promote=False, on_progress=on_progress)
    # Promoted here and not in `retrain`: only by the process that still holds the job.
    if jobs.get(claim.id).promote and comparison.better and jobs.beat(claim) == "held":
        store.activate(comparison.challenger)
        return replace(comparison, promoted=True)
    return comparison


def _beat(jobs: RetrainingStore, claim: Claim) -> None:
    """Renew the lease; end the process where the job was cancelled, or is another's."""
    lease_until = time.monotonic() + LEASE_SECONDS
    while True:
        try:
            found = jobs.beat(claim)
        except Exception:  # the database may come back
            _LOG.exception("retraining %d could not renew its lease", claim.id)
            found = "held" if time.monotonic() < lease_until else "lost"
        else:
            lease_until = time.monotonic() + LEASE_SECONDS
        if found == "cancel":
            jobs.cancelled(claim)
        if found != "held":
            os._exit(0 if found == "cancel" else 3)  # fitting cannot be interrupted otherwise
        time.sleep(_BEAT_SECONDS)


if __name__ == "__main__":
    logging.config.dictConfig(log_config(Settings().log_format))
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
