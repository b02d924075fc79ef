"""The secret that signs a webhook's messages, as the Standard Webhooks specification writes it."""

import base64
import binascii

from training_runs import InvalidInput

PREFIX = "whsec_"
_MIN_BYTES, _MAX_BYTES = 24, 64  # of the key: the limits of the specification


def signing_key(secret: str) -> bytes:
    """Return the key that a stored secret holds: what its base64 stands for."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def check_secret(secret: str) -> None:
    """Let a secret pass that any verifier of Standard Webhooks reads as the service does.

    A text without the prefix is refused even if it is base64: nobody could see whether its letters or its bytes are
    the key.

    Raises
    ------
    InvalidInput : no prefix, no base64, or a key of another length. The error never shows the secret.
    """
    try:
        length = len(signing_key(secret)) if secret.startswith(PREFIX) else 0
    except (binascii.Error, ValueError):
        length = 0
    if not _MIN_BYTES <= length <= _MAX_BYTES:
        raise InvalidInput(
            field="webhook.secret",
            value=f"a text of {len(secret)} characters",
            expected=f"{PREFIX} and the base64 of {_MIN_BYTES} to {_MAX_BYTES} bytes",
            hint='echo "whsec_$(openssl rand -base64 32)" makes one',
        )
