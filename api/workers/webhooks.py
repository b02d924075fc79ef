"""Alarms, posted: once for a run and kind, signed, and tried again until they arrive.

Plain messages follow the Standard Webhooks specification (standardwebhooks.com): `webhook-id`, `webhook-timestamp`, and in
`webhook-signature` the HMAC-SHA256 of `id.timestamp.body`, whose key is what the base64 of the secret stands for.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from api.storage.database import Database
from api.storage.stored_run import StoredRun
from api.storage.tables import deliveries, runs
from api.wire.forecasts import ForecastAnswer
from api.wire.webhook_address import RefusedAddress, public_address
from api.wire.webhook_secret import signing_key
from api.workers.messages import event_of, message_of, posted_to

_LOG = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0  # for all of a message, once its receiver's address is known
MAX_ATTEMPTS = 8  # over about ten minutes
_FIRST_PAUSE_SECONDS = 5.0
_AT_ONCE = 20
_SHARE = 5  # of them, for the runs of one key
_LOOK_SECONDS = 0.5
_HELD_SECONDS = 60.0  # after which another worker may try a message whose sender was lost
_LONGEST_PAUSE_SECONDS = max(_HELD_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (MAX_ATTEMPTS - 1))


# What went wrong, if anything, and whether it is useless to try again.
_Outcome = tuple[str | None, bool]


@dataclass(frozen=True)
class _Delivery:
    id: int
    message_id: str
    body: str
    attempts: int
    url: str
    secret: str | None
    format: str | None
    owner: str  # the key whose run it is about; empty without one


class Webhooks:
    """Messages in a database, and their sender.

    Parameters
    ----------
    private_addresses : whether to post to addresses that are not public.
    """

    def __init__(self, database: Database, *, private_addresses: bool) -> None:
        self._database, self._private = database, private_addresses
        # One for each message: those that wait for a name server keep nobody else's waiting.
        self._lookups = ThreadPoolExecutor(_AT_ONCE, "grokcast-lookup")

    def consider(self, run: StoredRun, forecast: ForecastAnswer) -> None:
        """Queue a message if a forecast is an alarm, or gives a run up, and none like it was queued for this run before."""
        event = event_of(forecast)
        if run.webhook_url is None or event is None:
            return
        values = {
            "run": run.id,
            "event": event,
            "rewinds": run.rewinds,
            "message_id": f"msg_{uuid.uuid4().hex}",
            "body": json.dumps(message_of(run, event, forecast)),
            "state": "due",
            "attempts": 0,
            "due_at": time.time(),
        }
        queued = select(deliveries.c.id).where(
            deliveries.c.run == run.id,
            deliveries.c.event == event,
            deliveries.c.rewinds == run.rewinds,
        )
        with self._database.reading() as connection:
            if connection.execute(queued).first() is not None:
                return
        try:
            with self._database.writing() as connection:
                # Another worker may have been quicker.
                connection.execute(self._database.insert(deliveries).values(values).on_conflict_do_nothing())
        except (
            IntegrityError
        ) as error:  # the run was deleted, or the table is not ours: the points are stored all the same
            _LOG.warning("an alarm of the run %s is not sent: %s", run.run_id, error.orig)

    def send_due(self) -> None:
        """Post every message that is due: a receiver that hangs holds up nobody else's, nor does a key whose receivers all do."""
        asyncio.run(self._send_due())

    async def _send_due(self) -> None:
        posting: dict[asyncio.Task[_Outcome], _Delivery] = {}
        while True:
            while len(posting) < _AT_ONCE and (delivery := self._claim(_over_share(posting.values()))):
                posting[asyncio.create_task(self._post(delivery))] = delivery
            if not posting:
                return
            # One that ends leaves its place to the next; others may fall due meanwhile.
            ended, _ = await asyncio.wait(posting, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                self._settle(posting.pop(task), *task.result())

    def _claim(self, but_of: Sequence[str]) -> _Delivery | None:
        """Take a message that is due, the one that waits longest; None where there is none but of some keys."""
        owner = func.coalesce(runs.c.owner, "")
        now = time.time()
        due = (
            (deliveries.c.state == "due")
            # Later than any pause ends: the clock was set back since.
            & ((deliveries.c.due_at <= now) | (deliveries.c.due_at > now + _LONGEST_PAUSE_SECONDS))
            & (deliveries.c.attempts < MAX_ATTEMPTS)  # each of its senders may have died
        )
        with self._database.reading() as connection:
            if connection.execute(select(deliveries.c.id).where(due)).first() is None:
                return None
        columns = (
            deliveries.c.id,
            deliveries.c.message_id,
            deliveries.c.body,
            deliveries.c.attempts,
            runs.c.webhook_url.label("url"),
            runs.c.webhook_secret.label("secret"),
            runs.c.webhook_format.label("format"),
            owner.label("owner"),
        )
        query = (
            select(*columns)
            .join(runs, runs.c.id == deliveries.c.run)
            .where(due, owner.not_in(but_of))
            .order_by(deliveries.c.due_at)
            .limit(1)
        )
        with self._database.writing() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True, of=deliveries)).first()
            if row is None:
                return None
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id == row.id)
                .values(attempts=row.attempts + 1, due_at=time.time() + _HELD_SECONDS)
            )
            return _Delivery(**row._mapping)

    def _settle(self, delivery: _Delivery, problem: str | None, final: bool) -> None:
        values: dict[str, Any] = {"state": "sent", "problem": None}
        if problem is not None:
            _LOG.warning("webhook %s: %s", delivery.message_id, problem)
            is_over = final or delivery.attempts + 1 >= MAX_ATTEMPTS
            pause = _FIRST_PAUSE_SECONDS * 2**delivery.attempts
            values = {
                "state": "failed" if is_over else "due",
                "due_at": time.time() + pause,
                "problem": problem,
            }
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(values))

    async def _post(self, delivery: _Delivery) -> _Outcome:
        """Post a message; return what went wrong, and whether it is useless to try again."""
        if delivery.url is None:
            return "the run has no webhook any more", True
        try:
            status = await self._status(delivery, delivery.url)
        except RefusedAddress as error:
            return str(error), True
        except Exception as error:  # one message must not keep the others
            return f"not delivered: {type(error).__name__}", False
        return (None, False) if status < 300 else (f"answered with {status}", status == 410)

    async def _status(self, delivery: _Delivery, url: str) -> int:
        parts = urlsplit(posted_to(url, delivery.format))
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        body = delivery.body.encode()
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": "grokcast",
            **signed(delivery.message_id, body, delivery.secret, int(time.time())),
        }
        # A look-up cannot be ended: it is awaited for as long as it takes, and fills its key's share meanwhile.
        looking_up = partial(public_address, host, port, private_addresses=self._private)
        address = await asyncio.get_running_loop().run_in_executor(self._lookups, looking_up)
        netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        # All of it: a receiver that sends byte by byte never runs into a limit on each read.
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client,
            client.stream(
                "POST",
                parts._replace(netloc=netloc).geturl(),
                content=body,
                headers=headers,
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return int(answer.status_code)


def _over_share(posting: Iterable[_Delivery]) -> list[str]:
    """Return the keys that have as many messages under way as one may have."""
    counts = Counter(delivery.owner for delivery in posting)
    return [owner for owner, count in counts.items() if count >= _SHARE]


def signed(message_id: str, body: bytes, secret: str | None, now: int) -> dict[str, str]:
    """Return the headers that identify a message, and sign it where there is a secret."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(now)}
    if secret is not None:
        content = f"{message_id}.{now}.".encode() + body
        digest = hmac.new(signing_key(secret), content, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers
