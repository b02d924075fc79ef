"""What is installed: everything that a user needs, and not what only a release reads."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# For whoever makes a release.
_FROM_A_CHECKOUT = ("training_runs/blind/", "training_runs/blind_second/", "training_runs/corpus_next/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=300)
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_is_small_and_leaves_out_the_blind_test(wheel):
    assert wheel.stat().st_size <= 27e6
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith(_FROM_A_CHECKOUT)]
    assert "training_runs/blind_test.py" in names
    for needed in ("predictor/forecasters/", "training_runs/corpus/", "api/page/", "features/py.typed"):
        assert [name for name in names if name.startswith(needed)], needed
