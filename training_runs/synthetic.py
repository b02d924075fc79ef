"""Made-up runs whose onset is known: for tests, and for trying things out without training anything."""

import hashlib
from typing import Any

import numpy as np

from training_runs.context import Context
from training_runs.run import Run
from training_runs.trajectory import FloatArray, Trajectory


def synthetic_trajectory(
    memorized: float = 100.0,
    onset: float | None = 3000.0,
    budget: int = 20_000,
    *,
    noise: float = 0.0,
    seed: int = 0,
    evals_per_decade: int = 25,
) -> Trajectory:
    """Return logistic accuracies in log time that pass 0.95 near the given steps.

    Where an onset comes, the weight norm falls from memorisation on, the faster the sooner; else it grows.
    """
    rng = np.random.default_rng(seed)
    n = int(np.log10(budget) * evals_per_decade)
    steps = np.unique(np.append(np.round(10 ** (np.arange(n + 1) / evals_per_decade)), budget))
    x = np.log10(steps)

    def rise(at: float, steepness: float) -> FloatArray:
        # Passes 0.95 exactly at `at`.
        result: FloatArray = 1 / (1 + np.exp(-steepness * (x - np.log10(at)) - np.log(19)))
        return result

    train_acc = rise(memorized, 12.0)
    val_acc = np.full(len(x), 0.02) if onset is None else np.maximum(0.02, rise(onset, 25.0))
    after = np.maximum(x - np.log10(memorized), 0)
    pace = -0.05 if onset is None else 0.4 / max(np.log10(onset / memorized), 0.2)
    wobble = noise * rng.normal(size=(4, len(x)))
    return Trajectory(
        steps,
        {
            "train_loss": 4 * (1 - train_acc) * np.exp(wobble[0]) + 1e-4,
            "train_acc": np.clip(train_acc + 0.1 * wobble[1], 0, 1),
            "val_loss": (4 + after * (1 - val_acc)) * np.exp(wobble[2]),
            "val_acc": val_acc,
            "weight_norm": 20 * np.exp(-pace * after + 0.1 * wobble[3]),
        },
    )


def synthetic_run(trajectory: Trajectory, name: str, budget: int, **context: Any) -> Run:
    """Return a run around a trajectory, named and grouped by a hash of `name` (seeds after a slash)."""

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    return Run(
        run_id=digest(name),
        configuration_id=digest(name.split("/")[0]),
        context=Context(
            task_family="modular",
            chance_accuracy=0.02,
            learning_rate=1e-3,
            weight_decay=1.0,
            budget_step=budget,
            **context,
        ),
        trajectory=trajectory,
        budget_step=budget,
    )


def synthetic_corpus(n_runs: int = 150, seed: int = 0) -> list[Run]:
    """Return runs of which two thirds generalise, 2 to 60 times after memorising; two seeds for some."""
    rng = np.random.default_rng(seed)
    runs = []
    for k in range(n_runs):
        memorized = 10 ** rng.uniform(1.7, 2.5)
        budget = int(10 ** rng.uniform(3.5, 4.5))
        onset = memorized * 10 ** rng.uniform(0.3, 1.8) if rng.random() < 0.67 else None
        repeats = 2 if k % 5 == 0 else 1
        for s in range(repeats):
            shifted = onset and onset * 10 ** rng.normal(0, 0.03)
            trajectory = synthetic_trajectory(memorized, shifted, budget, noise=0.05, seed=1000 * k + s)
            runs.append(synthetic_run(trajectory, f"{k}/{s}", budget))
    return runs
