"""Alembic, on a connection that is already open: there is no alembic.ini to keep in step."""

import re
from pathlib import Path

from alembic.command import upgrade as run_upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from training_runs import InvalidInput

_OURS = re.compile(r"\d{4}")  # how our revisions are called


def config() -> Config:
    """Return Alembic's settings."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(connection: Connection) -> None:
    """Bring a database to the newest schema, within the transaction of the connection.

    Raises
    ------
    InvalidInput : it was made by a newer version of Grokcast, or by another program.
    """
    settings = config()
    settings.attributes["connection"] = connection
    try:
        run_upgrade(settings, "head")
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        found = MigrationContext.configure(connection).get_current_heads()
        is_ours = all(_OURS.fullmatch(name) for name in found)
        raise InvalidInput(
            field="database",
            value=f"one at revision {', '.join(found)}, which this version does not know",
            expected="one of this version or an older one",
            hint="it was made by a newer Grokcast: upgrade this one"
            if is_ours
            else "it is another program's: name another by GROKCAST_DATABASE_URL",
        ) from None
