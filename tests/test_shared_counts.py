"""Counts that workers share, on a disk without room for them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.logs.shared_counts import FOLDER

_COUNT = """
from types import SimpleNamespace
from api.logs.metrics import FORECASTER, FORECASTS, LATENCY, REQUESTS, exposition
for k in range(300):
    REQUESTS.labels(method="GET", route=f"/route/{k}", status=200).inc()
    LATENCY.labels(method="GET", route=f"/route/{k % 40}").observe(0.1)
FORECASTS.labels(phase="memorized").inc()
FORECASTER.labels(version="1").set(1)
print(exposition(SimpleNamespace(counts=dict)).decode())
"""


def counted(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, FOLDER: str(folder)}
    return subprocess.run([sys.executable, "-c", _COUNT], env=environment, capture_output=True, text=True, check=True)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such files")
def test_files_of_counts_have_no_holes(tmp_path: Path) -> None:
    assert 'grokcast_forecasts_total{phase="memorized"} 1.0' in counted(tmp_path).stdout
    files = sorted(tmp_path.iterdir())
    assert [file.name.rpartition("_")[0] for file in files] == ["counter", "gauge_mostrecent", "histogram"]
    for file in files:
        assert file.stat().st_blocks * 512 >= file.stat().st_size == 2**20


def test_without_room_a_worker_counts_for_itself(tmp_path: Path) -> None:
    done = counted(tmp_path / "missing")
    assert 'grokcast_forecasts_total{phase="memorized"} 1.0' in done.stdout
    assert "no room for shared metrics" in done.stderr
