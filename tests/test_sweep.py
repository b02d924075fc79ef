import os
import signal
import subprocess
import sys
import time

import pytest

from training_runs import InvalidInput, archive
from training_runs.presets import preset_configs
from training_runs.sweep import Sweep, run_sweep

OVERRIDES = {"modulus": "11", "width": "32", "embedding_dim": "8", "budget_step": "150"}


def sweep(n, folder, *, resume=False, seed=0):
    made = []
    run_sweep(
        Sweep("corpus", n, seed, OVERRIDES),
        preset_configs("corpus", n, seed, OVERRIDES),
        folder,
        workers=1,
        resume=resume,
        on_runs=made.extend,
    )
    return made


def test_makes_every_run_once_and_resumes_with_more(tmp_path):
    assert len(sweep(5, tmp_path)) == 5
    with pytest.raises(InvalidInput, match="add --resume"):
        sweep(5, tmp_path)
    assert len(sweep(7, tmp_path, resume=True)) == 2
    wanted = {c.run_id for c in preset_configs("corpus", 7, 0, OVERRIDES)}
    assert archive.run_ids(tmp_path) == wanted
    assert not list(tmp_path.glob("part-*"))


def test_a_folder_belongs_to_one_sweep(tmp_path):
    sweep(1, tmp_path)
    with pytest.raises(InvalidInput, match="the sweep it was begun with"):
        sweep(1, tmp_path, resume=True, seed=1)


def test_killed_at_any_moment_it_resumes_without_loss_or_repeat(tmp_path):
    command = [
        sys.executable, "-m", "grokcast", "generate", "corpus", "--runs", "12", "--workers", "1",
        "--out", str(tmp_path), "--resume", *(f"--set={k}={v}" for k, v in OVERRIDES.items()),
    ]  # fmt: skip
    seen: set[str] = set()
    for delay in (0.5, 1.0, 2.0):
        process = subprocess.Popen(command, start_new_session=True)
        until = time.monotonic() + 30
        # Kill at a different point after new runs were written.
        while time.monotonic() < until and len(list(tmp_path.glob("*.parquet"))) <= len(seen) // 4:
            time.sleep(0.05)
        time.sleep(delay / 10)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kept = archive.run_ids(tmp_path)
        assert seen <= kept
        seen = kept
    subprocess.run(command, check=True)
    ids = [r.run_id for r in archive.read(tmp_path)]
    assert len(ids) == len(set(ids)) == 12
