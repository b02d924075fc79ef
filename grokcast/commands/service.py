"""`grokcast serve`."""

import ipaddress
import os
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from grokcast.commands.database import service_database
from grokcast.display.notices import say

if TYPE_CHECKING:
    from api.storage.database import Database

_DRAIN_SECONDS = 5  # for requests under way when the service is stopped
_OWN_FILES = 200  # of a worker: its database, its log, the forecasters, what it sends
_START_SECONDS = 120  # a worker that imports on a busy machine is not hung: by default it is killed after 5


def serve(
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="address to listen on; 0.0.0.0 for all of this machine [default: 127.0.0.1]"
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, help="port to listen on; 0 takes a free one [default: 8321]"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="number of processes that answer [default: 1]")
    ] = None,
) -> None:
    """Start the service.

    Its other settings are environment variables, GROKCAST_...: docs/operations.md lists them.
    """
    import uvicorn

    from api.logs.configure import log_config
    from api.logs.counts_folder import counts_folder, remove_left_behind
    from api.logs.shared_counts import FOLDER
    from api.settings import mistyped

    for words in mistyped(os.environ):
        say(f"grokcast: {words}")
    with service_database() as (settings, database):
        host = host or settings.host
        _check_address(host, database)
    port = settings.port if port is None else port
    _check_port(host, port)
    workers = workers or settings.workers
    remove_left_behind()
    with ExitStack() as stack:
        if workers > 1 and FOLDER not in os.environ:
            # Where the workers write their metrics, so that each can report those of all.
            folder = stack.enter_context(counts_folder())
            if folder is not None:
                os.environ[FOLDER] = str(folder)
        uvicorn.run(
            "api.app:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=log_config(settings.log_format),
            http="api.connections:BoundedConnection",
            ws="none",
            limit_concurrency=_connection_limit(settings.connection_limit),
            access_log=False,  # the service has its own, with the id of the request
            server_header=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            timeout_worker_healthcheck=_START_SECONDS,
        )


def _connection_limit(wanted: int) -> int:
    """Return how many connections a worker can hold: past its limit of files, no client would reach it at all."""
    if os.name != "posix":
        return wanted
    import resource

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else max(1, min(wanted, files - _OWN_FILES))


def _check_address(host: str, database: "Database") -> None:
    from api.access.keys import KeyStore

    valid = [key for key in KeyStore(database).all() if key.revoked_at is None]
    if not _is_loopback(host) and not valid:
        raise typer.BadParameter(
            f"--host {host} is not a loopback address, and no key has been created: "
            "make one with `grokcast keys create --scope admin`"
        )


def _check_port(host: str, port: int) -> None:
    """Find out before the seconds of a start, and in one line, that another listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if os.name == "posix":  # as the server does: what a former one left behind is no hindrance
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            words = f"cannot listen on {host}, port {port}: {error.strerror}; next: --port 0 takes a free one"
            raise OSError(words) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
