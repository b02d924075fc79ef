"""Counts that workers share: on a disk without room for them, and what a killed service leaves of them."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.logs.counts_folder import counts_folder, remove_left_behind
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

_HOLD = """
import sys
from api.logs.counts_folder import counts_folder
with counts_folder() as folder:
    (folder / "counter_1.db").write_bytes(b"1")
    print(folder, flush=True)
    sys.stdin.read()
"""


def counted(folder: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, FOLDER: str(folder)}
    return subprocess.run(
        [sys.executable, "-c", before + _COUNT], env=environment, capture_output=True, text=True, check=True
    )


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


_COUNT_WITHOUT_FOLDER = """
import os, shutil
from api.logs.metrics import forecaster_changed
forecaster_changed(None, "1")  # as at the start of a worker
shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"])
"""


def test_a_folder_of_counts_that_is_removed_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "counts").mkdir()
    found = counted(tmp_path / "counts", _COUNT_WITHOUT_FOLDER).stdout
    assert 'grokcast_forecasts_total{phase="memorized"} 1.0' in found
    assert 'grokcast_request_seconds_count{method="GET",route="/route/7"}' in found


@contextmanager
def holder() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that holds a folder of counts, and that folder."""
    words = [sys.executable, "-c", _HOLD]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder, for this process and those that it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.mark.skipif(os.name != "posix", reason="nobody tells elsewhere whether a service lives")
def test_what_a_killed_service_leaves_is_removed_and_no_live_ones(temporary: Path) -> None:
    other = temporary / "grokcast-counts-is-a-link"
    other.symlink_to(temporary.parent)
    with holder() as (killed, left), holder() as (_, held), counts_folder() as own:
        remove_left_behind()
        assert {left, held, own, other} == set(temporary.iterdir())
        killed.kill()
        killed.wait()
        remove_left_behind()
        assert {held, own, other} == set(temporary.iterdir())
        assert list(held.iterdir())
    assert [other] == list(temporary.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="nobody tells elsewhere whether a service lives")
def test_a_start_beside_others_keeps_its_folder(temporary: Path) -> None:
    stop = threading.Event()

    def starts() -> None:
        while not stop.is_set():
            remove_left_behind()

    thread = threading.Thread(target=starts)
    thread.start()
    try:
        for _ in range(300):
            with counts_folder() as folder:
                assert folder is not None
                assert folder.exists()
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can make another's folder")
def test_what_another_user_left_stays(temporary: Path) -> None:
    foreign = temporary / "grokcast-counts-foreign"
    foreign.mkdir()
    os.chown(foreign, 12345, 12345)
    remove_left_behind()
    assert foreign.exists()


def test_without_any_temporary_folder_a_service_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_is_usable() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none_is_usable)
    remove_left_behind()
    with counts_folder() as folder:
        assert folder is None
