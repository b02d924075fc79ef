"""Starts the processes of retrainings, and sees how they end."""

import logging
import os
import subprocess
import sys

from api.settings import Settings
from api.storage.retrainings import Claim, RetrainingStore

_LOG = logging.getLogger(__name__)


class Retrainer:
    """Claims queued and lost retrainings, and runs each in a process of its own.

    Every worker of the service has one; the claim decides who runs what.
    """

    def __init__(self, jobs: RetrainingStore, settings: Settings) -> None:
        self._jobs, self._settings = jobs, settings
        self._running: tuple[Claim, subprocess.Popen[bytes]] | None = None

    def look(self) -> None:
        """Start what is due; note what has ended."""
        if self._running is not None:
            claim, process = self._running
            code = process.poll()
            if code is None:
                return
            self._running = None
            if self._jobs.fail(claim, _ending(code)):
                _LOG.error("retraining %d: %s", claim.id, _ending(code))
        started = self._jobs.claim()
        if started is not None:
            self._running = started, self._start(started)

    def stop(self) -> None:
        """End with the service: the job is put back, and begun again by the next worker that looks."""
        if self._running is not None:
            claim, process = self._running
            process.kill()  # first: the database may not answer, and nobody would end it any more
            process.wait()
            self._jobs.release(claim)

    def _start(self, claim: Claim) -> subprocess.Popen[bytes]:
        chosen = {
            "GROKCAST_DATABASE_URL": self._settings.database_url,
            "GROKCAST_FORECASTER_STORE": self._settings.forecaster_store,
            "GROKCAST_CORPUS": self._settings.corpus,
        }
        given = {name: str(value) for name, value in chosen.items() if value is not None}
        # -P: a folder `api` in the working directory is not ours. A session of its own: Ctrl-C is for the service.
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "api.workers.retraining_process", str(claim.id), claim.holder],
            env={**os.environ, **given},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _ending(code: int) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"its process {how}"
