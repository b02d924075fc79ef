"""Who may request what: keys, scopes and rate limits."""

import hashlib
import ipaddress
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItem, parse_many
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope as ASGIScope, Send

from api.access.keys import KeyStore
from api.caller import LOCAL, Caller, Scope
from api.errors import Forbidden, TooManyRequests, Unauthorized
from api.threads import beside

_BEARER = HTTPBearer(auto_error=False, description="`Authorization: Bearer gk_...`")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)
_SET_SECONDS = 1.0  # a clock that is only corrected moves by less between two requests
COUNTED_AS_ONE = 10  # histories of a batch, settings of a plan: they share the reading of it, and cost a tenth to a third of a request each
# What proxies, load balancers and delivery networks add: that they pass a request on, for whom, and what it was before.
_FORWARDING = re.compile(
    r"forward|proxy|^via$|^cdn-loop$|^cf-|^fastly-|^x-(envoy|azure|arr|amzn|amz-cf|cloud-trace|original|remote|real|host|scheme)\b|"
    r"(client|user|connecting|originating|source)-?ip|-(ip|addr)$"
)


class RateLimits:
    """How many requests a key may make.

    Parameters
    ----------
    text : the limits, e.g. `6000/minute`.
    storage : where they are counted.

    Attributes
    ----------
    in_memory : whether counting waits for nobody.
    """

    def __init__(self, text: str, storage: str) -> None:
        self._limits: list[RateLimitItem] = parse_many(text)
        self.in_memory = storage.startswith("memory:")
        self._storage = storage_from_string(storage, wrap_exceptions=True)
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._clock = self._wall_clock()

    def count(self, key_id: str, requests: int = 1) -> dict[str, str]:
        """Count a request, or one that is as much as several, and return the headers that tell how many are left.

        Raises
        ------
        TooManyRequests : there are none left.
        """
        self._follow_clock()
        for limit in self._limits:
            if not self._limiter.hit(limit, key_id, cost=requests):
                reset = self._limiter.get_window_stats(limit, key_id).reset_time
                raise TooManyRequests(str(limit), max(1, math.ceil(reset - time.time())))
        narrowest = self._limits[0]
        left = self._limiter.get_window_stats(narrowest, key_id).remaining
        return {"RateLimit-Limit": str(narrowest.amount), "RateLimit-Remaining": str(left)}

    def _follow_clock(self) -> None:
        """Count anew where the wall clock was set back: by it requests are counted, and those of its future would never end."""
        before, self._clock = self._clock, self._wall_clock()
        if self._clock < before - _SET_SECONDS:
            self._storage.reset()

    @staticmethod
    def _wall_clock() -> float:
        """Return the wall clock against one that nobody sets."""
        return time.time() - time.monotonic()


@dataclass(frozen=True)
class Admission:
    """A caller who may come in, and the headers that tell how many requests are left."""

    caller: Caller
    headers: Mapping[str, str] = field(default_factory=dict)


class Admitted:
    """An application whose requests are of a caller who was admitted before: nothing is asked or counted again."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Pass a request on as the caller's."""
        await self._app({**scope, "state": {"admission": self._admission}}, receive, send)


async def admit(request: Request) -> Admission:
    """Identify the caller, once for each request; done before its body is read, so that strangers cost nothing.

    Raises
    ------
    Unauthorized : a key is needed, and there is none or it is not valid.
    Forbidden : a page of another site requests a change without a key.
    TooManyRequests : the key's limit is used up.
    """
    state = request.state
    if not hasattr(state, "admission"):
        state.admission = await _admission(request)
    admission: Admission = state.admission
    return admission


async def _admission(request: Request) -> Admission:
    store: KeyStore = request.app.state.keys
    keys = _keys(request)
    if len(keys) > 1:
        raise Unauthorized("the request has several keys, which may be of different callers; send one")
    if not keys:
        in_use = store.known_in_use()
        if in_use is None:
            in_use = await request.app.state.last_in_use.ask("", store.in_use)
        if in_use:
            raise Unauthorized("this service needs a key: Authorization: Bearer KEY, or X-API-Key")
        if not _is_local(request):
            raise Unauthorized("without a key only requests from this machine are answered: `grokcast keys create`")
        _check_origin(request)
        return Admission(LOCAL)
    (key,) = keys
    digest = hashlib.sha256(key.encode(errors="replace")).hexdigest()
    caller: Caller | None = await request.app.state.last_callers.ask(digest, partial(store.caller, key))
    if caller is None or caller.key_id is None:
        raise Unauthorized("the key is not valid: it is unknown, mistyped or revoked")
    limits: RateLimits = request.app.state.rate_limits
    counting = partial(limits.count, caller.key_id)
    return Admission(caller, counting() if limits.in_memory else await beside("admit", counting))


def _keys(request: Request) -> set[str]:
    """Return the keys that a request has, in whichever header."""
    keys = set(request.headers.getlist("x-api-key"))
    for value in request.headers.getlist("authorization"):
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() == "bearer":
            keys.add(credentials.strip())
    return keys - {""}


async def charge(request: Request, items: int) -> None:
    """Count a batch as what it is: a request for each `COUNTED_AS_ONE` of its items, one of which was counted when it came.

    Raises
    ------
    TooManyRequests : the key's limit is used up.
    """
    further = math.ceil(items / COUNTED_AS_ONE) - 1
    key_id = (await admit(request)).caller.key_id
    if key_id is not None and further > 0:
        limits: RateLimits = request.app.state.rate_limits
        counting = partial(limits.count, key_id, further)
        counting() if limits.in_memory else await beside("admit", counting)


# The two schemes are declared so that the documentation shows them; `admit` reads their headers.
async def identify(
    request: Request,
    response: Response,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    header: Annotated[str | None, Security(_HEADER)],
) -> Caller:
    """Return the caller, and report in the answer's headers how many requests are left."""
    admission = await admit(request)
    response.headers.update(admission.headers)
    return admission.caller


def _is_local(request: Request) -> bool:
    """Return True if a request comes from this machine and addresses it by a name that is only this machine's.

    What a proxy passes on comes from this machine too, so any header that says so ends it. A name that is not this
    machine's may be a web page's, rebound.
    """
    if any(map(_FORWARDING.search, request.headers)) or len(request.headers.getlist("host")) > 1:
        return False
    client = request.client.host if request.client else None
    name = re.sub(r":\d+$", "", request.headers.get("host", "")).strip("[]")
    return (client is None or _is_loopback(client)) and (name == "localhost" or _is_loopback(name))


def _check_origin(request: Request) -> None:
    """Let no page of another site change anything: the browser runs on this machine, so loopback is not proof of consent."""
    origin = request.headers.get("origin")
    if origin is None or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if origin not in (own, *request.app.state.settings.cors_origins):
        raise Forbidden(
            f"pages of {origin[:80]} may change nothing here without a key; GROKCAST_CORS_ORIGINS names those that may"
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _requiring(scope: Scope) -> object:
    async def allowed(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if not caller.may(scope):
            raise Forbidden(f"this needs a key with the scope `{scope}`; yours has `{caller.scope}`")
        return caller

    return Depends(allowed)


Reader = Annotated[Caller, _requiring("read")]
Writer = Annotated[Caller, _requiring("write")]
Admin = Annotated[Caller, _requiring("admin")]
