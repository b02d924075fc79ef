"""How fast a run's training goes, and what an hour of it costs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; null where they are not stated."""
    op.add_column("runs", sa.Column("seconds_per_step", sa.Double))
    op.add_column("runs", sa.Column("cost_per_hour", sa.Double))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("runs", "cost_per_hour")
    op.drop_column("runs", "seconds_per_step")
