"""`grokcast` as it is typed, in a process of its own."""

import atexit
import functools
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.forks import ROOT, Forks

SECONDS = 300  # for a command; a busy machine is no failure
IMPORTED = (
    "alembic",
    "api.app",
    "api.wire.forecasts",
    "api.storage.training_data",
    "grokcast.cli",
    "grokcast.display.picture",
    "grokcast.read_question",
    "grokcast.display.forecast",
    "matplotlib.figure",
    "predictor.benchmark.external",
    "predictor.store",
    "torch",
    "training_runs.datasheet.page",
    "training_runs.generator.presets",
    "training_runs.generator.sweep",
)


def grokcast(
    *arguments: object, stdin: str = "", cwd: Path = ROOT, seconds: float = SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in the environment of the test."""
    words = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
        files[0].write_text(stdin)
        pid = _forks().start("tests.command_line:run", words, dict(os.environ), str(cwd), [str(f) for f in files])
        try:
            code = _forks().wait(pid, seconds)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(words, code, files[1].read_text(), files[2].read_text())


def begin(*arguments: object) -> int:
    """Start a command in a process group of its own, and return its number: `ended` waits for it."""
    pid = _forks().start("tests.command_line:lead", [str(argument) for argument in arguments], dict(os.environ))
    while os.getpgid(pid) != pid:  # until then, who kills its group kills the tests
        time.sleep(0.001)
    return pid


def ended(pid: int) -> int:
    """Return with what a command that was begun has ended: negative where a signal ended it."""
    return _forks().wait(pid, SECONDS)


def lead(words: list[str], environment: dict[str, str]) -> None:
    """Be the command, and the first of a group."""
    os.setsid()
    run(words, environment, str(ROOT), [os.devnull] * 3)


def run(words: list[str], environment: dict[str, str], cwd: str, files: list[str]) -> None:
    """Be the command."""
    from grokcast.cli import main

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(files):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = ["grokcast", *words]
    main()


def warm() -> None:
    """Import what commands import when they run, and load the shipped forecaster, which stays as it is."""
    for name in IMPORTED:
        importlib.import_module(name)
    store = importlib.import_module("predictor.store")
    store._load = functools.cache(store._load)  # a quarter of a second, of two hundred commands
    store.ForecasterStore(Path("nothing here")).load()


@functools.cache
def _forks() -> Forks:
    forks = Forks("tests.command_line:warm")
    atexit.register(forks.close)
    return forks


def one_line(done: subprocess.CompletedProcess[Any], code: int = 2) -> str:
    """Return the one line on stderr of a command that failed as it should."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return str(done.stderr)
