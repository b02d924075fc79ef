"""Claims on small networks made for them: Liu et al. 2022 (arXiv 2205.10343) and Omnigrok (arXiv 2210.01117)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import FAILS, HOLDS, IN_PART, Figure, Finding, Picture, at_least, graded, points
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import by_level, each_seed, median_of, over_seeds, seen_onset
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun
from training_runs.onset import OUTCOMES

_QUICK_RATES = (1e-4, 1e-3, 1e-2, 1e-1)
_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
_ADDITION = RunConfig(modulus=23, embedding_dim=16, width=64, train_fraction=0.75, budget_step=3000)
TEACHER = RunConfig(
    task_family="teacher",
    architecture="mlp",
    train_samples=1000,
    dimensions=20,
    layers=2,
    width=64,
    learning_rate=1e-3,
    weight_decay=0.1,
    budget_step=3000,
)
_SCALES = (1.0, 2.0, 4.0, 8.0)


def rate_configs(quick: bool) -> Sequence[RunConfig]:
    """Return a grid of the decoder's and the embedding's learning rates."""
    base = _ADDITION if quick else replace(_ADDITION, budget_step=30_000, early_stop=False)
    rates = _QUICK_RATES if quick else _RATES
    return each_seed(
        [replace(base, learning_rate=decoder, embedding_learning_rate=table) for decoder in rates for table in rates]
    )


def rates(runs: Runs) -> Finding:
    """Test whether each of the four phases is what most seeds of some pair of rates are in."""
    cells = by_level(runs, lambda c: (c.learning_rate, c.embedding_learning_rate or c.learning_rate))
    phases = {cell: Counter(run.outcome for run in some).most_common(1)[0] for cell, some in cells.items()}
    sure = {cell: phase for cell, (phase, count) in phases.items() if count > len(cells[cell]) / 2}
    present = set(sure.values())
    figures: dict[str, Figure] = {"phases that are the majority of seeds at some pair of rates": len(present)}
    figures |= {f"pairs of rates in {phase}": sum(p == phase for p in sure.values()) for phase in OUTCOMES}
    figures["pairs of rates without a majority"] = len(cells) - len(sure)
    return Finding(
        HOLDS if len(present) == len(OUTCOMES) else IN_PART if len(present) == len(OUTCOMES) - 1 else FAILS,
        figures,
        runs,
        Picture(
            "learning rate of the decoder",
            "learning rate of the embedding",
            [
                points(phase, *np.array([cell for cell, p in sure.items() if p == phase]).reshape(-1, 2).T)
                for phase in OUTCOMES
                if phase in present
            ],
            x_log=True,
            y_log=True,
        ),
        "Phases are Li & Sakib's classes at the end of the budget; Liu et al. draw theirs with the same 1,000 steps.",
    )


def teacher_configs(quick: bool) -> Sequence[RunConfig]:
    """Return students that differ in the scale of their initial weights."""
    base = TEACHER if quick else replace(TEACHER, budget_step=30_000, early_stop=False)
    return each_seed([replace(base, init_scale=scale) for scale in _SCALES])


def teacher(runs: Runs) -> Finding:
    """Test whether onsets move away from memorisation as initial weights grow."""

    def lateness(run: LabelledRun) -> float:
        return seen_onset(run) / max(evidence.memorized(run), 1)

    def correlation(some: Runs) -> float:
        scales = np.array([run.run.config["init_scale"] for run in some])
        return evidence.rank_correlation(scales, np.array([lateness(run) for run in some]))

    ranked = over_seeds(runs, correlation)
    levels = by_level(runs, lambda c: c.init_scale)
    figures: dict[str, Figure] = {"rank correlation of alpha and onset over memorisation": ranked}
    for scale, some in levels.items():
        figures[f"onset over memorisation at alpha {scale:g}, median"] = over_seeds(some, median_of(lateness))
    figures["runs without onset, counted as at the end"] = sum(r.generalized.step is None for r in runs)
    small, large = (levels[s] for s in (_SCALES[0], _SCALES[-1]))
    late = over_seeds(large, median_of(lateness)), over_seeds(small, median_of(lateness))
    apart = late[0].low is not None and late[1].high is not None and late[0].low > 3 * late[1].high
    x = np.array([float(run.run.config["init_scale"]) for run in runs])
    return Finding(
        graded(at_least(ranked, 0.7) and apart, at_least(ranked, 0.3)),
        figures,
        runs,
        Picture(
            "alpha",
            "onset / memorisation",
            [points("seeds", x, np.array([lateness(run) for run in runs]))],
            x_log=True,
            y_log=True,
        ),
        "A classifier of a teacher's sign, not the paper's regression: accuracy says when it generalises.",
    )
