import shutil
import subprocess
import sys

import pytest

from training_runs import InvalidInput, archive
from training_runs.blind_test import read_blind
from training_runs.checksums import NAME, write_checksums
from training_runs.synthetic import synthetic_corpus


@pytest.fixture
def frozen(tmp_path):
    runs = synthetic_corpus(4)
    archive.append(tmp_path, runs[:2])
    archive.append(tmp_path, runs[2:])
    write_checksums(tmp_path)
    return tmp_path


def test_a_frozen_folder_is_read_as_long_as_it_is_what_it_was(frozen):
    assert len(archive.read(frozen)) == len(read_blind(frozen)) > 0


def test_what_was_changed_removed_or_added_is_named(frozen):
    shard = sorted(frozen.glob("*.parquet"))[0]
    held = shard.read_bytes()
    shard.write_bytes(held[:-1] + b"x")
    with pytest.raises(InvalidInput, match=f"{shard.name} is 'changed'"):
        archive.read(frozen)
    shard.unlink()
    with pytest.raises(InvalidInput, match=f"{shard.name} is 'missing'"):
        archive.read(frozen)
    shard.write_bytes(held)
    archive.append(frozen, synthetic_corpus(5)[4:])
    with pytest.raises(InvalidInput, match="'a file that was added'"):
        archive.read(frozen)


def test_a_folder_is_frozen_once_and_only_with_runs(frozen, tmp_path):
    with pytest.raises(InvalidInput, match="frozen"):
        write_checksums(frozen)
    (tmp_path / "none").mkdir()
    with pytest.raises(InvalidInput, match="no shards"):
        write_checksums(tmp_path / "none")


def test_the_blind_test_must_be_frozen(tmp_path):
    archive.append(tmp_path, synthetic_corpus(2))
    with pytest.raises(InvalidInput, match="not frozen"):
        read_blind(tmp_path)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_sha256sum_agrees(frozen):
    command = ["sha256sum", "--strict", "-c", NAME]
    assert subprocess.run(command, cwd=frozen, capture_output=True).returncode == 0


def test_the_command_freezes_a_folder(frozen):
    (frozen / NAME).unlink()
    subprocess.run([sys.executable, "-m", "training_runs.checksums", str(frozen)], check=True)
    assert (frozen / NAME).exists()
