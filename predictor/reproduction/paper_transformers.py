"""Claims of Li & Sakib (ECE 826) on transformers of their size, made for them: operations, and weight decay."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import FAILS, HOLDS, IN_PART, Figure, Finding, Picture, line
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import by_level, each_seed, median_of, over_seeds, seen_delay
from training_runs.config import RunConfig
from training_runs.generator.presets import TRANSFORMER
from training_runs.labelled_run import LabelledRun

_OPERATIONS = ("add", "sub", "mul", "div")
_DECAYS = (0.3, 1.0, 2.0, 4.0)
_SMALL = RunConfig(
    architecture="transformer", modulus=23, embedding_dim=16, train_fraction=0.6, learning_rate=3e-3, budget_step=3000
)  # fmt: skip
_ALIKE = 1.2  # times as high
_OPEN = "runs without onset, whose delay is what was watched"
_ATTENTION = "weight_norm_attention"


def operation_configs(quick: bool) -> Sequence[RunConfig]:
    """Return runs of each operation."""
    base = replace(_SMALL, early_stop=False) if quick else TRANSFORMER
    return each_seed([replace(base, operation=name) for name in _OPERATIONS])


def operations(runs: Runs) -> Finding:
    """Test whether each of four operations groks in every seed."""
    levels = {name: [r for r in runs if r.operation == name] for name in _OPERATIONS}
    whole = [bool(some) and all(r.outcome == "grokking" for r in some) for some in levels.values()]
    figures: dict[str, Figure] = {"operations of four that grok in every seed": sum(whole)}
    for name, some in levels.items():
        figures[f"{name}: runs that grok"] = sum(r.outcome == "grokking" for r in some)
        figures[f"{name}: memorised, median step"] = over_seeds(some, median_of(evidence.memorized))
        figures[f"{name}: delay (steps) seen, median"] = over_seeds(some, median_of(seen_delay))
    return Finding(
        None if _open(runs) else HOLDS if all(whole) else IN_PART if sum(whole) >= len(whole) / 2 else FAILS,
        figures | {_OPEN: _open(runs)},
        runs,
        _pictured({name: some[0] for name, some in levels.items() if some}, "val_acc", "validation accuracy"),
    )


def decay_configs(quick: bool) -> Sequence[RunConfig]:
    """Return runs on division over weight decays below and above 1."""
    base = replace(_SMALL, early_stop=False) if quick else TRANSFORMER
    return each_seed([replace(base, operation="div", weight_decay=decay) for decay in _DECAYS])


def decay(runs: Runs) -> Finding:
    """Test whether decay up to 2 shortens the delay, peaks of the attention norms are alike below 1, and 4 keeps accuracies low."""
    levels = by_level(runs, lambda config: config.weight_decay)
    delays = {level: median_of(seen_delay)(some) for level, some in levels.items()}
    peaks = {level: median_of(_peak)(some) for level, some in levels.items()}
    trained = {
        level: median_of(lambda r: evidence.value_at(r, "train_acc", np.inf))(some) for level, some in levels.items()
    }
    apart = max(peaks[0.3], peaks[1.0]) / min(peaks[0.3], peaks[1.0])
    parts = {
        "decay 1 has a shorter delay than 0.3": delays[1.0] < delays[0.3],
        "decay 2 has at most 3/4 of the delay of 1": delays[2.0] <= 0.75 * delays[1.0],
        "norms of Q, K and V peak alike at 0.3 and 1": apart <= _ALIKE,
        "and later at 0.3": median_of(_peak_step)(levels[0.3]) > median_of(_peak_step)(levels[1.0]),
        "decay 4 ends with a lower training accuracy than 1": trained[4.0] < trained[1.0] - 0.02,
    }
    true = sum(map(bool, parts.values()))
    # Of delays that have not ended, which is longer is not known; a decay of 4 is not expected to generalise.
    unknown = any(_open(some) > len(some) / 2 for level, some in levels.items() if level <= 2)
    figures: dict[str, Figure] = {f"parts of {len(parts)} that hold": true}
    figures |= {part: "yes" if is_so else "no" for part, is_so in parts.items()}
    for level, some in levels.items():
        figures[f"decay {level:g}: delay (steps) seen, median"] = over_seeds(some, median_of(seen_delay))
        figures[f"decay {level:g}: largest norm of Q, K and V over the first, median"] = over_seeds(
            some, median_of(_peak)
        )
    return Finding(
        None if unknown else HOLDS if true == len(parts) else IN_PART if true >= len(parts) / 2 else FAILS,
        figures | {_OPEN: _open(runs)},
        runs,
        _pictured({f"decay {level:g}": some[0] for level, some in levels.items()}, _ATTENTION, "norm of Q, K and V"),
    )


def _open(runs: Runs) -> int:
    """Return how many runs had not generalised at their end."""
    return sum(run.generalized.step is None for run in runs)


def _peak(run: LabelledRun) -> float:
    _, norms = run.run.trajectory.recorded(_ATTENTION)
    return float(norms.max() / norms[0])


def _peak_step(run: LabelledRun) -> float:
    steps, norms = run.run.trajectory.recorded(_ATTENTION)
    return float(steps[np.argmax(norms)])


def _pictured(runs: dict[str, LabelledRun], signal: str, label: str) -> Picture:
    series = [line(name, *evidence.recorded(run, signal)) for name, run in runs.items()]
    return Picture("step", f"{label}, first seed", series, x_log=True)
