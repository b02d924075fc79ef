"""Appends of many runs at once: each as if it were alone, on both databases."""

import asyncio
import math
import threading
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from api.app import create_app
from api.caller import LOCAL, Caller
from api.errors import DatabaseUnusable, RunFinished, RunNotFound, ValueConflict
from api.settings import Settings
from api.storage import database as storage
from api.storage.database import Database
from api.storage.forecasts import ForecastStore
from api.storage.kept_histories import KeptHistories
from api.storage.runs import Addition, RunStore
from api.storage.stored_run import StoredRun
from api.threads import AT_ONCE
from api.wire.points import Appended
from api.workers import live_forecasts as module
from api.workers.live_forecasts import LiveForecasts
from api.workers.together import Together
from api.workers.webhooks import Webhooks
from predictor.forecast import Forecast
from predictor.question import Question
from tests.stored_run import SETTINGS
from tests.timing import PATIENCE
from tests.wire import StandInForecaster, StandInStore, local_client
from training_runs import InvalidInput, Trajectory
from training_runs.signals import SIGNALS

POINTS = Trajectory([0, 10, 20], {"val_acc": [0.0, 0.02, 0.02], "val_loss": [4.0, 3.9, 3.8]})


class _BreaksOnOne(StandInForecaster):
    def forecast(self, question: Question) -> Forecast:
        if question.trajectory.observed_until == 666:
            raise RuntimeError("secret of /home/someone")
        return super().forecast(question)

    def forecast_many(self, questions: list[Question]) -> list[Forecast | InvalidInput]:
        if any(question.trajectory.observed_until == 666 for question in questions):
            raise RuntimeError("secret of /home/someone")
        return super().forecast_many(questions)


def live(database: Database) -> LiveForecasts:
    runs = RunStore(database, point_limit=1000)
    return LiveForecasts(runs, ForecastStore(database), Webhooks(database, private_addresses=True))


def test_what_is_wrong_with_one_append_is_no_other_ones(database: Database, runs: RunStore) -> None:
    for name in ("good", "few", "breaks", "over", "clash"):
        runs.put(LOCAL, name, SETTINGS)
    runs.finish(LOCAL, "over", "finished", blocked=False)
    runs.append(LOCAL, "clash", POINTS)
    other = Trajectory([20], {"val_loss": [9.0]})
    last = Trajectory([1, 2, 666], {"val_acc": [0.0, 0.0, 0.0]})
    forecaster = _BreaksOnOne()
    good, few, breaks, over, clash, none = live(database).append_all(
        [
            Addition(LOCAL, "good", POINTS),
            Addition(LOCAL, "few", Trajectory([5], {"val_acc": [0.0]})),
            Addition(LOCAL, "breaks", last),
            Addition(LOCAL, "over", POINTS),
            Addition(LOCAL, "clash", other),
            Addition(Caller("somebody", "write"), "good", POINTS),
        ],
        forecaster,
    )
    assert isinstance(good, Appended)
    assert good.forecast is not None
    assert (good.run.revision, good.run.point_count, good.changed) == (1, 3, 3)
    assert isinstance(few, Appended)
    assert few.problem is not None
    assert few.problem.field == "history.step"
    assert [type(each) for each in (breaks, over, clash, none)] == [
        RuntimeError,
        RunFinished,
        ValueConflict,
        RunNotFound,
    ]
    assert {name: runs.get(LOCAL, name).point_count for name in ("few", "breaks", "over", "clash")} == {
        "few": 1,
        "breaks": 3,  # acknowledged or not, they are stored
        "over": 0,
        "clash": 3,
    }
    run = runs.get(LOCAL, "good")
    assert [made.revision for made in ForecastStore(database).page(run, 10)] == [1]


def test_appends_to_one_run_at_once_are_one_after_another(database: Database, runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    forecaster = StandInForecaster()
    more = Trajectory([20, 30], {"weight_norm": [7.0, 8.0]})  # a point that the first adds gains a signal
    first, second, same = live(database).append_all(
        [Addition(LOCAL, "a", POINTS), Addition(LOCAL, "a", more), Addition(LOCAL, "a", POINTS)],
        forecaster,
    )
    assert all(isinstance(each, Appended) and each.run.revision == 2 for each in (first, second, same))
    assert [each.changed for each in (first, second, same) if isinstance(each, Appended)] == [3, 2, 0]
    _, points = runs.history(LOCAL, "a")
    assert points is not None
    assert points.steps.tolist() == [0, 10, 20, 30]
    assert points.signals["weight_norm"][2:].tolist() == [7.0, 8.0]
    (question,) = forecaster.questions
    assert_same(question.trajectory, points)


def test_the_same_again_beside_new_points_is_answered_from_all_of_them(database: Database, runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    service, forecaster = live(database), StandInForecaster()
    service.append_all([Addition(LOCAL, "a", POINTS)], forecaster)
    more = Trajectory([30], {"val_acc": [0.02]})
    service.append_all([Addition(LOCAL, "a", POINTS), Addition(LOCAL, "a", more)], forecaster)
    assert [len(question.trajectory) for question in forecaster.questions] == [3, 4]
    assert [made.revision for made in ForecastStore(database).page(runs.get(LOCAL, "a"), 10)] == [1, 2]


def assert_same(one: Trajectory | None, other: Trajectory | None) -> None:
    assert one is not None
    assert other is not None
    assert one.steps.tolist() == other.steps.tolist()
    assert list(one.signals) == list(other.signals)
    for name in one.signals:
        np.testing.assert_array_equal(one.signals[name], other.signals[name])
    assert (one.times is None) == (other.times is None)
    if one.times is not None:
        np.testing.assert_array_equal(one.times, other.times)


def test_what_is_kept_is_what_is_stored(runs: RunStore, database: Database) -> None:
    """Whatever is appended, taken back, or added by another worker."""
    other = RunStore(database, point_limit=1000)
    runs.put(LOCAL, "a", SETTINGS)
    nan = float("nan")
    for step, (store, change) in enumerate(
        [
            (runs, Trajectory([10], {"val_acc": [0.1 + 0.2], "train_acc": [nan]}, [nan])),
            (runs, Trajectory([20, 30], {"weight_norm": [nan, 3.0], "val_acc": [nan, nan]}, [1e9, 1e9 + 1 / 3])),
            (other, Trajectory([40], {"val_loss": [1 / 3]})),
            (runs, Trajectory([50], {"val_loss": [2 / 3]})),
            (runs, Trajectory([45], {"val_loss": [0.5]})),  # between the others
            (runs, Trajectory([60], {})),
            (runs, None),
            (runs, Trajectory([60], {"val_acc": [0.5]})),
        ]
    ):
        if change is None:
            run, _ = store.rewind(LOCAL, "a", 45)
        else:
            run, _ = store.append(LOCAL, "a", change)
        ((now, kept),) = runs.at_one_moment([run])
        stored, points = runs.history(LOCAL, "a")
        assert now == stored, step
        assert_same(kept, points)


def test_an_append_reads_no_point_of_a_run_that_is_kept(
    runs: RunStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    forecaster = StandInForecaster()
    monkeypatch.setattr("api.storage.runs.stored_points", lambda *_: pytest.fail("read again"))
    service = LiveForecasts(runs, ForecastStore(database), Webhooks(database, private_addresses=True))
    for step in range(5):
        (found,) = service.append_all(
            [Addition(LOCAL, "a", Trajectory([step], {"val_acc": [0.0]}))],
            forecaster,
        )
        assert isinstance(found, Appended)
    assert len(forecaster.questions[-1].trajectory) == 5


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("length", "recorded", "empty"),
    [(1, 2, 0), (200, 3, 0), (200, 1, 20)],
    ids=["a point", "some points", "signals that were never recorded"],
)
def test_histories_that_are_kept_are_bounded(runs: RunStore, length: int, recorded: int, empty: int) -> None:
    registered, _ = runs.put(LOCAL, "a", SETTINGS)
    columns = [[0.5] * length] * recorded + [[math.nan] * length] * empty
    history = dict(zip(SIGNALS, columns, strict=False))
    most = 100_000
    kept = KeptHistories(most)
    tracemalloc.start()
    for number in range(250):
        before = replace(registered, id=number)
        after = replace(before, point_count=length)
        kept.extend(before, after, Trajectory(range(length), history))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.5 * most < held < 1.2 * most
    assert kept.of(after) is not None
    assert kept.of(replace(after, id=0)) is None


def test_two_services_on_one_database_see_what_the_other_stored(database_url: str) -> None:
    forecasters = [StandInForecaster(), StandInForecaster()]
    first, second = (
        local_client(create_app(Settings(database_url=database_url), StandInStore(each))) for each in forecasters
    )
    with first, second:
        assert first.put("/v1/runs/a", json={}).status_code == 201
        for step in range(6):
            body = {"history": {"step": [step], "val_acc": [0.02]}}
            answer = (first, second)[step % 2].post("/v1/runs/a/metrics", json=body).json()
            assert answer["points"] == answer["revision"] == step + 1
            assert len(forecasters[step % 2].questions[-1].trajectory) == step + 1
        assert second.request("DELETE", "/v1/runs/a/metrics?from_step=2").json()["points"] == 2
        body = {"history": {"step": [2, 3], "val_acc": [0.5, 0.5]}}
        assert first.post("/v1/runs/a/metrics", json=body).json()["points"] == 4
        assert forecasters[0].questions[-1].trajectory.signals["val_acc"].tolist() == [0.02, 0.02, 0.5, 0.5]
        made = second.get("/v1/runs/a/forecasts").json()["forecasts"]
        assert [each["revision"] for each in made if not each["rewound"]] == [8]


@dataclass
class _Slow:
    """Doubles numbers, slowly; none above 90, and 99 breaks all that are done with it."""

    batches: list[list[int]]
    free: threading.Event

    def __call__(self, items: list[int]) -> Sequence[int | Exception]:
        self.batches.append(items)
        assert self.free.wait(30)
        if 99 in items:
            raise ZeroDivisionError
        return [ValueError(item) if item > 90 else 2 * item for item in items]


def test_what_comes_meanwhile_is_done_together() -> None:
    work = _Slow([], threading.Event())

    async def ask() -> list[int | BaseException]:
        together = Together("append", work, most=4)
        busy = []
        for k in range(AT_ONCE["append"]):
            busy.append(asyncio.create_task(together.do(k)))
            while len(work.batches) == k:  # each thread is busy with one
                await asyncio.sleep(0.001)
        later = [asyncio.create_task(together.do(item)) for item in (10, 11, 91, 12, 13)]
        gone = asyncio.create_task(together.do(14))
        await asyncio.sleep(0)
        gone.cancel()  # whoever asked has left: the others have their answers
        work.free.set()
        found = await asyncio.gather(*busy, *later, return_exceptions=True)
        broken = await asyncio.gather(together.do(99), return_exceptions=True)
        return [*found, *broken]

    *found, broken = asyncio.run(asyncio.wait_for(ask(), PATIENCE))
    assert found[: AT_ONCE["append"]] == [2 * k for k in range(AT_ONCE["append"])]
    answers = found[AT_ONCE["append"] :]
    assert [answers[k] for k in (0, 1, 3, 4)] == [20, 22, 24, 26]
    assert isinstance(answers[2], ValueError)
    assert isinstance(broken, ZeroDivisionError)
    assert [10, 11, 91, 12] in work.batches


def test_of_long_runs_few_are_in_memory_at_once(
    database: Database, runs: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_POINTS_AT_ONCE", 7)
    asked: list[int] = []
    at_one_moment = RunStore.at_one_moment

    def counted(self: RunStore, found: Sequence[StoredRun]) -> Any:
        asked.append(len(found))
        return at_one_moment(self, found)

    monkeypatch.setattr(RunStore, "at_one_moment", counted)
    for k in range(5):
        runs.put(LOCAL, f"r{k}", SETTINGS)
    found = live(database).append_all([Addition(LOCAL, f"r{k}", POINTS) for k in range(5)], StandInForecaster())
    assert all(isinstance(each, Appended) and each.forecast for each in found)
    assert asked == [2, 2, 1]  # of three points each


def test_writers_of_one_process_take_turns_on_sqlite(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None finds the file locked, which SQLite would let it wait for in its sleep: here it has no time for that."""
    with monkeypatch.context() as impatient:
        impatient.setattr(storage, "_LOCK_SECONDS", 0)
        database = Database(f"sqlite:///{tmp_path_factory.mktemp('turns')}/service.db")
    database.migrate()
    errors: list[Exception] = []

    def write() -> None:
        try:
            with database.writing():
                time.sleep(0.02)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    monkeypatch.setattr(storage, "_LOCK_SECONDS", 0.05)
    unusable = pytest.raises(DatabaseUnusable, match="others have been writing")
    with database.writing(), unusable, database.writing():
        pass
    database.close()
