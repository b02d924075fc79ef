"""Secrets of webhooks in the form of Standard Webhooks.

Before, any text was a secret and its own bytes were the key. Their base64 is the same key: receivers that check with
the text go on working, and a verifier of Standard Webhooks accepts the new form.
"""

import base64
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PREFIX = "whsec_"
_RUNS = sa.table("runs", sa.column("id", sa.BigInteger), sa.column("webhook_secret", sa.Text))


def upgrade() -> None:
    """Write each secret as `whsec_` and the base64 of its bytes."""
    _rewrite(lambda secret: _PREFIX + base64.b64encode(secret.encode()).decode())


def downgrade() -> None:
    """Write each secret as the text that its base64 stands for; one whose key is not text cannot go back."""
    _rewrite(lambda secret: base64.b64decode(secret.removeprefix(_PREFIX)).decode())


def _rewrite(form: Callable[[str], str]) -> None:
    connection = op.get_bind()
    stored = sa.select(_RUNS.c.id, _RUNS.c.webhook_secret).where(_RUNS.c.webhook_secret.is_not(None))
    for run, secret in connection.execute(stored).all():
        connection.execute(sa.update(_RUNS).where(_RUNS.c.id == run).values(webhook_secret=form(secret)))
