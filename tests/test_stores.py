"""What every store promises, on both databases."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from api.caller import LOCAL, Caller
from api.database import Database
from api.errors import (
    RetrainingActive,
    RetrainingNotFound,
    RunFinished,
    RunNotFound,
    RunTaken,
    ValueConflict,
)
from api.forecast_store import ForecastStore
from api.keys import KeyStore
from api.retraining_store import MAX_ATTEMPTS, RetrainingStore
from api.run_store import RunSettings, RunStore, Webhook
from api.training_data import lack, training_runs
from training_runs import Context, InvalidInput, Trajectory

SETTINGS = RunSettings(Context(learning_rate=0.1), 500, 0.9, Webhook("https://example.org/x", "s"))
HISTORY = Trajectory(
    [0, 10, 20], {"val_acc": [0.1, None, 0.30000000000000004], "val_loss": [1e-300, 2, 3]}
)


@pytest.fixture
def runs(database: Database) -> RunStore:
    return RunStore(database, point_limit=1000)


@pytest.fixture
def caller(database: Database) -> Caller:
    key, _ = KeyStore(database).create("one", "write")
    return Caller(key.key_id, "write")


@pytest.fixture
def other(database: Database) -> Caller:
    key, _ = KeyStore(database).create("two", "write")
    return Caller(key.key_id, "write")


def values(trajectory: Trajectory | None) -> dict[str, Any]:
    assert trajectory is not None
    return {"step": trajectory.steps.tolist()} | {
        name: [None if v != v else v for v in column.tolist()]
        for name, column in trajectory.signals.items()
    }


# Runs


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
    ForecastStore(database).add(first, "v", 20, {"a": 1})
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


def test_one_run_is_registered_once_by_many(runs: RunStore) -> None:
    made: list[bool] = []
    threads = [
        threading.Thread(target=lambda: made.append(runs.put(LOCAL, "a", SETTINGS)[1]))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(made) == [False] * 5 + [True]


# Forecasts


def test_the_timeline_says_what_was_believed_when(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    timeline.add(first, "v1", 20, {"p": 0.1})
    timeline.add(first, "v1", 20, {"p": 0.1})  # by another worker
    second, _ = runs.append(LOCAL, "a", Trajectory([30], {}))
    timeline.add(second, "v2", 30, {"p": 0.2})
    timeline.add(second, "v1", 30, {"p": 0.3})
    made = timeline.page(second, 10)
    assert [(f.forecaster, f.revision, f.forecast) for f in made] == [
        ("v1", 1, {"p": 0.1}),
        ("v2", 2, {"p": 0.2}),
        ("v1", 2, {"p": 0.3}),
    ]
    assert timeline.page(second, 2, made[0].id) == made[1:]
    assert timeline.newest(second) == made[2]
    assert timeline.made(second, "v2") == {"p": 0.2}
    assert timeline.made(second, "v3") is None


def test_a_rewound_forecast_stays_and_is_not_the_newest(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    timeline.add(first, "v", 20, {"p": 1})
    second, _ = runs.append(LOCAL, "a", Trajectory([30], {}))
    timeline.add(second, "v", 30, {"p": 2})
    now, _ = runs.rewind(LOCAL, "a", 25)
    assert [f.rewound for f in timeline.page(now, 10)] == [False, True]
    newest = timeline.newest(now)
    assert newest is not None
    assert newest.forecast == {"p": 1}
    # One that was being made while points were taken back is of the past too.
    timeline.add(replace(second, revision=99), "late", 30, {"p": 3})
    assert timeline.page(now, 10)[-1].rewound
    assert timeline.newest(now) == newest


# Keys


def test_a_key_opens_until_it_is_revoked(database: Database) -> None:
    keys = KeyStore(database)
    assert not keys.in_use()
    key, text = keys.create("me", "write")
    assert keys.caller(text) == Caller(key.key_id, "write")
    assert keys.in_use()
    assert keys.all() == [key]
    assert keys.revoke(key.key_id)
    assert keys.caller(text) is None
    assert keys.all()[0].revoked_at is not None
    assert KeyStore(database).in_use()  # revoking the last key opens no door
    assert not keys.revoke("nobody")


def test_only_the_whole_key_opens(database: Database) -> None:
    keys = KeyStore(database)
    key, text = keys.create("me", "admin")
    for wrong in ("", "gk", "gk_", text[:-1], text + "x", text.upper(), text[3:], f"gk_{key.key_id}_",
                  f"gk_{key.key_id}", f"gk_{'0' * 16}_{text[20:]}", "gk_\x00_x", "gk_é_ü", "x" * 10_000):  # fmt: skip
        assert keys.caller(wrong) is None, wrong


def test_keys_are_not_stored(database: Database) -> None:
    _, text = KeyStore(database).create("me", "read")
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM keys").all()
    assert text.rpartition("_")[2] not in repr(rows)


# Retrainings


def test_there_is_one_retraining_at_a_time(database: Database) -> None:
    jobs = RetrainingStore(database)
    first = jobs.ask(promote=True)
    assert (first.state, first.attempt) == ("queued", 0)
    with pytest.raises(RetrainingActive, match=str(first.id)):
        jobs.ask(promote=True)
    claim = jobs.claim()
    assert claim is not None
    assert jobs.claim() is None
    jobs.progress(claim, "fitting", 2, 5)
    running = jobs.get(first.id)
    assert (running.state, running.stage, running.done, running.total) == ("running", "fitting", 2, 5)  # fmt: skip
    assert jobs.succeed(claim, {"better": True})
    done = jobs.get(first.id)
    assert (done.state, done.result) == ("succeeded", {"better": True})
    second = jobs.ask(promote=False)
    assert [j.id for j in jobs.page(10)] == [second.id, first.id]
    assert jobs.counts() == {"queued": 1, "succeeded": 1}
    with pytest.raises(RetrainingNotFound):
        jobs.get(999)


def lose(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE retrainings SET lease_until = 1")


def test_a_lost_retraining_is_taken_over_and_its_old_holder_is_told(database: Database) -> None:
    jobs = RetrainingStore(database)
    number = jobs.ask(promote=True).id
    old = jobs.claim()
    assert old is not None
    assert jobs.beat(old) == "held"
    lose(database)
    new = jobs.claim()
    assert new is not None
    assert new != old
    assert jobs.get(number).attempt == 2
    assert jobs.beat(old) == "lost"
    assert not jobs.succeed(old, {})
    assert not jobs.fail(old, "x")
    assert jobs.get(number).state == "running"
    assert jobs.succeed(new, {})


def test_a_retraining_that_is_lost_again_and_again_fails(database: Database) -> None:
    jobs = RetrainingStore(database)
    number = jobs.ask(promote=True).id
    for _ in range(MAX_ATTEMPTS):
        assert jobs.claim() is not None
        lose(database)
    assert jobs.claim() is None
    failed = jobs.get(number)
    assert failed.state == "failed"
    assert f"lost {MAX_ATTEMPTS} times" in str(failed.problem)
    jobs.ask(promote=True)


def test_retrainings_are_cancelled(database: Database) -> None:
    jobs = RetrainingStore(database)
    queued = jobs.ask(promote=True)
    assert jobs.cancel(queued.id).state == "cancelled"
    running = jobs.ask(promote=True)
    claim = jobs.claim()
    assert claim is not None
    assert jobs.cancel(running.id).cancel_requested
    assert jobs.beat(claim) == "cancel"
    assert jobs.cancelled(claim)
    assert jobs.cancel(running.id).state == "cancelled"
    lost = jobs.ask(promote=True)
    jobs.claim()
    jobs.cancel(lost.id)
    lose(database)
    assert jobs.claim() is None
    assert jobs.get(lost.id).state == "cancelled"


def test_a_released_retraining_is_begun_again(database: Database) -> None:
    jobs = RetrainingStore(database)
    number = jobs.ask(promote=True).id
    claim = jobs.claim()
    assert claim is not None
    assert jobs.release(claim)
    assert jobs.get(number).state == "queued"
    assert jobs.claim() is not None
    assert jobs.get(number).attempt == 1


def test_many_claim_and_one_gets_it(database: Database) -> None:
    jobs = RetrainingStore(database)
    jobs.ask(promote=True)
    claims: list[Any] = []
    threads = [threading.Thread(target=lambda: claims.append(jobs.claim())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([c for c in claims if c is not None]) == 1


# Training data


def test_finished_runs_teach_if_they_have_something_to_teach(runs: RunStore) -> None:
    rising = Trajectory([0, 10, 20, 30], {"val_acc": [0.1, 0.97, 0.98, 0.99]})
    for name, history in {
        "good": rising,
        "seed": rising,
        "short": Trajectory([0], {"val_acc": [0.1]}),
        "blind": Trajectory([0, 10, 20, 30], {"train_acc": [0.1, 0.9, 1, 1]}),
        "running": rising,
    }.items():
        budget = 100 if name == "good" else 200
        runs.put(LOCAL, name, RunSettings(Context(learning_rate=0.1, budget_step=budget)))
        runs.append(LOCAL, name, history)
        if name != "running":
            runs.finish(LOCAL, name, "finished", blocked=name == "seed")
    runs.put(LOCAL, "empty", SETTINGS)
    runs.finish(LOCAL, "empty", "diverged", blocked=False)
    good, seed = training_runs(runs)
    assert training_runs(runs)[0].run_id == good.run_id != seed.run_id
    int(good.run_id, 16)
    assert (good.budget_step, good.blocked, seed.budget_step, seed.blocked) == (100, False, 200, True)  # fmt: skip
    assert good.configuration_id == seed.configuration_id
    assert values(good.trajectory) == values(rising)
    assert "val_acc" in str(lack(Trajectory([0, 10, 20], {})))


def test_times_are_now(runs: RunStore) -> None:
    run, _ = runs.put(LOCAL, "a", SETTINGS)
    assert abs(run.created_at - time.time()) < 60
