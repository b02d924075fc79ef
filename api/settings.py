"""What can be configured, read once from the environment."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 2**20
_PREFIX = "GROKCAST_"
_ALIKE = 0.8  # of the letters of two names


class Settings(BaseSettings):
    """How the service runs; each field is also an environment variable, `GROKCAST_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True)

    database_url: str | None = Field(
        None,
        description="`sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`; default: a file in the user's data directory",
    )
    forecaster_store: Path | None = Field(
        None, description="folder of stored forecasters; default: the user's data directory"
    )
    corpus: Path | None = Field(
        None, description="folder of runs that every retraining includes; default: the shipped corpus"
    )
    host: str = Field("127.0.0.1", description="address to listen on; loopback only by default")
    port: int = Field(8321, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    workers: int = Field(1, ge=1, description="worker processes")
    connection_limit: int = Field(
        1000, gt=0, description="open connections of each worker; at most 200 less than the files that it may open"
    )
    # 100,000 checkpoints of 8 signals take about 16 MiB of JSON.
    forecast_body_limit: int = Field(16 * MIB, gt=0, description="bytes in a request body, after decompression")
    batch_body_limit: int = Field(64 * MIB, gt=0, description="the same for a batch, which holds up to 1,000 histories")
    file_body_limit: int = Field(32 * MIB, gt=0, description="the same for a file at `POST /v1/histories/read`")
    file_seconds: float = Field(20.0, gt=0, description="within which such a file must be read")
    run_point_limit: int = Field(100_000, gt=0, description="checkpoints in one stored run")
    key_run_limit: int = Field(100_000, gt=0, description="stored runs of one key")
    key_point_limit: int = Field(20_000_000, gt=0, description="checkpoints in all stored runs of one key")
    rate_limit: str = Field(
        "6000/minute",
        description="requests of one key, ten histories of a batch being one, as `N/second`, `N/minute` or `N/hour`, several separated by `;`",
    )
    rate_limit_storage: str = Field(
        "memory://",
        description="where requests are counted: per worker, or for all workers in `redis://HOST`",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins of web pages that may send requests, separated by commas; none by default"
    )
    event_stream_limit: int = Field(
        100, gt=0, description="open streams of `GET /v1/runs/{run_id}/events` in each worker, half of them for one key"
    )
    webhook_private_addresses: bool = Field(False, description="let webhooks reach addresses that are not public")
    log_format: Literal["text", "json"] = Field(
        "text", description="lines for people, or one JSON object a line for machines"
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _separated(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("rate_limit")
    @classmethod
    def _parsed(cls, value: str) -> str:
        try:
            parse_many(value)
        except ValueError:
            raise ValueError("expected a number a time, as `6000/minute`; several separated by `;`") from None
        return value

    @field_validator("rate_limit_storage")
    @classmethod
    def _made(cls, value: str) -> str:
        try:
            storage_from_string(value)
        except ConfigurationError as error:
            raise ValueError(
                f"{error}; `memory://` counts in each worker, `redis://HOST` needs pip install redis"
            ) from None
        return value


def mistyped(variables: Iterable[str]) -> list[str]:
    """Return in words which environment variables are nearly a setting and none: they are ignored.

    >>> mistyped(["GROKCAST_WORKER", "GROKCAST_PORT", "GROKCAST_URL", "PATH"])
    ['GROKCAST_WORKER is not a setting and is ignored; did you mean GROKCAST_WORKERS?']
    """
    settings = [name.upper() for name in Settings.model_fields]
    found = []
    for variable in variables:
        name = variable.removeprefix(_PREFIX).upper()
        if variable.startswith(_PREFIX) and name not in settings:
            found += [
                f"{variable} is not a setting and is ignored; did you mean {_PREFIX}{near}?"
                for near in get_close_matches(name, settings, 1, _ALIKE)
            ]
    return found
