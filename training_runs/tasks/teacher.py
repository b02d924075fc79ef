"""Teacher and student: vectors that a small fixed network puts into two classes, to be learnt from few of them.

The teacher is a committee of tanh units (Saad & Solla 1995); a student with large initial weights fits its samples long
before it finds the directions that the teacher reads (Levi et al., arXiv 2310.16441; Lyu et al., arXiv 2311.18817).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig

_SAMPLES = 20_000
_UNDECIDED = 0.3  # share of vectors nearest to the boundary that are left out, so that few samples can draw it


def teacher_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return standard normal vectors labelled by the sign of the teacher's answer, the same for every run of one size.

    The teacher's units read one direction each, at right angles: along the first axes, which the networks' initial weights
    do not know from others.
    """
    import torch

    train, val = split(config, generator)
    pool = torch.Generator().manual_seed(0)
    inputs = torch.randn((round(config.samples / (1 - _UNDECIDED)), config.dimensions), generator=pool)
    signs = (-1.0) ** torch.arange(config.teacher_units)
    answers = (2 * inputs[:, : config.teacher_units]).tanh() @ signs
    decided = answers.abs().argsort(descending=True)[: config.samples].sort().values
    return Task(inputs[decided], (answers[decided] > 0).long(), train, val)


def _check(config: RunConfig) -> None:
    if not 1 <= config.teacher_units <= config.dimensions:
        raise InvalidInput(
            field="teacher_units",
            value=config.teacher_units,
            expected=f"a whole number from 1 to dimensions, {config.dimensions}",
        )


FAMILY = TaskFamily(
    name="teacher",
    networks=("mlp",),
    classes=lambda config: 2,
    samples=lambda config: _SAMPLES,
    inputs=lambda config: config.dimensions,
    make=teacher_task,
    check=_check,
)
