"""Named sets of runs: the papers' set-ups, and the corpus that the shipped forecaster learns from.

A preset is a function from a seed to an endless sequence of configs. The k-th config is always the same, so a sweep
can be resumed, and asking for more runs keeps the first ones.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from training_runs.config import RunConfig
from training_runs.errors import InvalidInput


@dataclass(frozen=True)
class Preset:
    """A named set of runs, and what it is in a sentence."""

    description: str
    configs: Callable[[int], Iterator[RunConfig]]


def _salah_yevick(seed: int) -> Iterator[RunConfig]:
    """Section 2 of the paper. Ours, where it is silent: embedding width 64, full batch, 15,000 steps."""
    return (RunConfig(seed=seed + k, budget_step=15_000) for k in itertools.count())


# The smallest moduli seldom grok, the largest cost most: half the odds of the others.
_MODULI = {11: 0.5, 13: 0.5, 17: 1, 19: 1, 23: 1, 29: 1, 31: 1, 37: 1, 41: 1, 43: 1, 47: 0.5, 53: 0.5, 59: 0.5}  # fmt: skip


def _corpus(seed: int) -> Iterator[RunConfig]:
    """Blocks of six runs: one configuration with three seeds, three with one. A quarter repeats: the noise floor."""
    for block in itertools.count():
        rng = np.random.default_rng([seed, block])
        for repeats in (3, 1, 1, 1):
            configuration = _corpus_configuration(rng)
            for _ in range(repeats):
                yield _corpus_run(configuration, rng)


def _corpus_configuration(rng: np.random.Generator) -> dict[str, object]:
    odds = np.array(list(_MODULI.values()))
    decay = 0.0 if rng.random() < 0.15 else _log_uniform(rng, 0.05, 4.0)
    return {
        "operation": str(
            rng.choice(["add", "sub", "mul", "random_table"], p=[0.33, 0.24, 0.27, 0.16])
        ),
        "modulus": int(rng.choice(list(_MODULI), p=odds / odds.sum())),
        "train_fraction": round(float(rng.uniform(0.25, 0.9)), 3),
        "embedding_dim": int(rng.choice([16, 32, 64])),
        "width": int(rng.choice([64, 128, 256], p=[0.4, 0.4, 0.2])),
        "init_scale": _log_uniform(rng, 0.5, 4.0),
        "learning_rate": _log_uniform(rng, 4e-4, 1e-2),
        "weight_decay": decay,
    }


def _corpus_run(configuration: dict[str, object], rng: np.random.Generator) -> RunConfig:
    """Draw what may differ between runs of one configuration; the budget knows nothing of what will happen."""
    budget = int(_log_uniform(rng, 2_000, 30_000))
    evals = int(rng.choice([100, 200, 400]))
    return RunConfig(
        **configuration,  # type: ignore[arg-type]
        seed=int(rng.integers(2**31)),
        budget_step=budget,
        checkpoint_every=budget // evals if rng.random() < 0.25 else None,
        early_stop=bool(rng.random() >= 0.1),
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.4g}")


PRESETS: dict[str, Preset] = {
    "salah_yevick": Preset(
        "Salah & Yevick (arXiv 2507.11645): embedding-MLP, addition modulo 53, half of the pairs, seeds varied",
        _salah_yevick,
    ),
    "corpus": Preset(
        "what the shipped forecaster learns from: add, sub, mul and random tables over 13 moduli, "
        "all hyperparameters varied, 3 seeds for a quarter of the configurations",
        _corpus,
    ),
}


def preset_configs(name: str, n_runs: int, seed: int, overrides: dict[str, str]) -> list[RunConfig]:
    """Return the first configs of a preset, with fields overridden by `--set` assignments.

    Raises
    ------
    InvalidInput : unknown preset, unknown field, or a value that the field does not take.
    """
    if name not in PRESETS:
        raise InvalidInput(field="preset", value=name, expected=f"one of {', '.join(PRESETS)}")
    configs = itertools.islice(PRESETS[name].configs(seed), n_runs)
    return [RunConfig.from_strings(config, overrides) for config in configs]
