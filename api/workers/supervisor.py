"""The process that has started this worker."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess


def end_with_it() -> None:
    """End this worker when who started it is gone: without it nobody replaces or stops a worker, and its port stays taken."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_follow, args=(supervisor,), name="supervisor", daemon=True).start()


def _follow(supervisor: BaseProcess) -> None:
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)  # which lets requests under way end
