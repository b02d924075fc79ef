"""Forecasts in the runs of W&B and Trackio themselves, offline."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.wire.examples import ANSWER
from grokcast import Monitor
from tests.forecast_server import Service
from training_runs.readers.level_db_log import LogRecords

pytestmark = pytest.mark.filterwarnings("ignore")
EXAMPLE = re.findall(
    r"```python\n(import trackio\n.*?)```", (Path(__file__).parent.parent / "docs/monitor.md").read_text(), re.DOTALL
)[0]
TRAINING = """
import sys, wandb
from grokcast import Monitor
run = wandb.init(project="grok", mode="offline")
with Monitor(sys.argv[1], report_to=run, min_interval=0) as monitor:
    for step in (10, 20, 30):
        run.log({"val_acc": step / 100}, step=step)
        monitor.log(step, val_acc=step / 100)
        assert monitor.flush(30)
run.finish()
"""


def advising(*actions: str) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    """Answer with a forecast that advises one thing after the other."""
    left = list(actions)

    def answer(request: dict[str, Any]) -> tuple[int, bytes]:
        last = request["history"]["step"][-1]
        advice = ANSWER["advice"] | {"action": left.pop(0) if len(left) > 1 else left[0]}
        return 200, json.dumps(ANSWER | {"advice": advice, "observed_until_step": last}).encode()

    return answer


@pytest.fixture
def trackio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    trackio = pytest.importorskip("trackio")
    for module in ("trackio.sqlite_storage", "trackio.utils"):
        monkeypatch.setattr(f"{module}.TRACKIO_DIR", tmp_path)
    return trackio


def test_a_run_of_trackio_has_the_forecasts_and_an_alert_for_each_new_advice(trackio: Any, service: Service) -> None:
    from trackio.sqlite_storage import SQLiteStorage

    service.answer = advising("undecided", "continue", "continue", "stop")
    run = trackio.init(project="grok", name="watched", embed=False)
    with Monitor(service.url, report_to=run, min_interval=0) as monitor:
        for step in (10, 20, 30, 40):
            monitor.log(step, val_acc=0.1)
            assert monitor.flush(10)
    trackio.finish()
    rows = [row for row in SQLiteStorage.get_logs("grok", "watched") if "grokcast/support" in row]
    assert [row["step"] for row in rows] == [row["grokcast/observed_until_step"] for row in rows] == [10, 20, 30, 40]
    assert {row["grokcast/probability_onset_by_horizon"] for row in rows} == {ANSWER["probability_onset_by_horizon"]}
    assert {row["grokcast/onset_step_p05"] for row in rows} == {ANSWER["onset_step"]["p05"]}
    assert not any("grokcast/onset_step_p95" in row for row in rows)  # beyond what is supported
    alerts = SQLiteStorage.get_alerts("grok", run_name="watched")
    assert sorted(alert["title"] for alert in alerts) == ["Grokcast: continue", "Grokcast: stop"]
    assert all("to generalise by step" in alert["text"] for alert in alerts)


def test_a_run_of_wandb_has_them_in_its_own_rows(service: Service, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    service.answer = advising("undecided", "stop", "stop")
    environment = {**os.environ, "WANDB_SILENT": "true", "WANDB_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, service.url], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    records = [Record.FromString(each) for each in LogRecords(file.read_bytes())]
    rows = [
        {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for record in records
        if record.HasField("history")
    ]
    assert [row["_step"] for row in rows if "val_acc" in row] == [10, 20, 30]
    assert [row["grokcast/observed_until_step"] for row in rows if "grokcast/support" in row] == [10, 20, 30]
    (alert,) = (record.alert for record in records if record.HasField("alert"))
    assert (alert.title, alert.level) == ("Grokcast: stop", "INFO")


def test_a_tracker_that_fails_harms_nothing(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def log(self, values: dict[str, Any], step: int) -> None:
            raise RuntimeError("the run is finished")

    service.answer = advising("stop")
    for run in (Broken(), object()):
        with Monitor(service.url, report_to=run, min_interval=0) as monitor:
            monitor.log(10, val_acc=0.1)
            assert monitor.flush(10)
            assert monitor.forecast is not None
    assert [r.getMessage() for r in caplog.records if "report_to failed" in r.getMessage()]


def test_the_documents_example_runs(trackio: Any, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from trackio.sqlite_storage import SQLiteStorage

    service.answer = advising("undecided")
    monkeypatch.setenv("GROKCAST_URL", service.url)
    exec(EXAMPLE, {})
    (name,) = SQLiteStorage.get_runs("grok")
    assert any("grokcast/support" in row for row in SQLiteStorage.get_logs("grok", name))
