"""Retrainings as jobs in the database: one at a time, each held by one process under a lease.

A holder that gives no sign of life for as long as a lease lasts has lost the job: another takes it and begins again. Every
write of a holder is made only if the job is still its own, so one that was thought dead cannot spoil what follows.

Whoever waits for a sign measures that time itself, by a clock that only goes forward: the wall clocks of two machines differ, and
one that is set would take a job from a holder that lives, or leave it for hours with one that is dead.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, get_args

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from api.errors import Damaged, RetrainingActive, RetrainingNotFound, UnfitDatabase
from api.storage.database import Database
from api.storage.tables import retrainings as table
from api.storage.whole_rows import Count, Seconds, as_it_lies, told_apart, whole

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)

LEASE_SECONDS = 30.0
MAX_ATTEMPTS = 3
_TRIES = 3  # to queue one while others begin and end in the same moment


@dataclass(frozen=True)
class Retraining:
    """A retraining as it stands. Times are seconds since 1970.

    Attributes
    ----------
    promote : whether the challenger replaces the champion if it is better.
    stage, done, total : how far it is.
    attempt : how often it was begun; more than once where a process was lost.
    result : the comparison of champion and challenger.
    problem : why it failed, in words for the caller.
    """

    id: int
    state: State
    promote: bool
    stage: str
    done: Count
    total: Count
    created_at: Seconds
    started_at: Seconds | None
    finished_at: Seconds | None
    attempt: int
    holder: str | None
    cancel_requested: bool
    result: Mapping[str, Any] | None
    problem: str | None


@dataclass(frozen=True)
class Claim:
    """The right to work on a retraining."""

    id: int
    holder: str


_WHOLE = TypeAdapter(Retraining)
_COLUMNS = [as_it_lies(table.c[f.name]) for f in fields(Retraining)]


def _retraining(row: Any) -> Retraining:
    remedy = "mend its row in the table `retrainings`, or delete it there"
    return whole(_WHOLE, row, lambda fault: Damaged(row.id, f"the retraining {row.id}", fault, remedy))


class RetrainingStore:
    """Retrainings in a database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._sign: _Sign | None = None  # of the job that is worked on, the last that was seen
        self._seen_at = 0.0

    def queue(self, *, promote: bool) -> Retraining:
        """Queue a retraining.

        Raises
        ------
        RetrainingActive : one is not over yet.
        """
        values = {
            "state": "queued",
            "slot": 1,
            "promote": promote,
            "stage": "queued",
            "done": 0,
            "total": 1,
            "created_at": time.time(),
            "attempt": 0,
            "cancel_requested": False,
        }
        new = self._database.insert(table).values(values).on_conflict_do_nothing(index_elements=[table.c.slot])
        for _ in range(_TRIES):
            with self._database.writing() as connection:
                number = connection.execute(new.returning(table.c.id)).scalar()
                active = connection.execute(select(table.c.id).where(table.c.slot == 1)).scalar()
            if number is not None:
                return self.get(number)
            if active is not None:  # else it ended in this moment
                raise RetrainingActive(active)
        raise UnfitDatabase("retrainings takes no new row")

    def get(self, number: int) -> Retraining:
        """Return a retraining.

        Raises
        ------
        RetrainingNotFound : there is none of this number.
        Damaged : its row cannot be read.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(table.c.id == number)).one_or_none()
        if row is None:
            raise RetrainingNotFound(number)
        return _retraining(row)

    def page(self, limit: int, before: int | None = None) -> list[Retraining | Damaged]:
        """Return retrainings, the newest first, from before a number on; in the place of a damaged one what is wrong with it."""
        query = select(*_COLUMNS).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        with self._database.reading() as connection:
            return list(told_apart(connection.execute(query), _retraining, Damaged))

    def counts(self) -> dict[str, int]:
        """Return the number of retrainings in each state."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        with self._database.reading() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query)}

    def cancel(self, number: int) -> Retraining:
        """Ask a retraining to end; one that nobody works on ends at once, one that is over stays what it is."""
        with self._database.writing() as connection:
            connection.execute(
                update(table).where(table.c.id == number, table.c.state == "queued").values(**_over("cancelled"))
            )
            connection.execute(
                update(table).where(table.c.id == number, table.c.state == "running").values(cancel_requested=True)
            )
        return self.get(number)

    def claim(self) -> Claim | None:
        """Take a job that nobody holds, or whose holder is lost; None where there is none."""
        with self._database.reading() as connection:  # most of the time there is nothing: no lock for that
            found = connection.execute(_ACTIVE).one_or_none()
        if found is None or not self._is_free(_Sign(*found)):
            return None
        with self._database.writing() as connection:
            if connection.execute(_ACTIVE.with_for_update(skip_locked=True)).one_or_none() != found:
                return None  # another was quicker, or its holder lives
            if found.state == "running" and _is_given_up(connection, found.id):
                return None
            claim = Claim(found.id, uuid.uuid4().hex)
            now = time.time()
            connection.execute(
                update(table)
                .where(table.c.id == claim.id)
                .values(
                    state="running",
                    holder=claim.holder,
                    lease_until=now + LEASE_SECONDS,
                    started_at=func.coalesce(table.c.started_at, now),
                    attempt=table.c.attempt + 1,
                    stage="starting",
                    done=0,
                    total=1,
                )
            )
            return claim

    def _is_free(self, sign: "_Sign") -> bool:
        """Return True for a job that waits, or one without another sign since a lease's time."""
        if sign != self._sign:
            self._sign, self._seen_at = sign, self._clock()
        return sign.state == "queued" or self._clock() > self._seen_at + LEASE_SECONDS

    def beat(self, claim: Claim) -> Literal["held", "cancel", "lost"]:
        """Renew a lease; return whether the job is still the holder's, and whether its end was requested."""
        with self._database.writing() as connection:
            held = connection.execute(
                update(table).where(_held(claim)).values(lease_until=time.time() + LEASE_SECONDS)
            ).rowcount
            if not held:
                return "lost"
            cancelled = connection.execute(select(table.c.cancel_requested).where(table.c.id == claim.id)).scalar()
            return "cancel" if cancelled else "held"

    def progress(self, claim: Claim, stage: str, done: int, total: int) -> None:
        """Note how far a job is."""
        self._change(claim, stage=stage, done=done, total=total)

    def succeed(self, claim: Claim, result: Mapping[str, Any]) -> bool:
        """Note that a job is done; say whether it was still the holder's."""
        return self._change(claim, **_over("succeeded"), result=result, stage="done", done=1, total=1)

    def fail(self, claim: Claim, problem: str) -> bool:
        """Note that a job failed, and why."""
        return self._change(claim, **_over("failed"), problem=problem)

    def cancelled(self, claim: Claim) -> bool:
        """Note that a job ended because it was cancelled."""
        return self._change(claim, **_over("cancelled"))

    def release(self, claim: Claim) -> bool:
        """Put a job back: its process ends with the service, and the next start begins it again."""
        return self._change(claim, state="queued", holder=None, lease_until=None, attempt=table.c.attempt - 1)

    def _change(self, claim: Claim, **values: Any) -> bool:
        with self._database.writing() as connection:
            return bool(connection.execute(update(table).where(_held(claim)).values(**values)).rowcount)


class _Sign(NamedTuple):
    """What changes with each sign of life of a job's holder."""

    id: int
    state: str
    holder: str | None
    lease_until: float | None


_ACTIVE = select(*(table.c[name] for name in _Sign._fields)).where(table.c.slot == 1)


def _is_given_up(connection: Connection, number: int) -> bool:
    """End a lost job that was to be cancelled, or that was begun often enough; return whether it is over."""
    problem = f"its process was lost {MAX_ATTEMPTS} times; the log of the service may say why"
    return any(
        connection.execute(update(table).where(table.c.id == number, those).values(values)).rowcount
        for those, values in (
            (table.c.cancel_requested, _over("cancelled")),
            (table.c.attempt >= MAX_ATTEMPTS, {**_over("failed"), "problem": problem}),
        )
    )


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(table.c.id == claim.id, table.c.holder == claim.holder, table.c.state == "running")


def _over(state: State) -> dict[str, Any]:
    return {"state": state, "slot": None, "finished_at": time.time(), "lease_until": None}
