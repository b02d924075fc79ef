"""`make bench`, which continuous integration does not run, can still be begun."""

import subprocess
import sys
from pathlib import Path


def test_every_bench_is_collected() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/performance"]
    listed = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=120)
    assert listed.returncode == 0, listed.stdout
    assert "test_batches" in listed.stdout
