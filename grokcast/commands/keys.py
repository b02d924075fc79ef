"""`grokcast keys`."""

from typing import Annotated

import typer

from grokcast.commands.database import service_database
from grokcast.commands.json_output import AsJson, print_json
from grokcast.display.notices import say

keys = typer.Typer(help="Create, list and revoke the keys of the service.", no_args_is_help=True)
_COLUMNS = ("key_id", "scope", "state", "name")


@keys.command("create")
def create_key(
    scope: Annotated[str, typer.Option(metavar="SCOPE", help="read, write or admin; each includes those before it")],
    name: Annotated[str, typer.Option(metavar="NAME", help="owner or purpose, shown in the list")] = "",
    json_: AsJson = False,
) -> None:
    """Create a key and print it, once: only a hash is stored."""
    from api.access.keys import KeyStore
    from api.caller import SCOPES

    known = {s: s for s in SCOPES}
    if scope not in known:
        raise typer.BadParameter(f"--scope {scope}; expected {', '.join(SCOPES)}")
    with service_database() as (_, database):
        key, text = KeyStore(database).create(name[:200], known[scope])
    if json_:
        print_json({"key": text, "key_id": key.key_id, "name": key.name, "scope": key.scope})
    else:
        print(text)
        say(f"key {key.key_id} ({key.scope}): keep it, it is not shown again")


@keys.command("list")
def list_keys(json_: AsJson = False) -> None:
    """List all keys by id and name; the keys themselves are not stored."""
    from api.access.keys import KeyStore

    with service_database() as (_, database):
        found = [vars(key) for key in KeyStore(database).all()]
    if json_:
        print_json(found)
    else:
        from grokcast.display.rows import show_rows

        rows = [{**key, "state": "revoked" if key["revoked_at"] else "valid"} for key in found]
        show_rows(_COLUMNS, [[row[name] for name in _COLUMNS] for row in rows])
        if not rows:
            say("no key has been created: requests from this machine need none")


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="as `keys list` shows it")]) -> None:
    """Revoke a key, effective with the next request."""
    from api.access.keys import KeyStore

    with service_database() as (_, database):
        if not KeyStore(database).revoke(key_id):
            raise typer.BadParameter(f"no key {key_id}; `grokcast keys list` shows them")
    say(f"key {key_id} is revoked")
