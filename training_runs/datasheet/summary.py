"""What a set of runs holds: outcomes, kinds of negatives, and how many of each level, in runs and configurations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from training_runs.labelled_run import FACTORS, NEGATIVES, LabelledRun, configurations, label
from training_runs.onset import OUTCOMES
from training_runs.run import Run

# Factors whose levels are counted, as they are called in the plural.
_PLURALS = {
    "families": "task family",
    "operations": "operation",
    "architectures": "architecture",
    "optimizers": "optimiser",
    "losses": "loss",
    "moduli": "modulus",
}

_RATIOS = (3, 20, 100)  # of an onset to the memorisation step

# `len` for runs, `configurations` for configurations.
Count = Callable[[list[LabelledRun]], int]


def summarize(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the counts that `grokcast corpus --json` prints.

    `outcomes` are classes at each run's budget. `negatives` did not generalise within it, and `blocked` are those of
    them that never could. `seeds_per_configuration` maps a number of seeds to how many configurations have it.
    `in_configurations` counts configurations instead of runs; one whose seeds end differently counts for each outcome.
    The largest ratios are to the memorisation step: of an onset, and of a budget; `onsets_later_than` counts onsets by theirs.
    `grokking_after_memorizing` has the configurations of each family with a run that memorises first and then groks.
    `parameters` and `train_sizes` are the 5 % quantile, the median and the 95 % quantile.
    """
    labelled = [label(run) for run in runs]
    repeats = Counter(Counter(r.configuration_id for r in runs).values())
    return {
        "runs": len(runs),
        "configurations": configurations(labelled),
        "seeds_per_configuration": {str(n): repeats[n] for n in sorted(repeats)},
        "share_with_2_to_4_seeds": round(sum(repeats[n] for n in (2, 3, 4)) / max(repeats.total(), 1), 4),
        **_outcomes(labelled, len),
        "outcomes_by_family": _by_family(labelled),
        **_negatives(labelled, len),
        "collapsed": sum(r.collapsed for r in labelled),
        "largest_onset_ratio": _largest(r.delay_ratio for r in labelled),
        "largest_budget_ratio": _largest(r.budget_ratio for r in labelled),
        "onsets_later_than": {f"{ratio}x": _later(labelled, ratio) for ratio in _RATIOS},
        "grokking_after_memorizing": _grokking_after_memorizing(labelled),
        "parameters": _spread(r.context.parameters for r in runs),
        "train_sizes": _spread(r.context.train_size for r in runs),
        **_levels(labelled, len),
        "in_configurations": {
            **_outcomes(labelled, configurations),
            **_negatives(labelled, configurations),
            **_levels(labelled, configurations),
        },
        "families_by_architecture": _families_by_architecture(runs),
    }


def _outcomes(runs: list[LabelledRun], count: Count) -> dict[str, Any]:
    return {"outcomes": {o: count([r for r in runs if r.outcome == o]) for o in OUTCOMES}}


def _by_family(runs: list[LabelledRun]) -> dict[str, dict[str, int]]:
    families = sorted({r.family for r in runs})
    return {f: dict(Counter(r.outcome for r in runs if r.family == f)) for f in families}


def _negatives(runs: list[LabelledRun], count: Count) -> dict[str, Any]:
    negatives = [r for r in runs if r.negative]
    kinds = {kind: count([r for r in negatives if r.negative == kind]) for kind in NEGATIVES}
    return {
        "negatives": count(negatives),
        "blocked": count([r for r in negatives if r.run.blocked]),
        "diverged": count([r for r in runs if r.run.status == "diverged"]),
        "negatives_by_kind": {kind: n for kind, n in kinds.items() if n},
    }


def _levels(runs: list[LabelledRun], count: Count) -> dict[str, dict[str, int]]:
    return {name: _levels_of(runs, factor, count) for name, factor in _PLURALS.items()}


def _levels_of(runs: list[LabelledRun], factor: str, count: Count) -> dict[str, int]:
    """Count what has each level of a factor; runs that do not tell it are left out."""
    groups: dict[Any, list[LabelledRun]] = defaultdict(list)
    for run in runs:
        groups[FACTORS[factor](run)].append(run)
    groups.pop(None, None)
    return {str(level): count(groups[level]) for level in sorted(groups)}


def _largest(ratios: Iterable[float | None]) -> float | None:
    known = [ratio for ratio in ratios if ratio is not None]
    return round(max(known), 1) if known else None


def _later(runs: list[LabelledRun], ratio: float) -> int:
    return sum(r.delay_ratio is not None and r.delay_ratio > ratio for r in runs)


def _grokking_after_memorizing(runs: list[LabelledRun]) -> dict[str, int]:
    late = [r for r in runs if r.outcome == "grokking" and r.delay_ratio is not None and r.delay_ratio > 1]
    return {f: configurations([r for r in late if r.family == f]) for f in sorted({r.family for r in runs})}


def _spread(numbers: Iterable[float | None]) -> list[int] | None:
    known = [n for n in numbers if n is not None]
    return [round(q) for q in np.quantile(known, [0.05, 0.5, 0.95])] if known else None


def _families_by_architecture(runs: Sequence[Run]) -> dict[str, list[str]]:
    pairs = {(r.context.architecture, r.context.task_family) for r in runs}
    known = sorted((a, f) for a, f in pairs if a is not None and f is not None)
    return {a: [f for b, f in known if a == b] for a, _ in known}
