"""Train a stack of runs of one shape at once, and record their trajectories.

Small models waste a machine one at a time: kernels are launched per run and step. A stack shares the launches, and
every run keeps its own learning rate, weight decay, data, noise, seed and budget. Finished runs leave the stack.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from training_runs.config import RunConfig
from training_runs.generator.deadline import NEVER, Deadline
from training_runs.generator.measure import arrays_of_figures, cheap_signals, expensive_signals
from training_runs.generator.record import OnCheckpoint, Record
from training_runs.generator.stack import Stack
from training_runs.run import Run

OnRun = Callable[[Run], None]


def train(
    configs: Sequence[RunConfig],
    device: str = "cpu",
    data_dir: Path | None = None,
    on_checkpoint: OnCheckpoint | None = None,
    on_run: OnRun = lambda run: None,
    deadline: Deadline = NEVER,
) -> list[Run]:
    """Train runs of one shape (`RunConfig.shape`) together and return them in the order of their configs.

    Each run is handed to `on_run` as soon as it has ended, while others go on. Past the deadline, those that have not
    ended are cut there or left out.
    """
    if len({c.shape for c in configs}) != 1:
        raise ValueError(f"a stack needs configs of one shape; got {len(configs)} of several")
    if device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = configs[0].tf32
    stack = Stack(configs, device, data_dir)
    parameters = sum(math.prod(shape) for shape in stack.network.shapes().values())
    records = [Record(config) for config in configs]
    active = list(records)
    step = 0
    for checkpoint in sorted(set().union(*(r.schedule for r in records))):
        due = [k for k, record in enumerate(active) if record.status is None and checkpoint in record.schedule]
        if not due:
            continue
        if deadline.passed():
            break
        step, before = _advance(stack, step, checkpoint)
        _record(stack, active, due, step, before, on_checkpoint)
        for k in due:
            if active[k].status is not None:
                on_run(active[k].run(parameters))
        staying = [k for k, record in enumerate(active) if record.status is None]
        if not staying:
            break
        if stack.worth_leaving(len(staying)):
            active = [active[k] for k in staying]
            stack.keep(staying)
    if deadline.cut:
        for record in (r for r in records if r.status is None and r.last_step):
            record.cut()
            on_run(record.run(parameters))
    return [record.run(parameters) for record in records if record.status is not None]


def _advance(stack: Stack, step: int, checkpoint: int) -> tuple[int, torch.Tensor]:
    """Train up to a checkpoint; return its step and the parameters one step before it."""
    while step < checkpoint - 1:
        stack.update()
        step += 1
    before = stack.flat.clone()
    stack.update()
    return step + 1, before


def _record(
    stack: Stack,
    active: Sequence[Record],
    due: Sequence[int],
    step: int,
    before: torch.Tensor,
    on_checkpoint: OnCheckpoint | None,
) -> None:
    """Measure the runs that are recorded at a checkpoint.

    Runs that were last recorded at one step together: what is due to a run must not depend on the others.
    """
    for previous in sorted({active[k].last_step for k in due}):
        runs = [k for k in due if active[k].last_step == previous]
        part, moved = stack.subset(runs, before)
        signals = cheap_signals(part, moved) | expensive_signals(part, step, previous)
        # In one transfer: a GPU is waited for once, not once a signal.
        rows = torch.stack([values.to(before.device, torch.float64) for values in signals.values()], 1).tolist()
        for k, row in zip(runs, rows, strict=True):
            active[k].add(step, dict(zip(signals, row, strict=True)), on_checkpoint)
        for k, arrays in zip(runs, arrays_of_figures(part, step, previous), strict=False):
            active[k].arrays.append({"step": step, **arrays})
