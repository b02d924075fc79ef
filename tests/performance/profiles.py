"""Where the time of a forecast, of an append and of a retraining goes, stage by stage and without a server."""

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic_core import from_json

from api.caller import LOCAL
from api.storage.database import Database
from api.storage.forecasts import ForecastStore
from api.storage.runs import RunSettings, RunStore
from api.wire.forecasts import ForecastAnswer, ForecastRequest
from features.extract import extract
from predictor.question import check
from predictor.retrain import retrain
from predictor.store import ForecasterStore
from tests.performance.load import BODIES, history
from training_runs import Context, Trajectory, archive

_TIMES = 160


class Cost(NamedTuple):
    """Median milliseconds: of processor time, which a busy machine leaves as it is, and by the clock."""

    processor: float
    clock: float


def forecast_stages() -> dict[str, Cost]:
    """Return what each part of a forecast costs, over different histories."""
    forecaster = ForecasterStore().load()
    parsed = [from_json(body) for body in BODIES]
    questions = [ForecastRequest.model_validate(each).to_question() for each in parsed]
    checked = [check(question) for question in questions]
    forecasts = [forecaster.forecast(question) for question in questions]
    answers = [ForecastAnswer.from_forecast(each) for each in forecasts]
    features = _median(lambda k: extract(checked[k].history, checked[k].context), len(BODIES))
    whole = _median(lambda k: forecaster.forecast(questions[k]), len(BODIES))
    return {
        "parse JSON": _median(lambda k: from_json(BODIES[k]), len(BODIES)),
        "check it, read names": _median(lambda k: ForecastRequest.model_validate(parsed[k]).to_question(), len(BODIES)),
        "features": features,
        "lines, trees, network, calibration, drivers": Cost(
            whole.processor - features.processor, whole.clock - features.clock
        ),
        "sentences": _median(lambda k: ForecastAnswer.from_forecast(forecasts[k]), len(BODIES)),
        "JSON of the answer": _median(lambda k: answers[k].model_dump_json(), len(BODIES)),
    }


def append_stages(folder: Path, n_points: int = 500) -> dict[str, Cost]:
    """Return what each part of an append costs to a run with many points, on SQLite."""
    database = Database(f"sqlite:///{folder}/profile.db")
    database.migrate()
    runs, timeline, forecaster = RunStore(database, 10**6), ForecastStore(database), ForecasterStore().load()
    runs.put(LOCAL, "r", RunSettings(Context(learning_rate=0.001)))
    stored = history(n_points)
    runs.append(LOCAL, "r", Trajectory(stored.pop("step"), stored))
    run, points = runs.history(LOCAL, "r")
    assert points is not None
    question = ForecastRequest.model_validate(from_json(BODIES[0])).to_question()
    answer = ForecastAnswer.from_forecast(forecaster.forecast(question)).model_dump(mode="json", exclude={"words"})
    steps = itertools.count(points.observed_until + 1)
    revisions = itertools.count(10)
    timed = {
        "store the point (a durable transaction)": _median(
            lambda _: runs.append(LOCAL, "r", Trajectory([next(steps)], {"val_acc": [0.02]})), 1
        ),
        f"read the run, {n_points} points": _median(lambda _: runs.history(LOCAL, "r"), 1),
        "forecast": _median(lambda _: forecaster.forecast(question), 1),
        "store the forecast (a durable transaction)": _median(
            lambda _: timeline.add(replace(run, revision=next(revisions)), "v", 1, answer), 1
        ),
    }
    database.close()
    return timed


def retraining_stages(folder: Path, n_runs: int) -> dict[str, float]:
    """Return the seconds of each stage of a retraining on some runs of the corpus, drawn without regard to anything."""
    corpus = archive.read(archive.CORPUS)
    drawn = [corpus[k] for k in np.random.default_rng(0).permutation(len(corpus))[:n_runs]]
    begun: dict[str, float] = {}
    started = time.perf_counter()
    retrain(
        drawn,
        [],
        ForecasterStore(folder / f"retrained-{n_runs}"),
        promote=False,
        on_progress=lambda stage, done, total: begun.setdefault(stage, time.perf_counter()) and None,
    )
    ends = [*list(begun.values())[1:], time.perf_counter()]
    took = {stage: end - start for (stage, start), end in zip(begun.items(), ends, strict=True)}
    return {**took, "all": time.perf_counter() - started}


def _median(do: Callable[[int], object], of: int) -> Cost:
    """Return what something costs, done to one input after the other."""
    spent, took = [], []
    for k in range(_TIMES):
        started, begun = time.perf_counter(), time.thread_time()
        do(k % of)
        spent.append(time.thread_time() - begun)
        took.append(time.perf_counter() - started)
    return Cost(1000 * statistics.median(spent), 1000 * statistics.median(took))
