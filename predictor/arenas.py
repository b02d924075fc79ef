"""How much freed memory a process keeps."""

import ctypes
import platform

_ARENA_MAX = -8  # glibc's M_ARENA_MAX
_ARENAS = 2
_LIBC = ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


def bound_arenas() -> None:
    """Let the threads of this process share two heaps; call it before they are started.

    glibc makes one for each thread, up to eight a core, and each keeps the peak of what its thread has loaded: forecasters
    of 60 MB, batches. No lock is waited for more: the interpreter's own lets one thread at a time allocate. Elsewhere than on glibc nothing
    happens.
    """
    if _LIBC is not None:
        _LIBC.mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give the system all pages of which nothing is in use; call it now and then.

    By itself glibc gives back only what lies at the end of a heap. What is in use beyond it, however small, keeps all that is free:
    of a forecaster that was loaded to try it, or of the one before. Elsewhere than on glibc nothing happens.
    """
    if _LIBC is not None:
        _LIBC.malloc_trim(0)
