"""The folder in which the workers of one service share their counts: it ends with the service, or at the next start.

Who made it holds a lock on it, which the system takes away from a process that was killed, whatever its number is used for next.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PREFIX = "grokcast-counts-"


@contextmanager
def counts_folder() -> Iterator[Path | None]:
    """Hand out an empty folder; None where there is no room for one, which is no reason not to serve."""
    try:
        folder, lock = _made()
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_left_behind() -> None:
    """Remove the folders of this user whose service was killed."""
    with suppress(OSError):  # without room tempfile finds no folder at all
        _remove_left_behind(Path(tempfile.gettempdir()))


def _remove_left_behind(temporary: Path) -> None:
    for folder in temporary.glob(f"{_PREFIX}*"):
        lock = _lock(folder, waits=False)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _made() -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _lock(folder, waits=True)
        if folder.exists():  # else another start took it for left behind, before it was locked
            return folder, lock
        if lock is not None:
            os.close(lock)


def _lock(folder: Path, waits: bool) -> int | None:
    """Lock a folder of this user for as long as this process lives; None where that cannot be, for nobody or by now."""
    if sys.platform == "win32":
        return None
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            return lock
    except OSError:  # another has it, or this file system has no locks
        pass
    os.close(lock)
    return None
