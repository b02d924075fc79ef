"""The database of the service, as commands open it, and the runs in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from api.settings import Settings
    from api.storage.database import Database
    from api.storage.runs import RunStore


@contextmanager
def service_database() -> "Iterator[tuple[Settings, Database]]":
    """Hand out the database of the service, at its newest schema."""
    from sqlalchemy.exc import DBAPIError, OperationalError

    from api.errors import Damaged, DatabaseUnusable, RunNotFound
    from api.settings import Settings
    from api.storage.database import Database
    from api.storage.schema import misfit_of

    settings = Settings()
    database = Database(settings.database_url)
    try:
        database.migrate()
        yield settings, database
    except RunNotFound as error:
        raise typer.BadParameter(f"no run {error.run_id}; `grokcast runs list` shows them") from None
    except Damaged as error:
        raise typer.BadParameter(str(error)) from None
    except (DBAPIError, DatabaseUnusable) as error:
        shown = database.url.render_as_string(hide_password=True)
        is_away = isinstance(error, OperationalError) and misfit_of(error) is None
        how = "does not answer" if is_away else "cannot be used"
        raise OSError(f"the database {shown} {how}: {misfit_of(error) or getattr(error, 'orig', error)}") from None
    finally:
        database.close()


@contextmanager
def stored_runs() -> "Iterator[RunStore]":
    """Open the store of runs in the database of the service."""
    from api.storage.runs import RunStore

    with service_database() as (settings, database):
        yield RunStore(database, settings.run_point_limit)


def stored_training_runs() -> list[Any]:
    """Return the finished runs of the service that have something to teach."""
    from api.storage.training_data import training_runs

    with stored_runs() as store:
        return list(training_runs(store).values())
