"""What a sweep costs beside its training, as it grows: the archive it is kept in, what resuming it reads, and Ray's tasks.

`python -m tests.performance.sweep_costs` prints what tasks of Ray cost that train nothing.
"""

import os
import time
from pathlib import Path

from training_runs import Run, archive
from training_runs.config import RunConfig
from training_runs.generator.executors import run_ray
from training_runs.synthetic import synthetic_run, synthetic_trajectory

_SIZES = (500, 1_000, 2_000)
_TASKS = (250, 500, 1_000, 2_000)
_STACK = 4  # runs that are trained and stored together


def sweep_costs(folder: Path) -> str:
    """Return a table: storing runs in stacks, resuming, compacting and reading an archive, for several numbers of runs."""
    rows = [_row(folder / f"sweep-{size}", size) for size in _SIZES]
    header = "| runs | stored in stacks of 4 | what there is, when resumed | compacted | read whole | on disk |"
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([header, "|---|---|---|---|---|---|", *lines])


def _run(k: int) -> Run:
    return synthetic_run(synthetic_trajectory(100, 700 + k % 900, 20_000, seed=k, noise=0.01), f"sweep-{k}", 20_000)


def _row(folder: Path, size: int) -> tuple[str, ...]:
    folder.mkdir()
    runs = [_run(k) for k in range(size)]
    marks = [time.perf_counter()]
    for start in range(0, size, _STACK):
        archive.append(folder, runs[start : start + _STACK])
    marks.append(time.perf_counter())
    assert len(archive.run_ids(folder)) == size
    marks.append(time.perf_counter())
    archive.compact(folder)
    marks.append(time.perf_counter())
    assert len(archive.read(folder)) == size
    marks.append(time.perf_counter())
    stored, resumed, compacted, read = (b - a for a, b in zip(marks, marks[1:], strict=False))
    size_mb = sum(os.path.getsize(path) for path in folder.iterdir()) / 2**20
    return (
        f"{size:,}",
        f"{stored:.1f} s ({1000 * stored / size:.1f} ms a run)",
        f"{resumed:.2f} s",
        f"{compacted:.1f} s",
        f"{read:.1f} s",
        f"{size_mb:.1f} MB",
    )


def _nothing(stack: list[RunConfig], device: str, data_dir: Path | None) -> list[Run]:
    return []


def ray_costs() -> str:
    """Return a table: the time from the first result to the last of tasks that train nothing, for several numbers of them."""
    lines = ["| tasks | together | each | processor time of the process that hands them out |", "|---|---|---|---|"]
    for size in _TASKS:
        stacks = [[RunConfig(seed=k)] for k in range(size)]
        results = run_ray(stacks, 2, "cpu", None, train=_nothing)
        next(results)  # Ray has started
        begun, spent = time.perf_counter(), time.process_time()
        assert sum(1 for _ in results) == size - 1
        took, cost = time.perf_counter() - begun, time.process_time() - spent
        lines.append(f"| {size:,} | {took:.2f} s | {1000 * took / size:.2f} ms | {1000 * cost / size:.2f} ms |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(ray_costs())
