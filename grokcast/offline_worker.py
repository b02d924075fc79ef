"""The shipped forecaster, answering JSON lines: what an offline monitor starts beside a training (`python -m grokcast.offline_worker`).

In the training's own process, loading the forecaster would hold the interpreter's lock for seconds. A line in is the body
of `POST /v1/forecasts`; a line out is `{"forecast": ...}`, or `{"refused": words, "field": ...}`, or `{"missing": words}`
where the forecaster cannot be loaded. It ends with its standard input.
"""

import contextlib
import json
import os
import signal
import sys
from typing import Any

from grokcast.in_process import LocalForecaster, Refused

_NICE = 5  # the training goes first where cores are short; at 10 the first forecast would take minutes there


def main() -> None:
    """Answer until there are no more questions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the training, which ends this
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICE)
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    forecaster = LocalForecaster()
    with contextlib.suppress(Exception):  # the first question finds it too, and reports it
        forecaster.load()
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            answers.write(json.dumps(_answer(forecaster, json.loads(line))) + "\n")
            answers.flush()
    os._exit(0)  # nothing is left to tidy, and nobody reads its last words


def _answer(forecaster: LocalForecaster, question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"forecast": forecaster.forecast(question)}
    except Refused as error:
        return {"refused": str(error), "field": error.field}
    except ImportError as error:
        return {"missing": str(error)}
    except Exception as error:  # a defect of ours: reported, and the next question may fare better
        return {"refused": repr(error)}


if __name__ == "__main__":
    main()
