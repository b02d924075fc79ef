"""What the store of runs promises, on both databases."""

import contextlib
import threading
import time
from dataclasses import replace

import pytest

from api.access.keys import KeyStore
from api.caller import LOCAL, Caller
from api.errors import (
    QuotaUsed,
    RunFinished,
    RunNotFound,
    RunTaken,
    ValueConflict,
)
from api.storage import points as stored_points
from api.storage.database import Database
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.quotas import Quotas
from api.storage.runs import RunStore
from api.storage.stored_run import RunSettings
from tests.stored_run import HISTORY, SETTINGS, values
from training_runs import Context, InvalidInput, Trajectory


@pytest.fixture
def caller(database: Database) -> Caller:
    key, _ = KeyStore(database).create("one", "write")
    return Caller(key.key_id, "write")


@pytest.fixture
def other(database: Database) -> Caller:
    key, _ = KeyStore(database).create("two", "write")
    return Caller(key.key_id, "write")


def test_a_run_is_kept_as_it_was_registered(runs: RunStore) -> None:
    made, is_new = runs.put(LOCAL, "a", SETTINGS)
    assert is_new
    assert made == runs.get(LOCAL, "a")
    assert made.context == {"learning_rate": 0.1}
    assert (made.horizon_step, made.target_accuracy) == (500, 0.9)
    assert (made.webhook_url, made.webhook_secret) == ("https://example.org/x", "s")
    assert (made.status, made.revision, made.point_count) == ("running", 0, 0)


def test_put_replaces_the_settings_and_no_points(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    runs.append(LOCAL, "a", HISTORY)
    changed, is_new = runs.put(LOCAL, "a", RunSettings(Context()))
    assert not is_new
    assert (changed.context, changed.horizon_step, changed.webhook_url) == ({}, None, None)
    assert changed.point_count == 3


def test_points_come_back_as_they_went_in(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    run, changed = runs.append(LOCAL, "a", HISTORY)
    assert (changed, run.point_count, run.observed_until_step, run.revision) == (3, 3, 20, 1)
    found, points = runs.history(LOCAL, "a")
    assert found == run
    assert values(points) == values(HISTORY)


def test_the_same_points_again_change_nothing(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    again, changed = runs.append(LOCAL, "a", HISTORY)
    assert changed == 0
    assert again == first


def test_a_missing_value_may_come_later_and_points_in_any_order(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    runs.append(LOCAL, "a", HISTORY)
    late = Trajectory([5, 10], {"val_acc": [0.15, 0.2]})
    run, changed = runs.append(LOCAL, "a", late)
    assert (changed, run.point_count, run.observed_until_step) == (2, 4, 20)
    assert values(runs.history(LOCAL, "a")[1]) == {
        "step": [0, 5, 10, 20],
        "val_acc": [0.1, 0.15, 0.2, 0.30000000000000004],
        "val_loss": [1e-300, None, 2, 3],
    }


def test_another_value_is_refused_with_both_and_nothing_is_added(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    before, _ = runs.append(LOCAL, "a", HISTORY)
    clash = Trajectory([15, 20], {"val_acc": [0.2, 0.25], "val_loss": [2.5, 3]})
    with pytest.raises(ValueConflict) as error:
        runs.append(LOCAL, "a", clash)
    (fault,), (stored,) = error.value.faults, error.value.stored
    assert (fault.field, fault.value, stored) == ("history.val_acc[1]", 0.25, 0.30000000000000004)
    assert runs.get(LOCAL, "a") == before


def test_a_rewind_takes_points_back_and_the_run_runs_again(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    runs.append(LOCAL, "a", HISTORY)
    runs.finish(LOCAL, "a", "finished", blocked=True)
    run, gone = runs.rewind(LOCAL, "a", 10)
    assert (gone, run.point_count, run.observed_until_step, run.rewinds) == (2, 1, 0, 1)
    assert (run.status, run.blocked, run.finished_at) == ("running", False, None)
    other_future = Trajectory([10], {"val_acc": [0.9]})
    run, _ = runs.append(LOCAL, "a", other_future)
    assert run.observed_until_step == 10
    emptied, _ = runs.rewind(LOCAL, "a", 0)
    assert (emptied.point_count, emptied.observed_until_step) == (0, None)
    assert runs.history(LOCAL, "a")[1] is None


def test_a_finished_run_takes_nothing_new(runs: RunStore) -> None:
    runs.put(LOCAL, "a", SETTINGS)
    runs.append(LOCAL, "a", HISTORY)
    first = runs.finish(LOCAL, "a", "finished", blocked=False)
    assert runs.finish(LOCAL, "a", "finished", blocked=False) == first
    assert runs.append(LOCAL, "a", HISTORY)[1] == 0
    with pytest.raises(RunFinished):
        runs.append(LOCAL, "a", Trajectory([30], {"val_acc": [0.5]}))


def test_a_run_has_a_limit_of_points(database: Database) -> None:
    runs = RunStore(database, point_limit=3)
    runs.put(LOCAL, "a", SETTINGS)
    runs.append(LOCAL, "a", HISTORY)
    with pytest.raises(InvalidInput, match="at most 3"):
        runs.append(LOCAL, "a", Trajectory([30], {}))
    assert runs.get(LOCAL, "a").point_count == 3


def test_a_deleted_run_is_gone_with_its_points(runs: RunStore, database: Database) -> None:
    first, _ = runs.put(LOCAL, "a", SETTINGS)
    runs.append(LOCAL, "a", HISTORY)
    ForecastStore(database).add(MadeForecast(first, "v", 20, {"a": 1}))
    runs.delete(LOCAL, "a")
    with pytest.raises(RunNotFound):
        runs.get(LOCAL, "a")
    second, _ = runs.put(LOCAL, "a", SETTINGS)
    assert second.id > first.id
    assert runs.history(LOCAL, "a")[1] is None
    assert ForecastStore(database).page(second, 10) == []


def test_pages_are_the_newest_first_and_complete(runs: RunStore) -> None:
    for k in range(7):
        runs.put(LOCAL, f"r{k}", SETTINGS)
    runs.finish(LOCAL, "r3", "diverged", blocked=False)
    seen: list[str] = []
    before = None
    while page := runs.page(LOCAL, 3, before):
        seen += [run.run_id for run in page]
        before = page[-1].id
    assert seen == [f"r{k}" for k in reversed(range(7))]
    assert [r.run_id for r in runs.page(LOCAL, 9, status="diverged")] == ["r3"]


def test_a_key_sees_only_its_own_runs(runs: RunStore, caller: Caller, other: Caller) -> None:
    runs.put(caller, "mine", SETTINGS)
    runs.put(LOCAL, "local", SETTINGS)
    for asked in (
        lambda: runs.get(other, "mine"),
        lambda: runs.history(other, "mine"),
        lambda: runs.append(other, "mine", HISTORY),
        lambda: runs.rewind(other, "mine", 0),
        lambda: runs.finish(other, "mine", "finished", blocked=False),
        lambda: runs.delete(other, "mine"),
        lambda: runs.get(other, "local"),
    ):
        with pytest.raises(RunNotFound):
            asked()
    with pytest.raises(RunTaken):
        runs.put(other, "mine", SETTINGS)
    assert runs.page(other, 10) == []
    assert [r.run_id for r in runs.page(caller, 10)] == ["mine"]
    admin = replace(other, scope="admin")
    assert [r.run_id for r in runs.page(admin, 10)] == ["local", "mine"]


def test_many_who_register_at_once_keep_the_quota(database: Database, caller: Caller) -> None:
    """Each with a pool of its own, as of another worker."""
    url = database.url.render_as_string(hide_password=False)
    databases = [Database(url) for _ in range(8)]
    together = threading.Barrier(len(databases))
    outcomes: list[bool] = []

    def register(k: int) -> None:
        store = RunStore(databases[k], 1000, Quotas(runs=5))
        together.wait(60)
        for n in range(3):
            try:
                outcomes.append(store.put(caller, f"run-{k}-{n}", SETTINGS)[1])
            except QuotaUsed:
                outcomes.append(False)

    threads = [threading.Thread(target=register, args=(k,)) for k in range(len(databases))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for each in databases:
        each.close()
    assert (len(outcomes), sum(outcomes)) == (24, 5)


def test_writers_at_once_lose_nothing(runs: RunStore, database: Database) -> None:
    """8 threads append interleaved points to one run; half of the threads are of another pool, as another worker's."""
    runs.put(LOCAL, "a", SETTINGS)
    second = Database(database.url.render_as_string(hide_password=False))
    stores = [runs, RunStore(second, 1000)]
    errors: list[Exception] = []

    def write(k: int) -> None:
        try:
            for step in range(k, 160, 8):
                stores[k % 2].append(LOCAL, "a", Trajectory([step], {"val_loss": [step]}))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    second.close()
    assert errors == []
    run, points = runs.history(LOCAL, "a")
    assert values(points) == {"step": list(range(160)), "val_loss": list(range(160))}
    assert (run.revision, run.point_count) == (160, 160)


def test_one_run_is_registered_once_by_many(runs: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(6)

    def check_run(*_: object) -> None:  # no run is there: all have looked, or one holds the lock of all
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.3)

    monkeypatch.setattr(runs._quotas, "check_run", check_run)
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(runs.put(LOCAL, "a", SETTINGS)[1])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(made) == [False] * 5 + [True]


def test_times_are_now(runs: RunStore) -> None:
    run, _ = runs.put(LOCAL, "a", SETTINGS)
    assert abs(run.created_at - time.time()) < 60


def test_of_very_many_conflicts_the_first_are_told(runs: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends another seed's history contradicts every point: to word all of it took gigabytes."""
    made: list[int] = []
    words = stored_points._conflict
    monkeypatch.setattr(stored_points, "_conflict", lambda *given: made.append(1) or words(*given))
    runs.put(LOCAL, "a", SETTINGS)
    steps = list(range(1_000))
    runs.append(LOCAL, "a", Trajectory(steps, {"val_loss": [1.0] * 1_000}))
    with pytest.raises(ValueConflict) as conflict:
        runs.append(LOCAL, "a", Trajectory(steps, {"val_loss": [2.0] * 1_000}))
    assert len(conflict.value.faults) == len(made) == 20
