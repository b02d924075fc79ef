"""What a set of runs holds: outcomes, kinds of negatives, and how many of each level."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from training_runs.onset import (
    OUTCOMES,
    generalization,
    memorization,
    outcome_by,
    target_accuracy_of,
)
from training_runs.run import Run


def summarize(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the counts that `grokcast corpus --json` prints.

    `outcomes` are classes at each run's budget. `negatives` did not generalise within it, and `blocked` are those of
    them that never could. `seeds_per_configuration` maps a number of seeds to how many configurations have it.
    """
    outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
    by_family: dict[str, Counter[str]] = {}
    negatives = blocked = 0
    for run in runs:
        target = target_accuracy_of(run.context)
        onset = generalization(run.trajectory, target)
        outcome = outcome_by(run.budget_step, memorization(run.trajectory), onset)
        outcomes[outcome] += 1
        by_family.setdefault(run.context.task_family or "unknown", Counter())[outcome] += 1
        negatives += onset.step is None
        blocked += onset.step is None and run.blocked
    seeds = Counter(Counter(r.configuration_id for r in runs).values())
    return {
        "runs": len(runs),
        "configurations": len({r.configuration_id for r in runs}),
        "seeds_per_configuration": {str(n): seeds[n] for n in sorted(seeds)},
        "outcomes": dict(outcomes),
        "outcomes_by_family": {f: dict(c) for f, c in sorted(by_family.items())},
        "negatives": negatives,
        "blocked": blocked,
        "diverged": sum(r.status == "diverged" for r in runs),
        "families": _levels(runs, "task_family"),
        "operations": _levels(runs, "operation"),
        "architectures": _levels(runs, "architecture"),
        "optimizers": _levels(runs, "optimizer"),
        "moduli": _levels(runs, "modulus"),
    }


def _levels(runs: Sequence[Run], field: str) -> dict[str, int]:
    """Count the runs of each level of a context field; those that do not have it are left out."""
    values = [getattr(r.context, field) for r in runs]
    counts = Counter(v for v in values if v is not None)
    return {str(level): counts[level] for level in sorted(counts)}
