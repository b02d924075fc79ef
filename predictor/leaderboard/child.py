"""Asks one method, in a process of its own: started by `predictor.leaderboard.isolated`, imports nothing of this package.

Standard input: pickled frames, first `Start` as a dictionary, then one for each row that is asked about. Standard output: one JSON
document. Whatever the method prints goes to standard error.
"""

import ctypes
import importlib.util
import json
import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_LEVELS = (0.05, 0.5, 0.95)
_STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"}
_LISTS = {"open", "os.listdir", "os.scandir"}


class Outcome(NamedTuple):
    """What came of a row to learn from; see `predictor.leaderboard.task.Outcome`."""

    onset_step: int | None
    followed_until: int
    horizon: int
    blocked: bool
    group: int


def main(file: str) -> None:
    """Answer what standard input asks."""
    frames, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    start = pickle.load(frames)
    _limit(start["memory"], start["seconds"])
    if start["hide"]:
        _hide(start["forbidden"])
    touched: list[str] = []
    sys.addaudithook(_guard(start["forbidden"], touched))
    try:
        found: dict[str, Any] = {"answers": _answers(file, start, frames)}
    except BaseException as error:  # a method may end itself too
        found = {"error": _where(error, file)}
    json.dump({**found, "touched": sorted(set(touched))}, answers)
    answers.flush()
    os._exit(0)  # whatever a method left running


def _answers(file: str, start: dict[str, Any], frames: Any) -> list[Any]:
    spec = importlib.util.spec_from_file_location("method", file)
    assert spec is not None
    assert spec.loader is not None
    method = importlib.util.module_from_spec(spec)
    sys.modules["method"] = method  # dataclasses look their module up
    spec.loader.exec_module(method)
    if hasattr(method, "fit"):
        histories, contexts, outcomes = start["examples"]
        method.fit(histories, contexts, [Outcome(*outcome) for outcome in outcomes])
    if hasattr(method, "predict_many"):
        rows = list(zip(*_questions(frames), strict=True))
        return [_plain(answer) for answer in method.predict_many(*map(list, rows))]
    return [_plain(method.predict(*question)) for question in _questions(frames)]


def _questions(frames: Any) -> Iterator[tuple[Any, Any, int]]:
    """Yield rows as they are read: one by one, so that a method that answers one has not seen the next."""
    while True:
        try:
            yield pickle.load(frames)
        except EOFError:
            return


def _plain(answer: Any) -> list[float | None]:
    """Return probability and quantiles as plain numbers, None where a quantile is not given."""
    probability, quantiles = answer
    given = {float(level): value for level, value in (quantiles or {}).items()}
    unknown = sorted(set(given) - set(_LEVELS))
    if unknown:
        raise ValueError(f"quantile {unknown[0]:g} is not asked for: give any of 0.05, 0.5 and 0.95")
    return [float(probability), *(None if given.get(q) is None else float(given[q]) for q in _LEVELS)]


def _limit(memory: int, seconds: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, memory)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _hide(folders: list[str]) -> None:
    """Lay an empty file system over each folder, in the mount namespace that this process was started in."""
    libc = ctypes.CDLL(None, use_errno=True)
    for folder in folders:
        if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, None):
            raise OSError(ctypes.get_errno(), f"cannot hide {folder}")


def _guard(forbidden: list[str], touched: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that notes and refuses reads of stored runs, connections and further processes."""

    def refuse(what: str) -> None:
        touched.append(what)
        raise PermissionError(f"a method may not use {what}")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in _LISTS and args and isinstance(args[0], (str, bytes, os.PathLike)):
            path = os.path.realpath(os.fsdecode(args[0]))
            if any(path == folder or path.startswith(folder + os.sep) for folder in forbidden):
                refuse(f"stored runs: {path}")
        elif event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(args[1], tuple)):
            refuse("the network")
        elif event in _STARTS:
            refuse("another process")

    return hook


def _where(error: BaseException, file: str) -> str:
    """Return in one line what went wrong, and at which line of the method."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    place = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {error}{place}"


if __name__ == "__main__":
    main(sys.argv[1])
