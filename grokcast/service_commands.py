"""`grokcast serve`, and the commands that read what a service has stored: keys and runs."""

import ipaddress
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcast.command_parts import AsJson, print_json

if TYPE_CHECKING:
    from api.settings import Settings
    from api.storage.database import Database
    from api.storage.runs import RunStore

keys = typer.Typer(help="Create, list and revoke the keys of the service.", no_args_is_help=True)
runs = typer.Typer(help="List, show and export the runs of the service.", no_args_is_help=True)

_DRAIN_SECONDS = 5  # for requests under way when the service is stopped; event streams never end
_START_SECONDS = 120  # a worker that imports on a busy machine is not hung: by default it is killed after 5


def serve(
    host: Annotated[str | None, typer.Option(help="[default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one [default: 8321]")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes that answer [default: 1]")] = None,
) -> None:
    """Start the service."""
    import uvicorn

    from api.logs.configure import log_config

    with _database() as (settings, database):
        host = host or settings.host
        _check_address(host, database)
    port = settings.port if port is None else port
    _check_port(host, port)
    workers = workers or settings.workers
    with tempfile.TemporaryDirectory(prefix="grokcast-metrics-") as folder:
        if workers > 1:
            # Where the workers put their figures, so that each can tell those of all.
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        uvicorn.run(
            "api.app:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=log_config(settings.log_format),
            access_log=False,  # the service has its own, with the id of the request
            server_header=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            timeout_worker_healthcheck=_START_SECONDS,
        )


def _check_address(host: str, database: "Database") -> None:
    from api.access.keys import KeyStore

    valid = [key for key in KeyStore(database).all() if key.revoked_at is None]
    if not _is_loopback(host) and not valid:
        raise typer.BadParameter(
            f"--host {host} is not an address of this machine alone, and there is no key yet: "
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


@contextmanager
def _database() -> "Iterator[tuple[Settings, Database]]":
    """Hand out the database of the service, at its newest schema."""
    from sqlalchemy.exc import OperationalError

    from api.settings import Settings
    from api.storage.database import Database

    settings = Settings()
    database = Database(settings.database_url)
    try:
        database.migrate()
        yield settings, database
    except OperationalError as error:
        shown = database.url.render_as_string(hide_password=True)
        raise OSError(f"the database {shown} does not answer: {error.orig}") from None
    finally:
        database.close()


@contextmanager
def _stored_runs() -> "Iterator[RunStore]":
    from api.storage.runs import RunStore

    with _database() as (settings, database):
        yield RunStore(database, settings.run_point_limit)


def stored_training_runs() -> list[Any]:
    """Return the finished runs of the service that have something to teach."""
    from api.storage.training_data import training_runs

    with _stored_runs() as store:
        return training_runs(store)


@keys.command("create")
def create_key(
    scope: Annotated[str, typer.Option(help="read, write or admin; each has those before it")],
    name: Annotated[str, typer.Option(help="whose it is, for the list")] = "",
    json_: AsJson = False,
) -> None:
    """Make a key, and print it: it is not stored, and never shown again."""
    from api.access.keys import KeyStore
    from api.caller import SCOPES

    known = {s: s for s in SCOPES}
    if scope not in known:
        raise typer.BadParameter(f"--scope {scope}; expected {', '.join(SCOPES)}")
    with _database() as (_, database):
        key, text = KeyStore(database).create(name[:200], known[scope])
    if json_:
        print_json({"key": text, "key_id": key.key_id, "name": key.name, "scope": key.scope})
    else:
        print(text)
        print(f"key {key.key_id} ({key.scope}): keep it, it is not shown again", file=sys.stderr)


@keys.command("list")
def list_keys(json_: AsJson = False) -> None:
    """List every key that was made, without the keys themselves."""
    from api.access.keys import KeyStore

    with _database() as (_, database):
        found = [vars(key) for key in KeyStore(database).all()]
    if json_:
        print_json(found)
    else:
        _show([{**k, "state": "revoked" if k["revoked_at"] else "valid"} for k in found], _KEY)


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="as `keys list` shows it")]) -> None:
    """Make a key useless, from the next request on."""
    from api.access.keys import KeyStore

    with _database() as (_, database):
        if not KeyStore(database).revoke(key_id):
            raise typer.BadParameter(f"no key {key_id}; `grokcast keys list` shows them")
    print(f"key {key_id} is revoked", file=sys.stderr)


@runs.command("list")
def list_runs(
    limit: Annotated[int, typer.Option(min=1, help="how many, the newest first")] = 50,
    json_: AsJson = False,
) -> None:
    """List stored runs, the newest first."""
    from api.caller import LOCAL
    from api.wire.runs import RunSummary

    with _stored_runs() as store:
        found = [RunSummary.of(r).model_dump(mode="json") for r in store.page(LOCAL, limit)]
    if json_:
        print_json(found)
    else:
        _show(found, ("run_id", "status", "points", "observed_until_step", "updated_at"))


@runs.command("show")
def show_run(run_id: str) -> None:
    """Print a run, its points and newest forecast as JSON."""
    from api.caller import LOCAL
    from api.errors import RunNotFound
    from api.storage.forecasts import ForecastStore
    from api.storage.runs import RunStore
    from api.wire.runs import RunAnswer

    with _database() as (settings, database):
        try:
            run, points = RunStore(database, settings.run_point_limit).history(LOCAL, run_id)
        except RunNotFound:
            raise typer.BadParameter(f"no run {run_id}; `grokcast runs list` shows them") from None
        newest = ForecastStore(database).newest(run)
    print_json(RunAnswer.of(run, points, newest).model_dump(mode="json"))


@runs.command("export")
def export_runs(
    folder: Annotated[Path, typer.Argument(help="folder of runs to write or add to")],
) -> None:
    """Write finished runs for `grokcast retrain --runs`."""
    from training_runs import archive

    known = archive.run_ids(folder)
    new = [run for run in stored_training_runs() if run.run_id not in known]
    if new:
        archive.append(folder, new)
    print(f"{len(new)} new runs in {folder}", file=sys.stderr)


_KEY = ("key_id", "scope", "state", "name")


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    # Names of keys and runs stand for themselves, whatever brackets they hold.
    Console(markup=False, emoji=False).print(table, highlight=False)
