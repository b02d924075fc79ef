"""A real service in a process of its own, for tests of what talks to one."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2


@contextlib.contextmanager
def running_service(folder: Path, **settings: str) -> Iterator[str]:
    """Start `grokcast serve` with its data in a folder and some variables set; yield its address when it is ready, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "XDG_DATA_HOME": str(folder), **settings}
    service = subprocess.Popen(
        [sys.executable, "-m", "grokcast", "serve", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 240  # a busy machine is no failure
        while not _is_ready(url):
            assert service.poll() is None, "the service ended at once"
            assert time.monotonic() < deadline, "the service did not get ready"
            time.sleep(0.1)
        yield url
    finally:
        service.terminate()
        service.wait(60)


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False
