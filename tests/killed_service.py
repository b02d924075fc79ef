"""The service as workers run it, for tests that kill it: forked off a process that has answered a request.

A stand-in takes the place of the forecaster; what is killed is the rest of the service.
"""

import socket
import tempfile

import uvicorn
from sqlalchemy import create_engine

from api.app import create_app
from api.settings import Settings
from api.wire.examples import APPEND, RUN
from tests.wire import StandInStore, local_client

APP = create_app(Settings(), StandInStore())


def serve(database_url: str, listener: int) -> None:
    """Run the service on a socket that was inherited."""
    APP.state.settings = Settings(database_url=database_url)
    server = uvicorn.Server(uvicorn.Config(APP, log_level="error"))
    server.run([socket.socket(fileno=listener)])


def warm() -> None:
    """Answer requests to another database: what is imported only then would be imported after each kill."""
    config = uvicorn.Config(APP, log_level="error")
    config.load()
    config.get_loop_factory()
    create_engine("postgresql+psycopg://").dispose()
    with tempfile.TemporaryDirectory() as folder:
        APP.state.settings = Settings(database_url=f"sqlite:///{folder}/service.db")
        with local_client(APP) as client:
            assert client.put("/v1/runs/a", json=RUN).status_code == 201
            assert client.post("/v1/runs/a/metrics", json=APPEND).status_code == 200
