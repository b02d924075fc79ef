"""The processes of retrainings, as the service starts and ends them."""

import subprocess
import sys

import pytest

from api.settings import Settings
from api.storage.retrainings import Claim
from api.workers.retrainer import Retrainer


class _NoDatabase:
    """A store whose database does not answer."""

    def release(self, _: Claim) -> None:
        raise ConnectionError


def test_a_retraining_ends_with_the_service_where_the_database_does_not_answer() -> None:
    retrainer = Retrainer(_NoDatabase(), Settings())  # type: ignore[arg-type]
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    retrainer._running = Claim(1, "holder"), process
    with pytest.raises(ConnectionError):
        retrainer.stop()
    assert process.poll() is not None
