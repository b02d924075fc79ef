"""What the store of retrainings promises, on both databases."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from api.errors import (
    RetrainingActive,
    RetrainingNotFound,
)
from api.storage.database import Database
from api.storage.retrainings import LEASE_SECONDS, MAX_ATTEMPTS, RetrainingStore


def test_there_is_one_retraining_at_a_time(database: Database) -> None:
    jobs = RetrainingStore(database)
    first = jobs.queue(promote=True)
    assert (first.state, first.attempt) == ("queued", 0)
    with pytest.raises(RetrainingActive, match=str(first.id)):
        jobs.queue(promote=True)
    claim = jobs.claim()
    assert claim is not None
    assert jobs.claim() is None
    jobs.progress(claim, "fitting", 2, 5)
    running = jobs.get(first.id)
    assert (running.state, running.stage, running.done, running.total) == ("running", "fitting", 2, 5)
    assert jobs.succeed(claim, {"better": True})
    done = jobs.get(first.id)
    assert (done.state, done.result) == ("succeeded", {"better": True})
    second = jobs.queue(promote=False)
    assert [j.id for j in jobs.page(10)] == [second.id, first.id]
    assert jobs.counts() == {"queued": 1, "succeeded": 1}
    with pytest.raises(RetrainingNotFound):
        jobs.get(999)


class Clock:
    """Time as a worker measures it: it passes where a test lets it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lose(jobs: RetrainingStore, clock: Clock) -> None:
    """Let nobody hear of the holder of the job for longer than its lease."""
    assert jobs.claim() is None
    clock.now += LEASE_SECONDS + 1


def test_a_lease_begins_when_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before the wait for SQLite's other writers: it could be over by then."""
    database = Database(f"sqlite:///{tmp_path}/service.db")
    database.migrate()
    monkeypatch.setattr("api.storage.retrainings.LEASE_SECONDS", 1.0)
    jobs = RetrainingStore(database)
    jobs.queue(promote=True)
    claims: list[object] = []
    with database.writing():
        waiting = threading.Thread(target=lambda: claims.append(jobs.claim()))
        waiting.start()
        time.sleep(1.5)
    waiting.join(30)
    assert claims != [None]
    assert jobs.claim() is None
    database.close()


def test_a_lost_retraining_is_taken_over_and_its_old_holder_is_told(database: Database, clock: Clock) -> None:
    jobs = RetrainingStore(database, clock)
    number = jobs.queue(promote=True).id
    old = jobs.claim()
    assert old is not None
    assert jobs.beat(old) == "held"
    lose(jobs, clock)
    new = jobs.claim()
    assert new is not None
    assert new != old
    assert jobs.get(number).attempt == 2
    assert jobs.beat(old) == "lost"
    assert not jobs.succeed(old, {})
    assert not jobs.fail(old, "x")
    assert jobs.get(number).state == "running"
    assert jobs.succeed(new, {})


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_wall_clock_that_is_set_takes_no_retraining_from_its_holder(
    database: Database, clock: Clock, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it leave one with a holder that is lost."""
    jobs, holders = RetrainingStore(database, clock), RetrainingStore(database)
    jobs.queue(promote=True)
    claim = holders.claim()
    assert claim is not None
    assert jobs.claim() is None
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 3600 * hours)
    for _ in range(3):
        assert jobs.claim() is None  # it may give a sign yet
        clock.now += LEASE_SECONDS / 2
        assert holders.beat(claim) == "held"
    lose(jobs, clock)
    assert jobs.claim() is not None
    assert holders.beat(claim) == "lost"


def test_a_retraining_that_is_lost_again_and_again_fails(database: Database, clock: Clock) -> None:
    jobs = RetrainingStore(database, clock)
    number = jobs.queue(promote=True).id
    for _ in range(MAX_ATTEMPTS):
        assert jobs.claim() is not None
        lose(jobs, clock)
    assert jobs.claim() is None
    failed = jobs.get(number)
    assert failed.state == "failed"
    assert f"lost {MAX_ATTEMPTS} times" in str(failed.problem)
    jobs.queue(promote=True)


def test_retrainings_are_cancelled(database: Database, clock: Clock) -> None:
    jobs = RetrainingStore(database, clock)
    queued = jobs.queue(promote=True)
    assert jobs.cancel(queued.id).state == "cancelled"
    running = jobs.queue(promote=True)
    claim = jobs.claim()
    assert claim is not None
    assert jobs.cancel(running.id).cancel_requested
    assert jobs.beat(claim) == "cancel"
    assert jobs.cancelled(claim)
    assert jobs.cancel(running.id).state == "cancelled"
    lost = jobs.queue(promote=True)
    jobs.claim()
    jobs.cancel(lost.id)
    lose(jobs, clock)
    assert jobs.claim() is None
    assert jobs.get(lost.id).state == "cancelled"


def test_a_released_retraining_is_begun_again(database: Database) -> None:
    jobs = RetrainingStore(database)
    number = jobs.queue(promote=True).id
    claim = jobs.claim()
    assert claim is not None
    assert jobs.release(claim)
    assert jobs.get(number).state == "queued"
    assert jobs.claim() is not None
    assert jobs.get(number).attempt == 1


def test_many_claim_and_one_gets_it(database: Database) -> None:
    jobs = RetrainingStore(database)
    jobs.queue(promote=True)
    claims: list[Any] = []
    threads = [threading.Thread(target=lambda: claims.append(jobs.claim())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([c for c in claims if c is not None]) == 1
