"""Our own `api`, `predictor`, `features` and `training_runs`, whatever lies beside a user's script.

Users have folders of these names too, and theirs come first on the path of their scripts. What runs in their process imports ours
inside `own_packages()`: there, ours come first, and what the user imported under the same names is set aside; afterwards it is
as it was. Where no names meet, which is usual, nothing is moved.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

NAMES = ("api", "predictor", "features", "training_runs")
HOME = Path(__file__).resolve().parent.parent

_lock = threading.RLock()
_ours: dict[str, ModuleType] = {}  # of names that meet a user's: kept from one use to the next


@contextmanager
def own_packages() -> Iterator[None]:
    """Let imports of our packages' names find ours until the block ends; where they meet others, in one thread at a time."""
    with _lock:
        if names := _taken():
            theirs, path = _set_aside(names), list(sys.path)
            sys.modules.update(_ours)
            put_first()
            try:
                yield
            finally:
                _ours.update(_set_aside(names))
                sys.modules.update(theirs)
                sys.path[:] = path
            return
    yield


def put_first() -> None:
    """Move folders that hold other packages of our names behind ours on the path: for a process that is ours alone."""
    foreign = [entry for entry in sys.path if any(_is_foreign(name, [entry]) for name in NAMES)]
    sys.path[:] = [*(entry for entry in sys.path if entry not in foreign), *foreign]
    if str(HOME) not in sys.path:
        sys.path.append(str(HOME))


def _taken() -> set[str]:
    """Return the names under which something else is imported, or would be."""
    imported = {name for name in NAMES if name in sys.modules and not _is_ours(sys.modules[name])}
    return imported | {name for name in NAMES if name not in sys.modules and _is_foreign(name, sys.path)}


def _is_foreign(name: str, path: list[str]) -> bool:
    spec = PathFinder.find_spec(name, path)
    return spec is not None and spec.origin is not None and not _lies_here(spec.origin)


def _is_ours(module: ModuleType) -> bool:
    origin = getattr(module, "__file__", None)
    return origin is not None and _lies_here(origin)


def _lies_here(file: str) -> bool:
    return Path(file).resolve().parent.parent == HOME


def _set_aside(names: set[str]) -> dict[str, ModuleType]:
    """Take what is imported under some top-level names out of the imported modules, and return it."""
    found = [name for name in sys.modules if name.partition(".")[0] in names]
    return {name: sys.modules.pop(name) for name in found}
