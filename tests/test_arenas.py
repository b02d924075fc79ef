"""Threads of a worker share two heaps."""

import platform
import subprocess
import sys

import pytest

# Prints how many heaps glibc has, as the count of `<heap nr=` in its own report.
PROGRAM = """
import ctypes, sys, threading
if sys.argv[1] == "bound":
    from api.workers.arenas import bound_arenas
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


def heaps(how: str) -> int:
    words = [sys.executable, "-c", PROGRAM, how]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_threads_share_two_heaps() -> None:
    assert heaps("as it is") > 2
    assert heaps("bound") <= 2
