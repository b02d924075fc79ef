"""What Alembic runs: the migrations, on the connection that `upgrade` hands over."""

from alembic import context

from api.storage.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
)
# The transaction is the caller's: all of an upgrade, or nothing of it.
context.run_migrations()
