"""A webhook may be told things in the form of a chat."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the form; null is the plain one."""
    op.add_column("runs", sa.Column("webhook_format", sa.String(16)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("runs", "webhook_format")
