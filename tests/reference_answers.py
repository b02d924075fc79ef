"""What the shipped forecaster answers about 200 histories of the corpus, kept: `python -m tests.reference_answers` writes it.

A change of the code must not change an answer. A new shipped forecaster answers anew, and then the file is written again.
"""

import dataclasses
import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from predictor.forecast import Forecast
from predictor.question import Question
from predictor.store import ForecasterStore
from training_runs import Context, archive

FILE = Path(__file__).parent / "data" / "reference_answers.jsonl.gz"
N_HISTORIES = 200


def questions() -> Iterator[tuple[str, Question]]:
    """Yield each history with all of its context, half of it and none, and a name for it."""
    runs = sorted(archive.read(archive.CORPUS), key=lambda run: run.run_id)
    for k in range(N_HISTORIES):
        run = runs[k * len(runs) // N_HISTORIES]
        steps = run.trajectory.steps
        # Short and long histories in turn; at least five checkpoints, and never the last.
        landmark = int(steps[min(max(5, len(steps) * (1 + k % 7) // 9), len(steps) - 2)])
        history = run.trajectory.prefix(landmark)
        fields = run.context.as_dict()
        half = Context(**dict(list(fields.items())[k % 2 :: 2]))
        for told, context in (("full", run.context), ("half", half), ("none", Context())):
            yield f"{run.run_id}/{landmark}/{told}", Question(history, context, horizon_step=20 * landmark)


def numbers(forecast: Forecast) -> dict[str, Any]:
    """Return what must stay the same of an answer: every number in it, and what it is about; no words for people."""
    told = dataclasses.asdict(forecast)
    del told["support"]["reasons"], told["forecaster"], told["warnings"], told["advice"]["reason"]
    del told["horizon_assumed"]  # of the question, not of what is answered
    told["drivers"] = {d.feature: d.effect for d in forecast.drivers}
    told["support"]["signals_used"] = list(forecast.support.signals_used)
    return told


def kernels() -> list[str]:
    """Return which kernels multiply matrices here: others round the networks' 32-bit numbers otherwise."""
    return sorted({str(library.get("architecture")) for library in threadpool_info() if library["user_api"] == "blas"})


def differences(before: Any, after: Any, tolerance: float, at: str = "") -> Iterator[str]:
    """Yield where two answers differ, numbers by more than a tolerance."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            yield from differences(before.get(key), after.get(key), tolerance, f"{at}.{key}")
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple) and len(before) == len(after):
        for k, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, tolerance, f"{at}[{k}]")
    elif isinstance(before, float) and isinstance(after, float):
        if not math.isclose(before, after, rel_tol=0, abs_tol=tolerance):
            yield f"{at}: {before!r} before, {after!r} now"
    elif before != after:
        yield f"{at}: {before!r} before, {after!r} now"


def read() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the answers were made with, and the answers by the names of their questions."""
    header, *lines = map(json.loads, gzip.decompress(FILE.read_bytes()).decode().splitlines())
    return header, {line["name"]: line["answer"] for line in lines}


def main() -> None:
    """Write the file anew, with the shipped forecaster."""
    named = list(questions())
    forecaster = ForecasterStore().load()
    answers = forecaster.forecast_many([question for _, question in named])
    lines = [json.dumps({"version": forecaster.version, "kernels": kernels()})]
    lines += [
        json.dumps({"name": name, "answer": numbers(answer)})
        for (name, _), answer in zip(named, answers, strict=True)
        if isinstance(answer, Forecast)
    ]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


if __name__ == "__main__":
    main()
