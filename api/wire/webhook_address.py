"""Where a webhook may be posted: nowhere that only this service can reach."""

import ipaddress
import socket
from urllib.parse import urlsplit

from training_runs import InvalidInput

_GLOBAL_UNICAST = ipaddress.IPv6Network(
    "2000::/3"
)  # all that was ever given out; the rest is local, or stands for an IPv4 address
_6TO4 = ipaddress.IPv6Network("2002::/16")  # these stand for one too


class RefusedAddress(OSError):
    """A webhook's host has an address that is not public."""


def check_url(url: str, *, private_addresses: bool) -> None:
    """Let a URL pass that could be posted to. Names are looked up when it is posted, not before.

    Raises
    ------
    InvalidInput : it is no http(s) URL, holds a password, or names an address that is not public.
    """
    expected = "an http or https URL without a password"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # a label may be too long
    except ValueError:
        raise InvalidInput(field="webhook.url", value=url, expected=expected) from None
    plain = url.isascii() and url.isprintable() and " " not in url and not set("@%") & set(parts.netloc)
    if not plain or parts.scheme not in ("http", "https") or not host or port == 0:
        raise InvalidInput(field="webhook.url", value=url, expected=expected)
    if not private_addresses and _is_private_name(host):
        raise InvalidInput(
            field="webhook.url",
            value=url,
            expected="a public address",
            hint="GROKCAST_WEBHOOK_PRIVATE_ADDRESSES=true on the service lets others through",
        )


def public_address(host: str, port: int, *, private_addresses: bool) -> str:
    """Return an address of a host. It is looked up once, so that what was checked is what is connected to.

    Raises
    ------
    RefusedAddress : one of its addresses is not public.
    OSError : it has none.
    """
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not private_addresses and not all(is_public(address) for address in found):
        raise RefusedAddress(f"{host} has an address that is not public")
    return found[0]


def is_public(address: str) -> bool:
    """Return True if an address belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None and (ip not in _GLOBAL_UNICAST or ip in _6TO4):
            return False
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast


def _is_private_name(host: str) -> bool:
    try:
        # However it is written: 127.1, 0x7f.1 and 2130706433 are one address. Nobody is asked.
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        name = host.rstrip(".")
        return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))
    return not all(is_public(str(info[4][0])) for info in found)
