"""Keys: shown once, stored hashed, compared in constant time.

A key is `gk_<key id>_<secret>`. The secret is 32 random bytes, so one round of SHA-256 is enough: there is nothing to
guess that a slow hash would protect.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from api.caller import SCOPES, Caller, Scope
from api.storage.database import Database
from api.storage.tables import keys

_NO_DIGEST = "0" * 64  # of no secret: what an unknown key is compared with, so that it takes as long
# That no key was ever made: a query at every request takes a tenth of a forecast.
_REMEMBERED_SECONDS = 0.5


@dataclass(frozen=True)
class Key:
    """What is known of a key; never the key itself. Times are seconds since 1970."""

    key_id: str
    name: str
    scope: Scope
    created_at: float
    revoked_at: float | None


class KeyStore:
    """Keys in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_use, self._free_until = False, 0.0

    def create(self, name: str, scope: Scope) -> tuple[Key, str]:
        """Make a key; return what is kept of it, and the key, which is not."""
        key = Key(secrets.token_hex(8), name, scope, time.time(), None)
        secret = secrets.token_urlsafe(32)
        with self._database.writing() as connection:
            connection.execute(insert(keys).values(**vars(key), digest=_digest(secret)))
        return key, f"gk_{key.key_id}_{secret}"

    def all(self) -> list[Key]:
        """Return every key, oldest first."""
        columns = [c for c in keys.c if c.name != "digest"]
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(keys.c.created_at))
            return [Key(**row._mapping) for row in rows]

    def revoke(self, key_id: str) -> bool:
        """Make a key useless, from the next request on; say whether there was such a key."""
        with self._database.writing() as connection:
            found = connection.execute(
                update(keys)
                .where(keys.c.key_id == key_id)
                .values(revoked_at=func.coalesce(keys.c.revoked_at, time.time()))
            )
            return found.rowcount > 0

    def in_use(self) -> bool:
        """Return True if a key was ever made. From then on everyone needs one, even if all are revoked."""
        if not self._in_use:
            asked_at = time.monotonic()
            with self._database.reading() as connection:
                self._in_use = connection.execute(select(keys.c.key_id).limit(1)).first() is not None
            self._free_until = asked_at + _REMEMBERED_SECONDS
        return self._in_use

    def known_in_use(self) -> bool | None:
        """Return the result of `in_use`, at most half a second old; None where the database has to be queried again."""
        return self._in_use or (None if time.monotonic() >= self._free_until else False)

    def caller(self, key: str) -> Caller | None:
        """Return whose key this is; None for one that is unknown, wrong or revoked."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != "gk" or not key_id.isalnum():
            return None
        query = select(keys.c.scope, keys.c.digest, keys.c.revoked_at).where(keys.c.key_id == key_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        stored = str(row.digest) if row else _NO_DIGEST
        is_right = hmac.compare_digest(_digest(secret).encode(), stored.encode())
        # A hand may have written another scope.
        is_valid = row and is_right and row.revoked_at is None and row.scope in SCOPES
        return Caller(key_id, row.scope) if row and is_valid else None

    def admitted(self, key_ids: Collection[str | None]) -> set[str | None]:
        """Return which callers who were admitted would be now: their key is not revoked; without one (None), none was made."""
        query = select(keys.c.key_id).where(keys.c.key_id.in_([k for k in key_ids if k]), keys.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            found: set[str | None] = {row.key_id for row in connection.execute(query)}
        return found if None not in key_ids or self.in_use() else {*found, None}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
