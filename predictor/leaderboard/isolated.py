"""A method that is a Python file, asked in a process of its own.

What limits it: an empty folder, no network, no stored runs, a share of the memory, and a time. Where Linux lets a process have
namespaces of its own (`unshare`), the network is not there and the folders of runs are empty; everywhere Python's audit events note
and refuse what a method tries. That stops mistakes and plain cheating, not an attack from C: see docs/leaderboard.md.
"""

import ast
import functools
import hashlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.leaderboard.answers import Answers
from predictor.leaderboard.task import Outcome, Question
from training_runs import archive
from training_runs.errors import InvalidInput

TIME_LIMIT = 900.0  # seconds, for all tasks together
MEMORY = 8 << 30  # bytes of address space
LARGEST_FILE = 100_000  # bytes: a method is a rule, not a table of outcomes
_CHILD = Path(__file__).with_name("child.py")
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "VIRTUAL_ENV")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class IsolatedMethod:
    """A file with `predict` (or `predict_many`), and perhaps `fit`.

    Parameters
    ----------
    file : the method.
    time_limit : seconds that all of its calls may take together.
    forbidden : folders of runs that it may not read, beside those of this package.

    Raises
    ------
    InvalidInput : there is no such file, it is too large, or it is no Python.
    """

    def __init__(self, file: Path, time_limit: float = TIME_LIMIT, forbidden: Sequence[Path] = ()) -> None:
        if not file.is_file() or file.suffix != ".py":
            raise InvalidInput(
                field="method", value=str(file), expected="a Python file", hint="examples/my_detector.py is one"
            )
        content = file.read_bytes()
        if len(content) > LARGEST_FILE:
            raise InvalidInput(
                field="method", value=f"{len(content):,} bytes", expected=f"a file of at most {LARGEST_FILE:,}"
            )
        self.file, self.time_limit, self.seconds = file.resolve(), time_limit, 0.0
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.title = _title(content, file)
        self._forbidden = [str(folder.resolve()) for folder in (*_folders_of_runs(), *forbidden)]

    def __call__(
        self,
        learnt: list[Question],
        outcomes: list[Outcome],
        asked: list[Question],
        configuration: NDArray[np.str_],
    ) -> Answers:
        """Fit on some rows and answer others.

        Raises
        ------
        InvalidInput : the method failed, took too long, or answered what cannot be.
        """
        begun = time.monotonic()
        left = self.time_limit - self.seconds
        found = self._asked(self._frames(learnt, outcomes, asked, left), left)
        self.seconds += time.monotonic() - begun
        return Answers.of(found["answers"], asked, found["touched"])

    def _frames(self, learnt: list[Question], outcomes: list[Outcome], asked: list[Question], left: float) -> bytes:
        sent = [question.sent() for question in learnt]
        start = {
            "examples": ([h for h, _, _ in sent], [c for _, c, _ in sent], [astuple(o) for o in outcomes]),
            "memory": MEMORY,
            "seconds": max(int(left) + 1, 1),
            "forbidden": self._forbidden,
            "hide": namespaces(),
        }
        return b"".join(pickle.dumps(frame) for frame in (start, *(question.sent() for question in asked)))

    def _asked(self, frames: bytes, left: float) -> dict[str, Any]:
        apart = ["unshare", "--map-root-user", "--net", "--mount"] if namespaces() else []
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with (
            tempfile.TemporaryDirectory() as folder,
            subprocess.Popen(
                [*apart, sys.executable, "-P", str(_CHILD), str(self.file)],
                cwd=folder,
                env=passed_on | dict.fromkeys(_ONE_THREAD, "1") | {"HOME": folder, "TMPDIR": folder},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            ) as process,
        ):
            try:
                output, errors = process.communicate(frames, timeout=max(left, 0.1))
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                raise self._failed(f"no answer after {self.time_limit:.0f} seconds", "--time-limit sets it") from None
        try:
            found: dict[str, Any] = json.loads(output)
        except ValueError:
            last = errors.decode(errors="replace").strip().rpartition("\n")[2]
            raise self._failed(f"ended with status {process.returncode}: {last}"[:300], "too much memory?") from None
        if "error" in found:
            raise self._failed(str(found["error"])[:300], "docs/leaderboard.md has what is called and returned")
        return found

    def _failed(self, value: str, hint: str) -> InvalidInput:
        return InvalidInput(field=f"method {self.file.name}", value=value, expected="an answer for each row", hint=hint)


def _title(content: bytes, file: Path) -> str:
    """Return the first line of a file's docstring; its name where it has none."""
    try:
        docstring = ast.get_docstring(ast.parse(content))
    except (SyntaxError, ValueError) as error:
        raise InvalidInput(field="method", value=str(error), expected=f"Python in {file.name}") from None
    return (docstring or file.stem).partition("\n")[0].rstrip(".")


@functools.cache
def namespaces() -> bool:
    """Return whether a process can have a network and mounts of its own here."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    command = ["unshare", "--map-root-user", "--net", "--mount", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _folders_of_runs() -> list[Path]:
    """Return the folders of stored runs that come with the package or lie in a checkout."""
    return sorted({shard.parent for shard in archive.CORPUS.parent.rglob("*.parquet")})
