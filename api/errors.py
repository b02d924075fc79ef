"""What can go wrong with stored things. `routes/error_handlers.py` maps each to its answer."""

from collections.abc import Sequence

from training_runs import InvalidInput


class RunNotFound(LookupError):
    """No run has this name, or none that the caller may see: the two look the same."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        return f"there is no run {self.run_id[:128]!r}; register it with PUT /v1/runs/{{run_id}}"


class DatabaseUnusable(RuntimeError):
    """The database answers, and yet nothing can be kept in it: it is read-only, or another file than was opened."""


class UnfitDatabase(DatabaseUnusable):
    """The database's tables are not those that the code works with."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return (
            f"the database does not fit this version ({self.fault}): restart the service, which brings an older database "
            "up to date; else restore it from a backup"
        )


class RetrainingNotFound(LookupError):
    """No retraining has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"there is no retraining {self.number}; GET /v1/retrainings lists them"


class Conflict(ValueError):
    """The request contradicts what is stored."""


class Damaged(Conflict):
    """What is stored cannot be read: a hand, or another program, wrote it.

    Parameters
    ----------
    number : of the row.
    what : which row it is.
    fault : what is wrong with it.
    remedy : what to do.
    """

    def __init__(self, number: int, what: str, fault: str, remedy: str) -> None:
        super().__init__(number, what, fault, remedy)
        self.id, self.what, self.fault, self.remedy = number, what, fault, remedy

    def __str__(self) -> str:
        return f"{self.what} is damaged in the database: {self.fault}; {self.remedy}"


class DamagedRun(Damaged):
    """A run that cannot be read, or points of one.

    Parameters
    ----------
    owner : the key that made it; None: made without one.
    """

    def __init__(self, number: int, run_id: str, owner: str | None, fault: str) -> None:
        remedy = f"mend its row, or delete it: DELETE /v1/runs/{run_id}"
        super().__init__(number, f"the run {run_id!r}", fault, remedy)
        self.run_id, self.owner = run_id, owner

    @property
    def mark(self) -> int:
        """What differs from every run that can be read: it has no revision that is known."""
        return self.id


class RunTaken(Conflict):
    """Another key has a run of this name."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        return f"the name {self.run_id!r} is taken by another key's run; choose another"


class RunFinished(Conflict):
    """New values for a run whose outcome was reported."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        return (
            f"the run {self.run_id!r} has finished; a training that goes on rewinds it first: "
            f"DELETE /v1/runs/{self.run_id}/metrics?from_step=N"
        )


class RetrainingActive(Conflict):
    """A retraining is queued or running: there is one at a time."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"retraining {self.number} is not over yet; there is one at a time"


class ValueConflict(Conflict):
    """Values that differ from those stored for the same run, step and signal.

    Parameters
    ----------
    faults : each with the value sent, and the stored one in `expected`.
    stored : the stored values, in the same order.
    """

    def __init__(self, faults: Sequence[InvalidInput], stored: Sequence[float]) -> None:
        super().__init__(faults, stored)
        self.faults, self.stored = faults, stored

    def __str__(self) -> str:
        return f"{self.faults[0]} and {len(self.faults) - 1} more"


class Unauthorized(PermissionError):
    """No key, or one that is not valid."""


class Forbidden(PermissionError):
    """A valid key that may not do this."""


class QuotaUsed(Forbidden):
    """A key keeps as much as it may.

    Parameters
    ----------
    what : `runs` or `points`.
    """

    def __init__(self, what: str, found: int, limit: int) -> None:
        super().__init__(what, found, limit)
        self.what, self.found, self.limit = what, found, limit

    def __str__(self) -> str:
        setting = f"GROKCAST_KEY_{self.what.removesuffix('s').upper()}_LIMIT"
        return (
            f"the key of this run has {self.found:,} {self.what} of {self.limit:,} that a key may have; "
            f"delete runs that are not needed, or let the service be started with a higher {setting}"
        )


class TooManyRequests(PermissionError):
    """The key's rate limit is used up."""

    def __init__(self, limit: str, retry_after: int) -> None:
        super().__init__(limit, retry_after)
        self.limit, self.retry_after = limit, retry_after

    def __str__(self) -> str:
        return f"the limit of {self.limit} is used up; try again in {self.retry_after} s"


class _LimitReached(RuntimeError):
    """A worker has as many of something as it may, in all or of one key."""

    def __init__(self, limit: int, whose: str = "this worker") -> None:
        super().__init__(limit, whose)
        self.limit, self.whose = limit, whose

    @property
    def _is_of_worker(self) -> bool:
        return self.whose == "this worker"


class TooManyStreams(_LimitReached):
    """A worker has as many open event streams as it may, in all or of one key."""

    def __str__(self) -> str:
        of = "its limit" if self._is_of_worker else "its share in this worker"
        return f"{self.whose} has {self.limit} open event streams, {of}; try again later"


class TooManyFiles(_LimitReached):
    """A worker reads as many files as it may, in all or of one key."""

    def __str__(self) -> str:
        limit = "is reading {} files, its limit" if self._is_of_worker else "has {} files here, its share"
        return f"{self.whose} {limit.format(self.limit)}; try again later"


class TooManyBytes(_LimitReached):
    """A worker holds as many bytes of requests as it may, in all or of one key."""

    def __str__(self) -> str:
        of = "its limit" if self._is_of_worker else "its share of this worker"
        return f"{self.whose} has requests of {self.limit / 2**20:g} MiB under way, {of}; try again later"


class FileNotRead(ValueError):
    """A file that was sent cannot be read; `error` is what is wrong with it."""

    def __init__(self, error: InvalidInput) -> None:
        super().__init__(error)
        self.error = error

    def __str__(self) -> str:
        return str(self.error)
