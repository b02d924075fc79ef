"""What the store of keys promises, on both databases."""

from api.access.keys import KeyStore
from api.caller import Caller
from api.storage.database import Database


def test_a_key_opens_until_it_is_revoked(database: Database) -> None:
    keys = KeyStore(database)
    assert not keys.in_use()
    key, text = keys.create("me", "write")
    assert keys.caller(text) == Caller(key.key_id, "write")
    assert keys.in_use()
    assert keys.all() == [key]
    assert keys.revoke(key.key_id)
    assert keys.caller(text) is None
    assert keys.all()[0].revoked_at is not None
    assert KeyStore(database).in_use()  # revoking the last key opens no door
    assert not keys.revoke("nobody")


def test_only_the_whole_key_opens(database: Database) -> None:
    keys = KeyStore(database)
    key, text = keys.create("me", "admin")
    for wrong in (
        "",
        "gk",
        "gk_",
        text[:-1],
        text + "x",
        text.upper(),
        text[3:],
        f"gk_{key.key_id}_",
        f"gk_{key.key_id}",
        f"gk_{'0' * 16}_{text[20:]}",
        "gk_\x00_x",
        "gk_é_ü",
        "x" * 10_000,
    ):
        assert keys.caller(wrong) is None, wrong


def test_keys_are_not_stored(database: Database) -> None:
    _, text = KeyStore(database).create("me", "read")
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM keys").all()
    assert text.split("_", 2)[2] not in repr(rows)
