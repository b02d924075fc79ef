"""Address and key of the service: as the caller gives them, else from `GROKCAST_URL` and `GROKCAST_API_KEY`."""

import os
from typing import Any
from urllib.parse import urlsplit

import httpx2

DEFAULT_URL = "http://127.0.0.1:8321"  # where `grokcast serve` listens


def address_of(url: str | None) -> str:
    """Return the address of the service: as given, else of the environment, else on this machine."""
    return str(url or os.environ.get("GROKCAST_URL") or DEFAULT_URL).rstrip("/")


def headers_of(api_key: str | None) -> dict[str, str]:
    """Return the headers that carry an API key: as given, else of the environment, else none."""
    key = api_key or os.environ.get("GROKCAST_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


def connection_to(url: str) -> dict[str, Any]:
    """Return the options of an HTTP client: certificates only for https, a proxy only for other machines.

    Loading certificates takes 0.1 s of the interpreter's lock.
    """
    local = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    return {
        "verify": httpx2.create_ssl_context() if url.startswith("https:") else False,
        "trust_env": not local,
    }
