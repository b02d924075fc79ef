"""A worker that is ready searches for garbage seldom, and never in what it has from its start."""

import gc
from pathlib import Path

from api.app import create_app
from api.settings import Settings
from tests.wire import StandInStore, local_client


def test_a_worker_settles_once(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/service.db")
    with local_client(create_app(settings, StandInStore())):
        kept = gc.get_freeze_count()
        assert kept > 50_000  # libraries and routes
        assert gc.get_threshold()[0] == 10_000
    with local_client(create_app(settings, StandInStore())):
        assert gc.get_freeze_count() <= kept
