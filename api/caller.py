"""The caller: a key with a scope, or this machine while there are no keys."""

from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # each may do what those before it may


@dataclass(frozen=True)
class Caller:
    """Who sent a request, and what they may do.

    Attributes
    ----------
    key_id : of their key; None without keys.
    scope : `read` requests forecasts, `write` stores runs of its own, `admin` sees all runs and changes forecasters.
    """

    key_id: str | None
    scope: Scope

    def may(self, scope: Scope) -> bool:
        """Return True if the caller has a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    def sees(self, owner: str | None) -> bool:
        """Return True if the caller may see a run, given the key that made it."""
        return self.scope == "admin" or owner == self.key_id


LOCAL = Caller(key_id=None, scope="admin")
