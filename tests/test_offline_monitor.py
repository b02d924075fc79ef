"""Forecasts without a service: the forecaster in a process of its own beside the training."""

import os
import subprocess
import sys
import time

import pytest

from grokcast import Monitor

OFFLINE = """
import sys
from grokcast import Monitor

monitor = Monitor(offline=True, context={"chance_accuracy": 0.1}, horizon_step=5000)
for step in range(0, 600, 10):
    monitor.log(step, train_loss=2 / (step + 1), train_acc=min(1.0, step / 100), val_loss=2.5, val_acc=0.1)
assert monitor.flush(400), monitor.problem
print(monitor.forecast["phase"], monitor.forecast["horizon_step"])
"""


@pytest.mark.parametrize("folder", ["nothing", "api"])
def test_offline_it_forecasts_on_this_machine_beside_any_folder(tmp_path, folder):
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "__init__.py").write_text("raise SystemExit('the user's own')")
    (tmp_path / "train.py").write_text(OFFLINE)
    command = [sys.executable, "-W", "error::UserWarning", "train.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert (done.returncode, done.stdout) == (0, "memorized 5000\n"), done.stderr
    assert not done.stderr


def test_offline_a_forecaster_that_dies_is_started_again():
    monitor = Monitor(offline=True, min_interval=0.0)
    try:
        for step in range(0, 100, 10):
            monitor.log(step, train_acc=0.5, val_acc=0.1)
        assert monitor.flush(400), monitor.problem
        first = monitor._backend._process
        first.kill()
        monitor.log(100, train_acc=0.5, val_acc=0.1)
        assert monitor.flush(400), monitor.problem
        assert monitor.forecast["observed_until_step"] == 100
        second = monitor._backend._process
        assert second.pid != first.pid
    finally:
        monitor.close(0)
    second.wait(10)  # it ends with its monitor


def test_offline_a_folder_of_our_names_on_the_path_does_no_harm(tmp_path, monkeypatch):
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monitor = Monitor(offline=True)
    for step in range(0, 100, 10):
        monitor.log(step, train_acc=0.5, val_acc=0.1)
    assert monitor.flush(400), monitor.problem
    assert monitor.forecast["observed_until_step"] == 90
    monitor.close(0)


def test_offline_it_says_that_it_is_loading_until_the_first_answer():
    monitor = Monitor(offline=True)
    try:
        monitor.log(1, val_acc=0.1)
        deadline = time.monotonic() + 60
        while monitor.problem is None and time.monotonic() < deadline:
            time.sleep(0.001)
        assert "still loading the forecaster" in monitor.problem
        for step in range(10, 100, 10):
            monitor.log(step, train_acc=0.5, val_acc=0.1)
        assert monitor.flush(400), monitor.problem
        assert monitor.problem is None
    finally:
        monitor.close(0)
