"""Composition in a finite group: which pairs of elements a network must see to know the group (Power et al., arXiv 2201.02177).

A group is a name, or names with x between them for a direct product: `C24` is cyclic of 24, `D12` dihedral, the 24 symmetries
of a 12-gon, `Q8` and `Q24` (generalised) quaternion of that order, `S4` and `A5` symmetric and alternating; `Q8xC3`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce
from itertools import combinations, permutations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig

Table = NDArray[np.int64]  # (order, order): the number of the product of elements a and b; element 0 is the identity

_LARGEST = 200  # elements: as many classes, and squared as many samples


def _pairs(n: int) -> tuple[Table, Table]:
    a, b = np.indices((n, n))
    return a, b


def _cyclic(n: int) -> Table:
    a, b = _pairs(n)
    return (a + b) % n


def _two_generators(n: int, square: int) -> Table:
    """Number i^k j^e as k + n e, where i^n = 1, j i = i^-1 j and j^2 = i^square."""
    a, b = _pairs(2 * n)
    e, f = a // n, b // n
    power: Table = (a + (1 - 2 * e) * b + square * e * f) % n
    return power + n * (e ^ f)


def _dihedral(n: int) -> Table:
    return _two_generators(n, square=0)


def _quaternion(order: int) -> Table:
    return _two_generators(order // 2, square=order // 4)


def _composition(elements: list[tuple[int, ...]]) -> Table:
    """Number f after g for all pairs of these permutations."""
    group = np.array(elements)
    n = group.shape[1]
    digits = n ** np.arange(n)  # a permutation's digits in base n name it
    number = np.zeros(n**n, dtype=np.int64)
    number[group @ digits] = np.arange(len(group))
    table: Table = number[group[:, group] @ digits]  # (f . g)(k) = f(g(k))
    return table


def _is_even(permutation: tuple[int, ...]) -> bool:
    return sum(a > b for a, b in combinations(permutation, 2)) % 2 == 0


def _symmetric(n: int) -> Table:
    return _composition(list(permutations(range(n))))


def _alternating(n: int) -> Table:
    return _composition([p for p in permutations(range(n)) if _is_even(p)])


@dataclass(frozen=True)
class _Kind:
    """Groups of one letter: their order and table by the number in their name, and which numbers there are."""

    order: Callable[[int], int]
    table: Callable[[int], Table]
    exists: Callable[[int], bool]


_KINDS = {
    "C": _Kind(lambda n: n, _cyclic, lambda n: n >= 2),
    "D": _Kind(lambda n: 2 * n, _dihedral, lambda n: n >= 3),
    "Q": _Kind(lambda order: order, _quaternion, lambda order: order >= 8 and order % 4 == 0),
    "S": _Kind(math.factorial, _symmetric, lambda n: 3 <= n <= 5),
    "A": _Kind(lambda n: math.factorial(n) // 2, _alternating, lambda n: 4 <= n <= 5),
}


def _factors(group: str) -> list[tuple[_Kind, int]]:
    """Return what a group is the direct product of, or raise InvalidInput where there is none of this name."""
    parts = [re.fullmatch("([CDQSA])([1-9][0-9]{0,2})", name) for name in group.split("x")]
    factors = [(_KINDS[part[1]], int(part[2])) for part in parts if part]
    if len(factors) < len(parts) or not all(kind.exists(n) for kind, n in factors) or _order(factors) > _LARGEST:
        raise InvalidInput(
            field="group",
            value=group,
            expected=f"C2 and on, D3 and on, Q8, Q12 and on, S3 to S5, A4, A5 or their products, to {_LARGEST} elements",
            hint="a product is written S4xC2",
        )
    return factors


def _order(factors: list[tuple[_Kind, int]]) -> int:
    return math.prod(kind.order(n) for kind, n in factors)


def order(group: str) -> int:
    """Return how many elements a group has; raises InvalidInput where there is none of this name."""
    return _order(_factors(group))


@cache
def cayley_table(group: str) -> Table:
    """Return the products of all pairs of a group's elements; element 0 is the identity.

    Raises
    ------
    InvalidInput : there is no group of this name.
    """
    return reduce(_product, (kind.table(n) for kind, n in _factors(group)))


def _product(first: Table, second: Table) -> Table:
    """Return the table of a direct product, whose element (a, b) is number a x len(second) + b."""
    n = len(first) * len(second)
    return (first[:, None, :, None] * len(second) + second[None, :, None, :]).reshape(n, n)


def groups_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all pairs (a, b) of elements in row-major order, labelled by their product."""
    import torch

    train, val = split(config, generator)
    table = torch.from_numpy(cayley_table(config.group))
    elements = torch.arange(len(table))
    return Task(torch.cartesian_prod(elements, elements), table.flatten(), train, val)


def _check(config: RunConfig) -> None:
    _factors(config.group)


FAMILY = TaskFamily(
    name="groups",
    networks=("embedding_mlp", "transformer", "lstm"),
    classes=lambda config: order(config.group),
    samples=lambda config: order(config.group) ** 2,
    inputs=lambda config: order(config.group),
    make=groups_task,
    check=_check,
    is_of_pairs=True,
)
