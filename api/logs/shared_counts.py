"""Room for the files in which the workers of one service share their counts.

prometheus_client maps them into memory with holes: where the disk fills, the first count in a hole ends the process by a signal.
So each worker's files are made beforehand, without holes, and large enough for all the labels that there are.
"""

import logging
import os
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own variable
KINDS = ("counter", "histogram", "gauge_mostrecent")
_BYTES = 2**20

_LOG = logging.getLogger(__name__)


def reserve() -> None:
    """Make this process's files; without room for them it counts for itself. Call it before prometheus_client is imported."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return
    try:
        for kind in KINDS:
            with Path(folder, f"{kind}_{os.getpid()}.db").open("ab") as file:
                if file.tell() < _BYTES:
                    _fill(file.fileno(), _BYTES)
    except OSError as error:
        _LOG.error("no room for shared metrics in %s (%s): /metrics shows one worker each", folder, error.strerror)
        del os.environ[FOLDER]
        for kind in KINDS:
            Path(folder, f"{kind}_{os.getpid()}.db").unlink(missing_ok=True)


def _fill(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.write(file, bytes(size))
