"""How much watching slows a small training: three lines in a plain loop, Lightning, Hugging Face's Trainer."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service_process import running_service

# A small training is 20 s of one core; shorter ones show what the first seconds cost.
SECONDS = float(os.environ.get("GROKCAST_BENCH_SECONDS", "20"))
REPEATS = int(os.environ.get("GROKCAST_BENCH_REPEATS", "3"))
MOST = 0.05
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_service(tmp_path_factory.mktemp("service")) as url:
        yield url


@pytest.mark.parametrize("kind", ["plain", "lightning", "hugging_face"])
def test_watching_slows_a_small_training_by_less_than_a_twentieth(kind: str, url: str) -> None:
    script = Path(__file__).parent / "watched_trainings.py"
    done = subprocess.run(
        [sys.executable, str(script), kind, url, str(SECONDS), str(REPEATS)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    cost = {(line["way"], line["repeat"]): line for line in lines}
    slower: dict[tuple[str, str], list[float]] = {}
    for way in ("service", "offline"):
        for clock in ("cpu", "wall"):
            # Pairs of one repeat, since a machine gets faster and slower over minutes.
            slower[way, clock] = [
                cost[way, k][clock] / cost["bare", k][clock] - 1 for k in range(REPEATS)
            ]
    print()
    bare = [cost["bare", k]["cpu"] for k in range(REPEATS)]
    print(f"{kind}: {lines[0]['steps']:,} steps, bare {min(bare):.1f} to {max(bare):.1f} s of CPU")
    for (way, clock), shares in slower.items():
        each = ", ".join(f"{100 * share:+.1f}" for share in shares)
        print(f"  {way:8} {clock:4} {100 * statistics.median(shares):+5.1f} % ({each})")
    beside = max(cost["offline", k]["beside"] for k in range(REPEATS))
    print(f"  offline, the forecaster's own process: up to {beside:.1f} s of CPU beside it")
    # CPU time decides: wall-clock beside other work measures the other work.
    for way in ("service", "offline"):
        assert statistics.median(slower[way, "cpu"]) < MOST, way
