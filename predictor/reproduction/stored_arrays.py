"""What a run stored at some steps for the papers' figures: which of it shows what, and histograms as densities."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from predictor.reproduction import evidence
from training_runs.arrays import FloatArray
from training_runs.labelled_run import LabelledRun


def array_steps(run: LabelledRun) -> list[float]:
    """Return the steps at which a run stored arrays."""
    return [float(at["step"]) for at in run.run.arrays]


def nearest(run: LabelledRun, step: float) -> int:
    """Return which of the arrays is nearest to a step, on a log scale; the last one for a step that never came."""
    steps = array_steps(run)
    return int(np.argmin(np.abs(np.log(steps) - np.log(min(step, steps[-1])))))


def times(run: LabelledRun) -> dict[str, int]:
    """Return which arrays show a run when it has memorised, between that and the rise, at the rise, and at the end."""
    start, rise = (min(step, array_steps(run)[-1]) for step in (evidence.memorized(run), evidence.rise(run)))
    wanted = {"memorised": start, "between": float(np.sqrt(start * rise)), "rise": rise, "end": float("inf")}
    found = {word: nearest(run, step) for word, step in wanted.items()}
    return {f"{word}: step {array_steps(run)[k]:,.0f}": k for word, k in found.items()}


def histogram_of(run: LabelledRun, group: str, at: int = -1) -> tuple[FloatArray, FloatArray]:
    """Return edges and counts of a group's values, by default at the last step that has them."""
    stored: Mapping[str, Any] = run.run.arrays[at][group]
    counts = np.array(stored["counts"], dtype=float)
    return np.linspace(-stored["limit"], stored["limit"], len(counts) + 1), counts


def density_of(run: LabelledRun, group: str, at: int = -1) -> tuple[FloatArray, FloatArray]:
    """Return the centres of its bins and the density there."""
    edges, counts = histogram_of(run, group, at)
    return (edges[:-1] + edges[1:]) / 2, counts / counts.sum() / np.diff(edges)
