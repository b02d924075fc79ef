"""How a designed sample is drawn: low-discrepancy points turned into runs.

Every family of runs has its own low-discrepancy sequence over all of its hyperparameters at once (Sobol points, turned by
a random shift), so a short prefix covers a family as evenly as a long one. Families take turns by their weights.
Budgets and cadences are drawn without looking at anything else, and nothing is kept or dropped by how its run turned out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy.stats import qmc

from training_runs.config import RunConfig

_DIMENSIONS = 24  # more than any family consumes
# Seeds of a family's configurations in turn: a quarter shows the noise floor.
_REPEATS = (3, 1, 1, 1, 2, 1, 1, 1)

Fields = dict[str, Any]
T = TypeVar("T")


class SobolPoint:
    """One point of the unit cube, read off coordinate by coordinate."""

    def __init__(self, coordinates: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        self._coordinates = iter(coordinates.tolist())

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number from low to high."""
        return float(f"{low + (high - low) * next(self._coordinates):.4g}")

    def log(self, low: float, high: float) -> float:
        """Return a number from low to high, uniform in its logarithm."""
        return float(f"{low * (high / low) ** next(self._coordinates):.4g}")

    def choice(self, weights: Mapping[T, float]) -> T:
        """Return one of the keys, as often as its value says."""
        place = next(self._coordinates) * sum(weights.values())
        for key, share in weights.items():
            place -= share
            if place < 0:
                return key
        return key


# A configuration, a budget and a generator -> the fields that say when a run is recorded.
Cadence = Callable[[Fields, int, np.random.Generator], Fields]


def _cadence(configuration: Fields, budget: int, rng: np.random.Generator) -> Fields:
    """Let most be recorded on a log scale, some sparsely, some at even steps as most people record."""
    match rng.choice(["log", "sparse", "even"], p=[0.7, 0.12, 0.18]):
        case "sparse":
            return {"checkpoints_per_decade": int(rng.choice([8, 12, 16]))}
        case "even":
            return {"checkpoint_every": max(1, budget // int(rng.choice([50, 100, 200])))}
        case _:
            return {}


@dataclass(frozen=True)
class RunFamily:
    """Runs alike: how often they are drawn, their budgets, the configuration at a point, and how they are recorded."""

    weight: int
    budget: tuple[int, int]
    configuration: Callable[[SobolPoint], Fields]
    cadence: Cadence = _cadence


def sample_design(seed: int, families: Sequence[RunFamily]) -> Iterator[RunConfig]:
    """Yield runs without end; the k-th is always the same."""
    draws = [_draws(family, seed, k) for k, family in enumerate(families)]
    for turn in _turns(families):
        yield from next(draws[turn])


def _turns(families: Sequence[RunFamily]) -> Iterator[int]:
    """Yield the places of families, each as often as its weight says, evenly mixed: the one furthest behind is next."""
    taken = np.zeros(len(families))
    weights = np.array([family.weight for family in families], dtype=float)
    while True:
        turn = int(np.argmin((taken + 0.5) / weights))
        taken[turn] += 1
        yield turn


def _draws(family: RunFamily, seed: int, stream: int) -> Iterator[list[RunConfig]]:
    rng = np.random.default_rng([seed, stream])
    shift = rng.uniform(size=_DIMENSIONS)
    sobol = qmc.Sobol(_DIMENSIONS, scramble=False)
    k = 0
    while True:
        for coordinates in (sobol.random(64) + shift) % 1.0:
            configuration = family.configuration(SobolPoint(coordinates))
            yield [
                _run(configuration, family, np.random.default_rng([seed, stream, k, repeat]))
                for repeat in range(_REPEATS[k % len(_REPEATS)])
            ]
            k += 1


def _run(configuration: Fields, family: RunFamily, rng: np.random.Generator) -> RunConfig:
    """Draw what may differ between runs of one configuration; the budget knows nothing of what will happen."""
    low, high = np.log(family.budget)
    budget = int(np.exp(rng.uniform(low, high)))
    return RunConfig(
        **configuration,
        **family.cadence(configuration, budget, rng),
        seed=int(rng.integers(2**31)),
        budget_step=budget,
        early_stop=bool(rng.random() >= 0.1),
    )
