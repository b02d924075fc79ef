"""What can be configured, read once from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 2**20


class Settings(BaseSettings):
    """How the service runs; each field is also an environment variable, `GROKCAST_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="GROKCAST_", frozen=True)

    forecaster_store: Path | None = Field(
        None, description="folder of stored forecasters; default: the user's data directory"
    )
    host: str = Field("127.0.0.1", description="address to listen on; loopback only by default")
    port: int = Field(8321, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    # 100,000 checkpoints of 8 signals take about 16 MiB of JSON.
    forecast_body_limit: int = Field(
        16 * MIB, gt=0, description="bytes in a request body, after decompression"
    )
    batch_body_limit: int = Field(
        64 * MIB, gt=0, description="the same for a batch, which holds up to 1,000 histories"
    )
