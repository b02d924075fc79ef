"""Figures of runs made for a claim: a few settings, each with several seeds. Figures are medians over seeds, with their range."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from predictor.benchmark.bootstrap import Interval, plain
from predictor.reproduction import evidence
from predictor.reproduction.evidence import Runs
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun

SEEDS = 3
Level = TypeVar("Level", float, tuple[float, ...], tuple[str, ...])


def config_of(run: LabelledRun) -> RunConfig:
    """Return what a run was made from."""
    return RunConfig(**run.run.config)


def by_level(runs: Runs, level: Callable[[RunConfig], Level]) -> dict[Level, list[LabelledRun]]:
    """Return runs by a setting, its levels in order."""
    found: dict[Level, list[LabelledRun]] = {}
    for run in runs:
        found.setdefault(level(config_of(run)), []).append(run)
    return {key: found[key] for key in sorted(found)}


def over_seeds(runs: Runs, measure: Callable[[Runs], float]) -> Interval:
    """Return the median of single seeds, their lowest and their highest; of fewer than three, the figure of all runs alone."""
    seeds = by_level(runs, lambda config: config.seed)
    each = [measure(some) for some in seeds.values()]
    if not each or not np.isfinite(each).all():
        return Interval(plain(measure(runs)) if runs else None, None, None)
    if len(each) < SEEDS:
        return Interval(plain(measure(runs)), None, None)
    return Interval(plain(float(np.median(each))), plain(min(each)), plain(max(each)))


def median_of(measure: Callable[[LabelledRun], float]) -> Callable[[Runs], float]:
    """Return the median of something over runs."""
    return lambda runs: float(np.median([measure(run) for run in runs]))


def seen_delay(run: LabelledRun) -> float:
    """Return the steps from memorisation to onset; what was watched after memorisation where no onset was seen.

    0 for a run that generalised without memorising first.
    """
    end = min(evidence.onset(run), run.run.trajectory.observed_until)
    return max(end - evidence.memorized(run), 0.0) if np.isfinite(evidence.memorized(run)) else 0.0


def seen_onset(run: LabelledRun) -> float:
    """Return the onset step, or the last step where none was seen."""
    return min(evidence.onset(run), run.run.trajectory.observed_until)


def last(run: LabelledRun, signal: str) -> float:
    """Return the last value of a signal."""
    return evidence.value_at(run, signal, float("inf"))


def each_seed(configs: Sequence[RunConfig]) -> list[RunConfig]:
    """Return configs with several seeds each."""
    return [replace(config, seed=seed) for config in configs for seed in range(SEEDS)]
