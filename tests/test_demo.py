"""The demo: that it shows a run which nobody recorded before, and what it says when it cannot run."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "examples" / "demo.py"


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", DEMO)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_no_run_of_the_corpus_has_its_configuration(demo: ModuleType) -> None:
    shards = list((ROOT / "training_runs" / "corpus").glob("*.parquet"))
    if not shards:
        pytest.skip("there is no corpus yet")
    decisive = ("modulus", "train_fraction", "width", "embedding_dim", "learning_rate")
    ours = tuple(demo.CONTEXT[name] for name in decisive)
    for shard in shards:
        for text in pq.read_table(shard, columns=["context"])["context"].to_pylist():
            context = json.loads(text)
            assert tuple(context.get(name) for name in decisive) != ours


def test_its_context_is_known_to_the_service(demo: ModuleType) -> None:
    from training_runs import Context

    context, unknown = Context.from_mapping(demo.CONTEXT)
    assert not unknown
    assert context.budget_step == demo.BUDGET_STEP


def test_checkpoints_are_log_spaced(demo: ModuleType) -> None:
    steps = [step for step in range(1, demo.BUDGET_STEP + 1) if demo.is_checkpoint(step)]
    assert steps[:10] == list(range(1, 11))
    assert sum(100 <= step < 1000 for step in steps) == 25
    assert steps[-1] == demo.BUDGET_STEP


def test_a_service_that_does_not_start_is_shown_and_fails(
    demo: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    command = tmp_path / "grokcast"
    command.write_text("#!/bin/sh\necho cannot bind\nexit 3\n")
    command.chmod(0o755)
    monkeypatch.setattr(demo.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(demo.signal, "signal", lambda *_: None)
    assert demo.main() == 1
    error = capfd.readouterr().err
    assert "cannot bind" in error
    assert "The demo failed: the service ended at once with status 3" in error


@pytest.mark.slow
def test_it_forecasts_a_real_run_and_tells_what_came() -> None:
    done = subprocess.run([sys.executable, str(DEMO)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^ +[\d,]+  [01]\.\d{3}  [01]\.\d{3} .* %", done.stdout, re.M)) > 50
    assert re.search(r"^Forecast at memorisation \(step \d+\)", done.stdout, re.M)
    assert re.search(r"^Actual onset: step [\d,]+", done.stdout, re.M)
