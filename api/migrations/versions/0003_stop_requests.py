"""A stop can be requested of a run, for a reason, and its training asks for that."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reason; null where no stop is requested."""
    op.add_column("runs", sa.Column("stop_requested", sa.Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("runs", "stop_requested")
