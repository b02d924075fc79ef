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
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.runs import Addition, RunStore
from api.storage.stored_run import RunSettings
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


def append_stages(folder: Path, at_once: int, n_points: int = 500) -> dict[str, Cost]:
    """Return what each part of an append costs to runs with many points, on SQLite, where some are done together."""
    database = Database(f"sqlite:///{folder}/profile-{at_once}.db")
    database.migrate()
    runs, timeline, forecaster = RunStore(database, 10**6), ForecastStore(database), ForecasterStore().load()
    names = [f"r{k}" for k in range(at_once)]
    for k, name in enumerate(names):
        runs.put(LOCAL, name, RunSettings(Context(learning_rate=0.001)))
        stored = history(n_points, seed=k)
        run, _ = runs.append(LOCAL, name, Trajectory(stored.pop("step"), stored))
    questions = [ForecastRequest.model_validate(from_json(body)).to_question() for body in BODIES[:at_once]]
    answers = [ForecastAnswer.from_forecast(forecaster.forecast(question)) for question in questions]
    kept = [answer.model_dump(mode="json", exclude={"words"}) for answer in answers]
    steps, revisions = itertools.count((run.observed_until_step or 0) + 1), itertools.count(1_000)
    now = [runs.get(LOCAL, name) for name in names]

    def store_points(_: int) -> None:
        point = Trajectory([next(steps)], {"val_acc": [0.02]})
        added = runs.append_all([Addition(LOCAL, name, point) for name in names])
        now[:] = [each[0] for each in added if not isinstance(each, Exception)]

    def store_forecasts(_: int) -> None:
        revision = next(revisions)
        made = (replace(each, revision=revision) for each in now)
        timeline.add(*(MadeForecast(each, "v", 1, answer) for each, answer in zip(made, kept, strict=True)))

    timed = {
        "store the point (a durable transaction)": store_points,
        f"the other {n_points} points of the run, kept in memory": lambda _: runs.at_one_moment(now),
        "forecast": lambda _: forecaster.forecast_many(questions),
        "its JSON": lambda _: [answer.model_dump_json() for answer in answers],
        "store the forecast (a durable transaction)": store_forecasts,
    }
    found = {name: _median(do, 1) for name, do in timed.items()}
    database.close()
    return {name: Cost(cost.processor / at_once, cost.clock / at_once) for name, cost in found.items()}


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
