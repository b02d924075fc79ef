"""The files that start the service in containers agree with one another and with the service."""

import re
from pathlib import Path
from typing import Any

import yaml

from api.settings import Settings
from grokcast.commands.service import _DRAIN_SECONDS

DEPLOY = Path(__file__).parent.parent / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE, CADDYFILE = ((DEPLOY / name).read_text() for name in ("Dockerfile", "Caddyfile"))


def one(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return str(found)


def test_every_service_starts_again_keeps_few_logs_and_has_time_to_end() -> None:
    assert COMPOSE["services"].keys() == {"proxy", "grokcast", "postgres"}
    for name, service in COMPOSE["services"].items():
        assert (service["restart"], service["init"]) == ("unless-stopped", True), name
        assert service["logging"]["driver"] == "local", name
        assert int(service["stop_grace_period"].removesuffix("s")) > 2 * _DRAIN_SECONDS, name
        for needed in service.get("depends_on", ()):
            assert needed in COMPOSE["services"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), volume


def test_what_is_set_are_settings() -> None:
    stated = {*COMPOSE["services"]["grokcast"]["environment"], *re.findall(r"GROKCAST_[A-Z_]+(?==)", DOCKERFILE)}
    assert len(stated) > 3
    known = {f"GROKCAST_{name.upper()}" for name in Settings.model_fields}
    assert stated <= known
    assert set(re.findall(r"\{\$(GROKCAST_[A-Z]+)", CADDYFILE)) == set(COMPOSE["services"]["proxy"]["environment"])


def test_the_proxy_reaches_the_service_and_lets_through_what_it_takes() -> None:
    port = str(Settings.model_fields["port"].default)
    assert one(r"reverse_proxy (.*) \{", CADDYFILE) == f"grokcast:{port}"
    assert one(r"^EXPOSE (.*)", DOCKERFILE) == port
    assert COMPOSE["services"]["grokcast"]["expose"] == [port]
    assert f"127.0.0.1:{port}/readyz" in DOCKERFILE
    largest = max(Settings.model_fields[f"{what}_body_limit"].default for what in ("forecast", "batch", "file"))
    assert int(one(r"max_size (\d+)MiB", CADDYFILE)) * 2**20 >= largest
    assert int(one(r"keepalive (\d+)s", CADDYFILE)) < 5  # uvicorn's own, after which it closes


def test_forecasters_and_the_database_outlive_their_containers() -> None:
    places = dict(volume.split(":")[:2] for volume in COMPOSE["services"]["grokcast"]["volumes"])
    assert places["forecasters"] == one(r"^VOLUME (.*)", DOCKERFILE)
    assert (
        f"mkdir -p {places['forecasters']}" in DOCKERFILE
    )  # by the user that runs it: a volume begins as the image has it
    assert "database:/var/lib/postgresql/data" in COMPOSE["services"]["postgres"]["volumes"]
    address = COMPOSE["services"]["grokcast"]["environment"]["GROKCAST_DATABASE_URL"]
    owner = COMPOSE["services"]["postgres"]["environment"]
    assert address.startswith(f"postgresql+psycopg://{owner['POSTGRES_USER']}:")
    assert address.endswith(f"@postgres/{owner['POSTGRES_DB']}")
