"""Around every request: an id, a line in the log, figures for Prometheus, and headers that keep browsers careful."""

import logging
import re
import time
import uuid
from urllib.parse import quote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs.metrics import LATENCY, REQUESTS

_LOG = logging.getLogger("grokcast.request")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Answers are data; pages load what the service itself has, and nothing from elsewhere.
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class RequestLog:
    """ASGI middleware around the whole application, its answers to unexpected failures included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and note how that went."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        answer = _Answer(send, _request_id(scope))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=answer.request_id)
        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer.send)
        except Exception:
            # It was answered with 500; the caller can quote the id of this line.
            _LOG.exception("unexpected failure")
        finally:
            _note(scope, answer, time.perf_counter() - started)
        return None


class _Answer:
    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self.request_id = send, request_id
        self.status, self.is_stream = 499, False  # 499: the client left before an answer

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            kind = headers.get("content-type", "")
            self.is_stream = kind.startswith("text/event-stream")
            headers["X-Request-ID"] = self.request_id
            policy = _PAGE_POLICY if kind.startswith("text/html") else _DATA_POLICY
            headers.setdefault("Content-Security-Policy", policy)  # a page may have a stricter one
            headers.update(_HEADERS)
            if "cache-control" not in headers:
                headers["Cache-Control"] = "no-store"
        await self._send(message)


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def _note(scope: Scope, answer: _Answer, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if route != "unmatched" else "other"
    REQUESTS.labels(method=method, route=route, status=answer.status).inc()
    if not answer.is_stream:
        LATENCY.labels(method=method, route=route).observe(seconds)
    _LOG.info(
        "%s %s %d",
        scope["method"],
        quote(scope["path"], safe="/:@+=~"),  # it may hold line breaks
        answer.status,
        extra={"milliseconds": round(1000 * seconds, 1)},
    )
