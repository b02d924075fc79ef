"""How often the interpreter looks for garbage in cycles, and in what."""

import gc
from functools import cache

# Net allocations between two looks at what is young, 700 by default. A batch of 100 histories makes some thousands of lists, and each
# look goes through all of their numbers.
_YOUNG = 10_000


@cache
def settle() -> None:
    """Leave what a process has when it is ready out of every later search, and search seldom; call it then, once.

    Else a full search goes through 100,000 objects of libraries and routes, 40 ms in which a worker answers nobody. What no
    cycle holds is freed at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
