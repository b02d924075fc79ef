"""Make many runs on one machine, durably: kill it at any moment, resume, and every run is there exactly once."""

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from multiprocessing.connection import wait
from pathlib import Path

from training_runs import archive
from training_runs.config import RunConfig
from training_runs.errors import InvalidInput
from training_runs.run import Run

# Runs per stack on one CPU thread: 2-3x for the smallest moduli, no gain beyond modulus 40 (docs/decisions.md).
_STACK_SIZE = 4


@dataclass(frozen=True)
class Sweep:
    """What a folder of runs is made from; written beside them, so that a resumed sweep is the same sweep."""

    preset: str
    n_runs: int
    seed: int
    overrides: dict[str, str]


def run_sweep(
    sweep: Sweep,
    configs: Sequence[RunConfig],
    folder: Path,
    *,
    workers: int,
    resume: bool,
    device: str = "cpu",
    data_dir: Path | None = None,
    on_runs: Callable[[list[Run]], None] = lambda runs: None,
) -> None:
    """Train every config that the folder does not hold yet, and append each stack of runs as it ends.

    Raises
    ------
    InvalidInput : the folder already holds runs and `resume` is not set, or it holds those of another sweep.
    """
    _claim(folder, sweep, resume)
    done = archive.run_ids(folder)
    todo = [c for c in configs if c.run_id not in done]
    # Processes are spawned, never forked: a fork after OpenMP has started threads hangs.
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
    )
    try:
        futures = [pool.submit(_train, stack, device, data_dir) for stack in _stacks(todo)]
        for future in as_completed(futures):
            archive.append(folder, future.result())
            on_runs(future.result())
    finally:
        pool.shutdown(cancel_futures=True)
    archive.compact(folder)


def _claim(folder: Path, sweep: Sweep, resume: bool) -> None:
    """Write what the folder is for, or check that it is for this sweep."""
    manifest = folder / "sweep.json"
    if manifest.exists() and not resume:
        raise InvalidInput(
            field="--out",
            value=str(folder),
            expected="a new folder",
            hint="it already holds a sweep: add --resume to finish it",
        )
    if manifest.exists():
        held = json.loads(manifest.read_text())
        # More runs of the same sweep are welcome; anything else would mix two.
        if {**held, "n_runs": sweep.n_runs} != vars(sweep):
            raise InvalidInput(
                field="--out", value=str(folder), expected=f"the sweep it was begun with: {held}"
            )
    folder.mkdir(parents=True, exist_ok=True)
    aside = manifest.with_name(f".sweep.json.{os.getpid()}")
    aside.write_text(json.dumps(vars(sweep)))
    os.replace(aside, manifest)


def _stacks(configs: Sequence[RunConfig]) -> Iterator[list[RunConfig]]:
    """Group configs of one shape and similar size, those that take longest first, so that no worker ends alone."""
    stacks = []
    ordered = sorted(configs, key=lambda c: (c.shape, c.train_size))
    for _, group in groupby(ordered, key=lambda c: c.shape):
        members = list(group)
        size = _STACK_SIZE if _is_small(members[0]) else 1
        stacks += [members[k : k + size] for k in range(0, len(members), size)]
    return iter(sorted(stacks, key=lambda s: -sum(_work(c) for c in s)))


def _is_small(config: RunConfig) -> bool:
    """Say whether launching takes longer than arithmetic, so that a stack pays."""
    return config.task_family == "modular" and config.modulus < 40


def _work(config: RunConfig) -> int:
    """Return a rough measure of the time that a run takes."""
    return config.budget_step * (config.batch_size or config.train_size) * config.width


def _start_worker() -> None:
    import torch

    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)  # the parent was killed: nobody would collect what this worker makes

    threading.Thread(target=follow_parent, daemon=True).start()


def _train(configs: list[RunConfig], device: str, data_dir: Path | None) -> list[Run]:
    from training_runs.train import train

    return train(configs, device, data_dir)
