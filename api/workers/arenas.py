"""How much freed memory a worker keeps."""

import ctypes
import platform

_ARENA_MAX = -8  # glibc's M_ARENA_MAX
_ARENAS = 2


def bound_arenas() -> None:
    """Let the threads of this process share two heaps; call it before they are started.

    glibc makes one for each thread, up to eight a core, and each keeps the peak of what its thread has loaded: forecasters
    of 60 MB, batches. No lock is waited for more: the interpreter's own lets one thread at a time allocate. Elsewhere than on glibc nothing
    happens.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
