"""The claim on IMDb's reviews, on runs made for it: Golechha (arXiv 2405.12755), appendix D."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import Figure, Finding, Picture, graded, line
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import each_seed, median_of, over_seeds
from training_runs.config import RunConfig
from training_runs.generator.presets import IMDB
from training_runs.labelled_run import LabelledRun

_RISE = 0.1  # of validation accuracy after memorisation: less is none
_LATE = 3  # times the memorisation step: a rise later than this is late at any scale of time
_MEASURES = {
    "weight entropy": "weight_entropy",
    "circuit complexity": "circuit_complexity",
    "activation sparsity": "activation_sparsity",
    "weight norm": "weight_norm",
}
_FALLING = ("weight_entropy", "circuit_complexity")


def imdb_configs(quick: bool) -> Sequence[RunConfig]:
    """Return the figure's run to a seventh of its budget; where quick, a fourth of its units on 60 words of 200 reviews."""
    if not quick:
        return each_seed([replace(IMDB, budget_step=10_000)])
    smaller = replace(IMDB, layers=1, width=64, embedding_dim=32)
    return each_seed([replace(smaller, review_words=60, train_samples=200, budget_step=400)])


def imdb(runs: Runs) -> Finding:
    """Test whether validation comes late, and whether the measures fall until it is at its highest."""
    memorised = [run for run in runs if np.isfinite(evidence.memorized(run))]
    late = bool(memorised) and all(_rises_late(run) for run in memorised)
    fall = late and all(_at_best(r, signal) < _at_memorisation(r, signal) for r in memorised for signal in _FALLING)
    figures: dict[str, Figure] = {
        "seeds in which validation rises late": sum(map(_rises_late, memorised)),
        "half of the rise: step over memorisation": over_seeds(memorised, median_of(_half_over_memorisation)),
        "validation accuracy at memorisation": over_seeds(memorised, _median(_at_memorisation, "val_acc")),
        "highest validation accuracy": over_seeds(memorised, median_of(_highest)),
    }
    for name, signal in _MEASURES.items():
        figures[f"{name} at memorisation"] = over_seeds(memorised, _median(_at_memorisation, signal))
        figures[f"{name} at the highest validation accuracy"] = over_seeds(memorised, _median(_at_best, signal))
    return Finding(
        graded(fall, late) if len(memorised) == len(runs) else None,
        figures,
        runs,
        Picture(
            "step",
            "accuracy, circuit complexity (nats)",
            [
                line(name, *evidence.recorded(run, signal))
                for run in runs[:1]
                for name, signal in (
                    ("training accuracy", "train_acc"),
                    ("validation accuracy", "val_acc"),
                    ("activation sparsity", "activation_sparsity"),
                    ("circuit complexity", "circuit_complexity"),
                )
            ],
            x_log=True,
        ),
        "Sparsity is that of the states' sizes, which have either sign. Drawn is the first seed.",
    )


def _median(measure: Callable[[LabelledRun, str], float], signal: str) -> Callable[[Runs], float]:
    return median_of(lambda run: measure(run, signal))


def _at_memorisation(run: LabelledRun, signal: str) -> float:
    """Return a signal's first value at memorisation or later: some are measured seldom."""
    steps, values = run.run.trajectory.recorded(signal)
    return float(values[np.argmax(steps >= evidence.memorized(run))])


def _at_best(run: LabelledRun, signal: str) -> float:
    return evidence.value_at(run, signal, _best_step(run))


def _best_step(run: LabelledRun) -> float:
    steps, values = run.run.trajectory.recorded("val_acc")
    return float(steps[np.argmax(values)])


def _highest(run: LabelledRun) -> float:
    return float(run.run.trajectory.recorded("val_acc")[1].max())


def _half_over_memorisation(run: LabelledRun) -> float:
    halfway = (_at_memorisation(run, "val_acc") + _highest(run)) / 2
    return evidence.crossing(run, "val_acc", halfway) / evidence.memorized(run)


def _rises_late(run: LabelledRun) -> bool:
    return _highest(run) - _at_memorisation(run, "val_acc") > _RISE and _half_over_memorisation(run) > _LATE
