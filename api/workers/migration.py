"""The schema of the database, brought up to date when the database answers."""

import logging

from sqlalchemy.exc import DBAPIError

from api.errors import DatabaseUnusable
from api.storage.database import Database

_LOG = logging.getLogger(__name__)


class Migration:
    """Brings a database up to the schema of this code, once; several processes may do so at a time."""

    def __init__(self, database: Database) -> None:
        self._database, self._is_done = database, False

    def begin(self) -> None:
        """Do it now if the database answers: a worker that starts while it does not lives, and says 503.

        uvicorn ends a service of which one worker cannot start.

        Raises
        ------
        InvalidInput : the database was made by a newer version of Grokcast, or by another program.
        """
        try:
            self.go_on()
        except (DBAPIError, DatabaseUnusable) as error:
            _LOG.error("the database does not answer yet: %s", getattr(error, "orig", None) or error)

    def go_on(self) -> None:
        """Do it if that was not done yet. Whatever a database raises."""
        if not self._is_done:
            self._database.migrate()
            self._is_done = True
