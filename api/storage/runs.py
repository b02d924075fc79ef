"""Runs in the database, and what a caller may do with them."""

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from api.caller import Caller
from api.errors import Conflict, DamagedRun, Forbidden, RunFinished, RunNotFound, RunTaken, UnfitDatabase
from api.storage.database import Database, in_parts
from api.storage.kept_histories import KeptHistories
from api.storage.points import PendingPoints, merged, stored_points
from api.storage.quotas import Quotas
from api.storage.schema import require_done
from api.storage.stored_run import RunMark, RunSettings, StoredRun
from api.storage.tables import forecasts, points, runs
from api.storage.whole_rows import as_it_lies, told_apart
from training_runs import InvalidInput, Trajectory

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Addition:
    """Points that a caller adds to a run."""

    caller: Caller
    run_id: str
    history: Trajectory


_COLUMNS = [as_it_lies(runs.c[f.name]) for f in fields(StoredRun)]


class RunStore:
    """Runs in a database. A caller sees the runs of its key, an admin all of them.

    Parameters
    ----------
    point_limit : checkpoints that one run may have.
    quotas : of a key; default: none.
    """

    def __init__(self, database: Database, point_limit: int, quotas: Quotas | None = None) -> None:
        self._database, self._point_limit, self._quotas = database, point_limit, quotas or Quotas()
        self._kept = KeptHistories()

    def put(self, caller: Caller, run_id: str, settings: RunSettings) -> tuple[StoredRun, bool]:
        """Register a run, or change what it was registered with; return whether it is new.

        Raises
        ------
        RunTaken : another key has a run of this name.
        QuotaUsed : it would be new, and the caller has as many as a key may have.
        """
        now = time.time()
        values = {
            "context": settings.context.as_dict(),
            "horizon_step": settings.horizon_step,
            "target_accuracy": settings.target_accuracy,
            "seconds_per_step": settings.seconds_per_step,
            "cost_per_hour": settings.cost_per_hour,
            "webhook_url": settings.webhook.url if settings.webhook else None,
            "webhook_secret": settings.webhook.secret if settings.webhook else None,
            "webhook_format": settings.webhook.format if settings.webhook else None,
            "updated_at": now,
        }
        for _ in range(_TRIES):
            with self._database.writing() as connection:
                found = connection.execute(_WHOSE.where(runs.c.run_id == run_id)).one_or_none()
                if found is not None:
                    if not caller.sees(found.owner):
                        raise RunTaken(run_id)
                    if connection.execute(update(runs).where(runs.c.id == found.id).values(values)).rowcount:
                        return _get(connection, caller, run_id), False
                    continue  # another deleted it in this moment
                self._quotas.check_run(connection, caller.key_id)
                made = {**_NEW, **values, "run_id": run_id, "owner": caller.key_id, "created_at": now}
                new = self._database.insert(runs).values(made).on_conflict_do_nothing(index_elements=[runs.c.run_id])
                # Not `rowcount`, which PostgreSQL's driver does not know of what returns rows.
                if connection.execute(new.returning(runs.c.id)).first():  # else another made it in this moment
                    return _get(connection, caller, run_id), True
        raise UnfitDatabase("runs takes no row")

    def get(self, caller: Caller, run_id: str) -> StoredRun:
        """Return a run.

        Raises
        ------
        RunNotFound : there is none, or none that the caller sees.
        """
        with self._database.reading() as connection:
            return _get(connection, caller, run_id)

    def page(
        self, caller: Caller, limit: int, before: int | None = None, status: str | None = None
    ) -> list[StoredRun | DamagedRun]:
        """Return runs, the newest first, from before a run's number on; in the place of a damaged one what is wrong with it."""
        query = select(*_COLUMNS).order_by(runs.c.id.desc()).limit(limit)
        if caller.scope != "admin":
            query = query.where(runs.c.owner == caller.key_id)
        if before is not None:
            query = query.where(runs.c.id < before)
        if status is not None:
            query = query.where(runs.c.status == status)
        with self._database.reading() as connection:
            return list(told_apart(connection.execute(query), StoredRun.of, DamagedRun))

    def marks(self, run_ids: Collection[str]) -> dict[str, RunMark]:
        """Return the marks of the runs of these names that there are, whoever made them."""
        columns = (runs.c.run_id, *(runs.c[name] for name in RunMark._fields))
        with self._database.reading() as connection:
            return {
                name: RunMark(*mark)
                for some in in_parts(list(run_ids))
                for name, *mark in connection.execute(select(*columns).where(runs.c.run_id.in_(some)))
            }

    def named(self, run_ids: Collection[str]) -> dict[str, StoredRun]:
        """Return the runs of these names that there are, whoever made them, but for those that are damaged."""
        with self._database.reading() as connection:
            return {
                run.run_id: run
                for some in in_parts(list(run_ids))
                for run in _whole_ones(connection.execute(select(*_COLUMNS).where(runs.c.run_id.in_(some))))
            }

    def delete(self, caller: Caller, run_id: str) -> None:
        """Forget a run, its points and its forecasts."""
        with self._database.writing() as connection:
            found = _row(connection, caller, run_id, _WHOSE.with_for_update())
            require_done(connection.execute(delete(runs).where(runs.c.id == found.id)).rowcount, 1, "runs")

    def history(self, caller: Caller, run_id: str) -> tuple[StoredRun, Trajectory | None]:
        """Return a run and its points at one moment; None where it has no points."""
        with self._database.reading() as connection:
            run = _get(connection, caller, run_id)
            return run, stored_points(connection, run)

    def append(self, caller: Caller, run_id: str, history: Trajectory) -> tuple[StoredRun, int]:
        """Add points durably; return the run and how many checkpoints changed. Raises what `append_all` returns."""
        (found,) = self.append_all([Addition(caller, run_id, history)])
        if isinstance(found, Exception):
            raise found
        return found

    def append_all(self, additions: Sequence[Addition]) -> list[tuple[StoredRun, int] | Exception]:
        """Add points to runs in one durable transaction; return of each the run and how many checkpoints changed.

        The same value again is fine, and so are further signals at a step that is stored. In the place of points that were not
        added stands why; the others are.

        Returns
        -------
        RunNotFound : there is no such run, or none that the caller sees.
        ValueConflict : another value is stored for a step and signal; nothing was added.
        RunFinished : there is something new, and the run has finished.
        InvalidInput : the run would have too many points.
        QuotaUsed : the key that made it would.
        DamagedRun : what is stored of it cannot be read.
        IntegrityError, UnfitDatabase : the database does not take it.
        """
        try:
            return self._append_all(additions)
        except (IntegrityError, UnfitDatabase) as error:
            # Steps are stored, perhaps, that the row of their run does not know of.
            if len(additions) > 1:
                return [self.append_all([addition])[0] for addition in additions]
            run, last = self._last_step(additions[0])
            if last is None or last <= (run.observed_until_step or -1):
                return [error]
            return [run.damaged(f"it has points after its observed_until_step, {run.observed_until_step}")]

    def _last_step(self, addition: Addition) -> tuple[StoredRun, int | None]:
        """Return a run, and the last step of its points, whatever its row says."""
        with self._database.reading() as connection:
            run = _get(connection, addition.caller, addition.run_id)
            last: int | None = connection.execute(
                select(func.max(points.c.step)).where(points.c.run == run.id)
            ).scalar()
            return run, last

    def _append_all(self, additions: Sequence[Addition]) -> list[tuple[StoredRun, int] | Exception]:
        results: list[tuple[StoredRun, int] | Exception] = []
        with self._database.writing() as connection:
            pending = PendingPoints(connection, _locked(connection, {addition.run_id for addition in additions}))
            for addition in additions:
                try:
                    results.append(self._add(connection, pending, addition))
                except (RunNotFound, Conflict, InvalidInput, Forbidden) as error:  # it has changed nothing
                    results.append(error)
            pending.write()
        for before, after, later in pending.appended:  # they are stored by now
            self._kept.extend(before, after, later)
        return results

    def at_one_moment(self, found: Collection[StoredRun]) -> Sequence[tuple[StoredRun, Trajectory | DamagedRun | None]]:
        """Return runs and their points, in any order: as given where those points are kept, else as they are by now.

        Runs that were deleted meanwhile are left out. In the place of points that cannot be read stands why.
        """
        kept = [(run, history) for run in found if (history := self._kept.of(run)) is not None]
        missing = {run.id for run in found} - {run.id for run, _ in kept}
        if not missing:
            return kept
        with self._database.reading() as connection:
            rows = connection.execute(select(*_COLUMNS).where(runs.c.id.in_(missing))).all()
            read = [(run, _points_or_damage(connection, run)) for run in _whole_ones(rows)]
        for run, points_ in read:
            if isinstance(points_, Trajectory):
                self._kept.keep(run, points_)
        return [*kept, *read]

    def rewind(self, caller: Caller, run_id: str, from_step: int) -> tuple[StoredRun, int]:
        """Take back the points at a step and after it; return the run and how many there were. It runs again."""
        with self._database.writing() as connection:
            run = _get(connection, caller, run_id, lock=True)
            later = (points.c.run == run.id) & (points.c.step >= from_step)
            gone = connection.execute(delete(points).where(later)).rowcount
            last = connection.execute(select(func.max(points.c.step)).where(points.c.run == run.id)).scalar()
            connection.execute(
                update(forecasts)
                .where(
                    forecasts.c.run == run.id,
                    forecasts.c.observed_until_step >= from_step,
                )
                .values(rewound=True)
            )
            if last is not None and last >= from_step:
                raise UnfitDatabase("points keeps rows that were deleted, and refused none")
            _change(
                connection,
                run,
                revision=run.revision + 1,
                point_count=run.point_count - gone,
                observed_until_step=last,
                rewinds=run.rewinds + (gone > 0),
                status="running",
                blocked=False,
                finished_at=None,
            )
            return _get(connection, caller, run_id), gone

    def finish(self, caller: Caller, run_id: str, status: str, blocked: bool) -> StoredRun:
        """Note how a run ended; the same again changes nothing."""
        with self._database.writing() as connection:
            run = _get(connection, caller, run_id, lock=True)
            if (run.status, run.blocked) != (status, blocked):
                finished_at = run.finished_at or time.time()
                _change(connection, run, status=status, blocked=blocked, finished_at=finished_at)
            return _get(connection, caller, run_id)

    def request_stop(self, caller: Caller, run_id: str, reason: str | None) -> StoredRun:
        """Note that the training should stop, and why, for its monitor to read; None takes the request back.

        Raises
        ------
        RunFinished : there is nothing left to stop.
        """
        with self._database.writing() as connection:
            run = _get(connection, caller, run_id, lock=True)
            if reason is not None and run.status != "running":
                raise RunFinished(run_id)
            _change(connection, run, stop_requested=reason)
            return _get(connection, caller, run_id)

    def finished(self) -> list[tuple[StoredRun, Trajectory | None]]:
        """Return every finished run with its points, in the order in which they were registered; damaged ones are logged."""
        with self._database.reading() as connection:
            query = select(*_COLUMNS).where(runs.c.status != "running").order_by(runs.c.id)
            found = [(run, _points_or_damage(connection, run)) for run in _whole_ones(connection.execute(query))]
        for _, history in found:
            if isinstance(history, DamagedRun):
                _LOG.warning("%s", history)
        return [(run, history) for run, history in found if not isinstance(history, DamagedRun)]

    def _add(self, connection: Connection, pending: PendingPoints, addition: Addition) -> tuple[StoredRun, int]:
        run = pending.run(addition.caller, addition.run_id)
        new, changed = merged(addition.history, pending.stored(run, addition.history))
        if not new and not changed:
            return run, 0
        if run.status != "running":
            raise RunFinished(run.run_id)
        self._check_room(run, len(new))
        self._quotas.add_points(connection, run.owner, len(new))
        return pending.add(run, addition.history, new, changed), len(new) + len(changed)

    def _check_room(self, run: StoredRun, added: int) -> None:
        if run.point_count + added > self._point_limit:
            raise InvalidInput(
                field="history.step",
                value=f"{added} new checkpoints beside {run.point_count}",
                expected=f"at most {self._point_limit} in a run",
                hint="record on a log scale: 25 checkpoints a decade say as much",
            )


_TRIES = 3  # to make a row that others make and delete in the same moment
_NEW = {
    "revision": 0,
    "rewinds": 0,
    "point_count": 0,
    "observed_until_step": None,
    "status": "running",
    "blocked": False,
    "finished_at": None,
    "stop_requested": None,
}


_WHOSE = select(runs.c.id, runs.c.owner)  # of a run that may be damaged otherwise


def _whole_ones(rows: Iterable[Any]) -> list[StoredRun]:
    """Return the runs of some rows, but for damaged ones, which are logged."""
    found = list(told_apart(rows, StoredRun.of, DamagedRun))
    for run in found:
        if isinstance(run, DamagedRun):
            _LOG.warning("%s", run)
    return [run for run in found if isinstance(run, StoredRun)]


def _points_or_damage(connection: Connection, run: StoredRun) -> Trajectory | DamagedRun | None:
    try:
        return stored_points(connection, run)
    except DamagedRun as error:
        return error


def _locked(connection: Connection, run_ids: Collection[str]) -> list[StoredRun | DamagedRun]:
    """Return the runs of these names that there are, none of which another transaction changes meanwhile.

    Locked in one order, so that two transactions that want the same runs never wait for each other.
    """
    query = select(*_COLUMNS).where(runs.c.run_id.in_(run_ids)).order_by(runs.c.id).with_for_update()
    return list(told_apart(connection.execute(query), StoredRun.of, DamagedRun))


def _get(connection: Connection, caller: Caller, run_id: str, lock: bool = False) -> StoredRun:
    query: Select[Any] = select(*_COLUMNS)
    # SQLite has no row locks and needs none: there, a writer has the database to itself.
    return StoredRun.of(_row(connection, caller, run_id, query.with_for_update() if lock else query))


def _row(connection: Connection, caller: Caller, run_id: str, query: Select[Any]) -> Any:
    """Return the row of a run, which may be damaged, with the columns of a query."""
    row = connection.execute(query.where(runs.c.run_id == run_id)).one_or_none()
    if row is None or not caller.sees(row.owner):
        raise RunNotFound(run_id)
    return row


def _change(connection: Connection, run: StoredRun, **values: Any) -> None:
    changed = update(runs).where(runs.c.id == run.id).values(updated_at=time.time(), **values)
    require_done(connection.execute(changed).rowcount, 1, "runs")
