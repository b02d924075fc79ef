"""Alembic, on a connection that is already open: there is no alembic.ini to keep in step."""

from pathlib import Path

from alembic.command import upgrade as run_upgrade
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from training_runs import InvalidInput


def config() -> Config:
    """Return Alembic's settings."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(connection: Connection) -> None:
    """Bring a database to the newest schema, within the transaction of the connection.

    Raises
    ------
    InvalidInput : it was made by a newer version of Grokcast.
    """
    settings = config()
    settings.attributes["connection"] = connection
    try:
        run_upgrade(settings, "head")
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        raise InvalidInput(
            field="database",
            value="a schema that this version does not know",
            expected="one of this version or an older one",
            hint="it was made by a newer Grokcast: upgrade this one",
        ) from None
