"""How much one key may keep, so that it does not fill the database for all."""

import time
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from api.errors import QuotaUsed
from api.storage.tables import keys, runs

_COUNTED_SECONDS = 10.0  # after which a key's points are counted again


@dataclass
class Quotas:
    """Runs and points of a key; whoever needs no key has no quota.

    Points are counted every ten seconds, and what this worker adds meanwhile: several workers may go over by what the others add in
    that time.

    Attributes
    ----------
    runs, points : the most that a key may have; None: as many as it likes.
    """

    runs: int | None = None
    points: int | None = None
    _counted: dict[str, tuple[float, int]] = field(default_factory=dict)  # by key: until when, and points

    def check_run(self, connection: Connection, owner: str | None) -> None:
        """Return if a key may register another run; until the transaction ends, nobody else registers one with it.

        Raises
        ------
        QuotaUsed : it has as many as it may.
        """
        if owner is not None and self.runs is not None:
            # PostgreSQL does not show what others register in this moment.
            connection.execute(select(keys.c.key_id).where(keys.c.key_id == owner).with_for_update(key_share=True))
            query = select(func.count()).select_from(runs).where(runs.c.owner == owner)
            found = connection.execute(query).scalar() or 0
            if found >= self.runs:
                raise QuotaUsed("runs", found, self.runs)

    def add_points(self, connection: Connection, owner: str | None, added: int) -> None:
        """Return if a key may have further points, and count them.

        Raises
        ------
        QuotaUsed : it would have more than it may.
        """
        if owner is None or self.points is None:
            return
        until, found = self._counted.get(owner, (0.0, 0))
        if time.monotonic() >= until or found + added > self.points:  # some may have been deleted
            query = select(func.sum(runs.c.point_count)).where(runs.c.owner == owner)
            until, found = time.monotonic() + _COUNTED_SECONDS, int(connection.execute(query).scalar() or 0)
        if found + added > self.points:
            raise QuotaUsed("points", found, self.points)
        self._counted[owner] = until, found + added
