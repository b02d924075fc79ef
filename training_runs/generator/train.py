"""Train a stack of runs of one shape at once, and record their trajectories.

Small models waste a machine one at a time: kernels are launched per run and step. A stack shares the launches, and
every run keeps its own learning rate, weight decay, data, noise, seed and budget. Finished runs leave the stack.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import torch

from training_runs.config import RunConfig
from training_runs.generator.measure import cheap_signals, expensive_signals
from training_runs.generator.record import OnCheckpoint, Record
from training_runs.generator.stack import Stack
from training_runs.run import Run


def train(
    configs: Sequence[RunConfig],
    device: str = "cpu",
    data_dir: Path | None = None,
    on_checkpoint: OnCheckpoint | None = None,
) -> list[Run]:
    """Train runs of one shape (`RunConfig.shape`) together and return them in the order of their configs."""
    if len({c.shape for c in configs}) != 1:
        raise ValueError(f"a stack needs configs of one shape; got {len(configs)} of several")
    if device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = configs[0].tf32
    stack = Stack(configs, device, data_dir)
    parameters = sum(math.prod(shape) for shape in stack.network.shapes().values())
    records = [Record(config) for config in configs]
    going = list(records)
    step = 0
    for checkpoint in sorted(set().union(*(r.schedule for r in records))):
        due = {k: r.last_step for k, r in enumerate(going) if checkpoint in r.schedule}
        if not due:
            continue
        while step < checkpoint - 1:
            stack.update()
            step += 1
        before = stack.flat.clone()
        stack.update()
        step += 1
        # Runs that were last recorded at one step together: what is due to a run must not depend on the others.
        for previous in sorted(set(due.values())):
            alike = [k for k, last in due.items() if last == previous]
            part, moved = stack.at(alike, before)
            signals = cheap_signals(part, moved) | expensive_signals(part, step, previous)
            columns = {name: values.tolist() for name, values in signals.items()}
            for place, k in enumerate(alike):
                values = {name: column[place] for name, column in columns.items()}
                going[k].add(step, values, on_checkpoint)
        staying = [k for k, record in enumerate(going) if record.status is None]
        if not staying:
            break
        if len(staying) < len(going):
            going = [going[k] for k in staying]
            stack.keep(staying)
    return [record.run(parameters) for record in records]
