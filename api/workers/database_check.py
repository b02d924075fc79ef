"""Whether the database answers, asked so that a question without an answer costs one thread and not one each time."""

import asyncio

from anyio import CapacityLimiter, to_thread

from api.errors import DatabaseUnusable
from api.storage.database import Database

_SECONDS = 2.0  # less than whoever asks waits


class DatabaseCheck:
    """Asks the database of a worker whether it can be used, once at a time."""

    def __init__(self, database: Database) -> None:
        self._database, self._thread = database, CapacityLimiter(1)
        self._asking: asyncio.Future[None] | None = None

    async def require(self) -> None:
        """Return if the database answers and takes changes.

        Raises
        ------
        DatabaseUnusable : it does not, or not in time. Whatever else a connection raises.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(
                to_thread.run_sync(self._database.require_usable, limiter=self._thread)
            )
        done, _ = await asyncio.wait({self._asking}, timeout=_SECONDS)
        if not done:
            self._asking.add_done_callback(_heard)
            raise DatabaseUnusable(f"the database has not answered for {_SECONDS:g} s")
        self._asking.result()


def _heard(asking: "asyncio.Future[None]") -> None:
    """Take what nobody waits for any more."""
    if not asking.cancelled():
        asking.exception()
