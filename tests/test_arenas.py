"""What a worker frees goes back to the system."""

import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from tests.wire import StandInStore, local_client

# Prints how many heaps glibc has, as the count of `<heap nr=` in its own report.
_HEAPS = """
import ctypes, sys, threading
if sys.argv[1] == "bound":
    from predictor.arenas import bound_arenas
    bound_arenas()
wait = threading.Barrier(7)
def work():
    kept = [bytes(2_000) for _ in range(1_000)]
    wait.wait(60)
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads]
wait.wait(60)
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)
"""

# Prints the megabytes that stay when 60 are freed, between small things that live on.
_FREED = """
import re, sys
from pathlib import Path
from predictor.arenas import give_back
def megabytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
before = megabytes()
parts = [bytearray(n) for _ in range(600) for n in (100_000, 2_000)]
del parts[::2]
if sys.argv[1] == "given back":
    give_back()
print(megabytes() - before)
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")


def printed(program: str, how: str) -> str:
    words = [sys.executable, "-c", program, how]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def test_threads_share_two_heaps() -> None:
    assert printed(_HEAPS, "as it is").count("<heap nr=") > 2
    assert printed(_HEAPS, "bound").count("<heap nr=") <= 2


def test_what_is_free_between_what_lives_is_given_back() -> None:
    assert int(printed(_FREED, "as it is")) > 50
    assert int(printed(_FREED, "given back")) < 10


def test_a_worker_gives_back_again_and_again(tmp_path: Path) -> None:
    with local_client(create_app(Settings(database_url=f"sqlite:///{tmp_path}/service.db"), StandInStore())):
        assert "freed memory" in {thread.name for thread in threading.enumerate()}
