"""Processes that start at once: forked off one that has imported what they need.

A start of Python with the service's or the commands' imports takes seconds, and tests make hundreds. What a forked
process does from there is what a started one does: it has its own memory, environment, signals and end.
"""

import importlib
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


class Forks:
    """A process that others are forked off.

    Parameters
    ----------
    warm : what it calls first, as `module:function`, to import what they need.
    pass_fds : files that they inherit.
    """

    def __init__(self, warm: str, pass_fds: Iterable[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", warm],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
        )

    def start(self, function: str, *arguments: Any) -> int:
        """Call a `module:function` in a new process; return the number of the process."""
        return self._ask(function, arguments, 120)

    def wait(self, pid: int, seconds: float) -> int:
        """Return with what a process has ended, as `subprocess` has it: negative where a signal ended it."""
        return self._ask("wait", [pid], seconds)

    def close(self) -> None:
        """End it; processes that it started live on."""
        self._process.communicate()

    def _ask(self, what: str, arguments: Any, seconds: float) -> int:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps([what, arguments]).encode() + b"\n")
        requests.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(answers, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise TimeoutError(f"no answer within {seconds} s: {what} {arguments}")
        return int(answers.readline())


def _main(warm: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed is no answer
    _function(warm)()
    for line in sys.stdin:
        what, arguments = json.loads(line)
        if what == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(arguments[0], 0)[1])
        elif (answer := os.fork()) == 0:
            answers.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _function(what)(*arguments)
            return  # and this process ends as every other does
        print(answer, file=answers, flush=True)


def _function(name: str) -> Callable[..., object]:
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found


if __name__ == "__main__":
    _main(sys.argv[1])
