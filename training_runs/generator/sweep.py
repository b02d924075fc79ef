"""Make many runs, durably: kill it at any moment, resume, and every run is there exactly once."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from training_runs import archive
from training_runs.config import RunConfig
from training_runs.errors import InvalidInput
from training_runs.generator.executors import Result, Stack
from training_runs.generator.presets import FORMER_NAMES
from training_runs.run import Run

# Runs per stack on one CPU thread: 1.5-2.5x where a step is small, nothing beyond that (docs/decisions.md).
_STACK_SIZE = 4
_SMALL_STEP = 65_536  # samples a step x width
_GPU_STACK_SIZE = 256

# Trains stacks somewhere and yields what becomes of each.
Execute = Callable[[Sequence[Stack]], Iterator[Result]]


@dataclass(frozen=True)
class Sweep:
    """What a folder of runs is made from; written beside them, so that a resumed sweep is the same sweep."""

    preset: str
    n_runs: int
    seed: int
    overrides: dict[str, str]


@dataclass(frozen=True)
class Failure:
    """Runs that could not be made, and why. Resuming the sweep tries them again."""

    configs: Stack
    reason: str


def run_sweep(
    sweep: Sweep,
    configs: Sequence[RunConfig],
    folder: Path,
    execute: Execute,
    *,
    resume: bool,
    device: str = "cpu",
    on_runs: Callable[[list[Run]], None] = lambda runs: None,
    against_time: bool = False,
) -> list[Failure]:
    """Train every config that the folder does not hold yet, append each stack as it ends, and return what failed.

    Against time, runs that end soonest come first, and `execute` has appended them itself by the time it yields them.

    Raises
    ------
    InvalidInput : the folder already holds runs and `resume` is not set, or it holds those of another sweep.
    OSError : the disk is full, say. Runs appended before are kept.
    """
    _claim(folder, sweep, resume)
    done = archive.run_ids(folder)
    todo = [c for c in configs if c.run_id not in done]
    failures = []
    stacks = _stacks(todo, device)
    stacks.sort(key=_work_a_run if against_time else lambda stack: -_work(stack))
    for stack, made in execute(stacks):
        if isinstance(made, str):
            failures.append(Failure(stack, made))
        else:
            if not against_time:
                _append(folder, made)
            on_runs(made)
    if not failures:
        archive.compact(folder)
    return failures


def _append(folder: Path, runs: list[Run]) -> None:
    try:
        archive.append(folder, runs)
    except OSError as error:
        reason = f"{error.strerror}; the runs made before are kept, and --resume goes on from there"
        raise OSError(error.errno, reason, str(folder)) from None


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
        held = _held(manifest)
        # More runs of the same sweep are welcome; anything else would mix two.
        if {**held, "n_runs": sweep.n_runs} != vars(sweep):
            raise InvalidInput(field="--out", value=str(folder), expected=f"the sweep it was begun with: {held}")
    folder.mkdir(parents=True, exist_ok=True)
    aside = manifest.with_name(f".sweep.json.{os.getpid()}")
    aside.write_text(json.dumps(vars(sweep)))
    os.replace(aside, manifest)


def _held(manifest: Path) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(manifest.read_text())
        return {**held, "preset": FORMER_NAMES.get(held["preset"], held["preset"])}
    except (ValueError, KeyError):
        raise InvalidInput(field=str(manifest), value="a damaged file", expected="JSON", hint="delete it") from None


def _stacks(configs: Sequence[RunConfig], device: str) -> list[Stack]:
    """Group configs of one shape and similar length."""
    stacks = []
    ordered = sorted(configs, key=lambda c: (c.shape, _length(c)))
    for _, group in groupby(ordered, key=lambda c: c.shape):
        members = list(group)
        size = _GPU_STACK_SIZE if device == "cuda" else _STACK_SIZE if _is_small(members[0]) else 1
        stacks += [members[k : k + size] for k in range(0, len(members), size)]
    return stacks


def _length(config: RunConfig) -> int:
    """Return what makes runs of one shape take longer: samples of a full batch, or else steps."""
    return config.budget_step if config.minibatch else config.train_size


def _is_small(config: RunConfig) -> bool:
    """Return True if launching takes longer than arithmetic, so that a stack pays."""
    return config.samples_a_step * config.width <= _SMALL_STEP


def _work(stack: Stack) -> int:
    """Return a rough measure of the time that a stack takes; the longest come first, so that no worker ends alone."""
    return sum(c.budget_step * c.samples_a_step * c.width * c.layers for c in stack)


def _work_a_run(stack: Stack) -> float:
    return _work(stack) / len(stack)
