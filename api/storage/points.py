"""Points of runs: what of a history is new, what contradicts what is stored, and how they are read and written."""

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from sqlalchemy import Connection, bindparam, insert, select, update

from api.caller import Caller
from api.errors import DamagedRun, RunNotFound, ValueConflict
from api.storage.schema import require_done
from api.storage.stored_run import StoredRun
from api.storage.tables import points, runs
from training_runs import InvalidInput, Trajectory
from training_runs.signals import SIGNALS

_SHOWN_CONFLICTS = 20
_POINT = TypeAdapter(dict[str, float])
_TIME = "time"  # of a point, beside its signals: the first that was sent counts


def merged(
    history: Trajectory, stored: Mapping[int, dict[str, float]]
) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """Return the points that are new, and those stored that gain a signal."""
    new: dict[int, dict[str, float]] = {}
    changed: dict[int, dict[str, float]] = {}
    sent = _points(history)
    # Another seed's history contradicts every point: no more are looked for than are shown.
    conflicts = list(itertools.islice(_conflicts(sent, stored), _SHOWN_CONFLICTS))
    if conflicts:
        raise ValueConflict([fault for fault, _ in conflicts], [value for _, value in conflicts])
    for step, values in sent:
        before = stored.get(step)
        if before is None:
            new[step] = values
        elif values.keys() - before.keys():
            changed[step] = {**values, **before}
    return new, changed


def _conflicts(
    sent: list[tuple[int, dict[str, float]]], stored: Mapping[int, dict[str, float]]
) -> Iterator[tuple[InvalidInput, float]]:
    """Yield what is wrong, with the value that is stored instead."""
    for k, (step, values) in enumerate(sent):
        before = stored.get(step, {})
        for name, value in values.items():
            if name != _TIME and before.get(name, value) != value:
                yield _conflict(k, step, name, value, before[name]), before[name]


def _points(history: Trajectory) -> list[tuple[int, dict[str, float]]]:
    steps = history.steps.tolist()
    columns = {name: history.signals[name].tolist() for name in history.recorded_names()}
    if history.times is not None:
        columns[_TIME] = history.times.tolist()
    return [
        (step, {name: column[k] for name, column in columns.items() if column[k] == column[k]})
        for k, step in enumerate(steps)
    ]


def _conflict(k: int, step: int, name: str, value: float, stored: float) -> InvalidInput:
    return InvalidInput(
        field=f"history.{name}[{k}]",
        value=value,
        expected=f"{stored!r}, which is stored at step {step}",
        hint="a training that was resumed rewinds first: DELETE .../metrics?from_step=N",
    )


class PendingPoints:
    """What a transaction adds to runs that it has locked: gathered, and written with few statements.

    Attributes
    ----------
    appended : a run before and after each history that follows all of its points, and that history.
    """

    def __init__(self, connection: Connection, found: Sequence[StoredRun | DamagedRun]) -> None:
        self._connection = connection
        self._runs = {run.run_id: run for run in found}
        self.appended: list[tuple[StoredRun, StoredRun, Trajectory]] = []
        self._new: dict[int, dict[int, dict[str, float]]] = defaultdict(dict)  # by run and step
        self._changed: dict[int, dict[int, dict[str, float]]] = defaultdict(dict)
        self._grown: dict[int, StoredRun] = {}

    def run(self, caller: Caller, run_id: str) -> StoredRun:
        """Return a run as it will be.

        Raises
        ------
        RunNotFound : it was not locked, or the caller does not see it.
        DamagedRun : its row cannot be read.
        """
        found = self._runs.get(run_id)
        if found is None or not caller.sees(found.owner):
            raise RunNotFound(run_id)
        if isinstance(found, DamagedRun):
            raise found
        return found

    def stored(self, run: StoredRun, history: Trajectory) -> dict[int, dict[str, float]]:
        """Return the points in the range of a history that are stored, or will be, by step."""
        if _follows(run, history):
            return {}
        query = select(points.c.step, points.c["values"]).where(
            points.c.run == run.id, points.c.step.between(int(history.steps[0]), history.observed_until)
        )
        found = {step: _point(run, step, values) for step, values in self._connection.execute(query)}
        return {**found, **self._changed[run.id], **self._new[run.id]}

    def add(
        self,
        run: StoredRun,
        history: Trajectory,
        new: Mapping[int, dict[str, float]],
        changed: Mapping[int, dict[str, float]],
    ) -> StoredRun:
        """Note a history, of which some points are new and some gain a signal; return the run as it will be."""
        self._new[run.id].update(new)
        for step, values in changed.items():
            (self._new if step in self._new[run.id] else self._changed)[run.id][step] = values
        after = replace(
            run,
            revision=run.revision + 1,
            updated_at=time.time(),
            point_count=run.point_count + len(new),
            observed_until_step=max(run.observed_until_step or 0, history.observed_until),
        )
        if _follows(run, history):
            self.appended.append((run, after, history))
        self._runs[run.run_id] = self._grown[run.id] = after
        return after

    def write(self) -> None:
        """Write all of it.

        Raises
        ------
        UnfitDatabase : the database passes over some.
        """
        new = [
            {"run": run, "step": step, "values": json.dumps(values)}
            for run, added in self._new.items()
            for step, values in added.items()
        ]
        changed = [
            {"of": run, "at": step, "text": json.dumps(values)}
            for run, gained in self._changed.items()
            for step, values in gained.items()
        ]
        grown = [
            {"of": number, **{name: getattr(run, name) for name in _GROWING}} for number, run in self._grown.items()
        ]
        for table, statement, rows in (
            ("points", _INSERT_POINT, new),
            ("points", _UPDATE_POINT, changed),
            ("runs", _UPDATE_RUN, grown),
        ):
            if rows:
                require_done(self._connection.execute(statement, rows).rowcount, len(rows), table)


_GROWING = ("revision", "updated_at", "point_count", "observed_until_step")
_INSERT_POINT = insert(points).execution_options(preserve_rowcount=True)
_UPDATE_POINT = (
    update(points)
    .where(points.c.run == bindparam("of"), points.c.step == bindparam("at"))
    .values(values=bindparam("text"))
)
_UPDATE_RUN = update(runs).where(runs.c.id == bindparam("of"))


def _follows(run: StoredRun, history: Trajectory) -> bool:
    """Return True if a history begins after all that is stored of a run."""
    return run.observed_until_step is None or int(history.steps[0]) > run.observed_until_step


def _point(run: StoredRun, step: int, text: str) -> dict[str, float]:
    """Return a stored point."""
    try:
        return _POINT.validate_json(text)
    except ValidationError:
        shown = repr(text)[:80]
        fault = f"its point at step {step} is {shown}; expected a JSON object of numbers"
        raise run.damaged(fault) from None


def stored_points(connection: Connection, run: StoredRun) -> Trajectory | None:
    """Return all points of a run; None where it has none.

    Raises
    ------
    DamagedRun : one of them cannot be read, or they contradict each other.
    """
    query = select(points.c.step, points.c["values"]).where(points.c.run == run.id).order_by(points.c.step)
    rows = connection.execute(query).all()
    if not rows:
        return None
    try:
        values = from_json("[" + ",".join(row[1] for row in rows) + "]")  # parsed at once: 10x faster
        names = {name for point in values for name in point.keys()}  # noqa: SIM118  # a list has none
        return Trajectory(
            [row[0] for row in rows],
            {n: [point.get(n) for point in values] for n in SIGNALS if n in names},
            [point.get(_TIME) for point in values] if _TIME in names else None,
        )
    except (AttributeError, TypeError, ValueError) as error:
        for step, text in rows:
            _point(run, step, text)
        raise run.damaged(f"its points do not fit together: {error}") from None
