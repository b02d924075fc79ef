"""Columns of features by name and version: what a table holds, and what a forecaster reads of it.

Positions mean nothing outside one registry: a feature may be added in the middle of it, and a forecaster that was fitted
before still finds its own columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """A feature's name, and the version of what it means: another meaning under the same name is another version."""

    name: str
    version: int = 1


class MissingColumn(LookupError):
    """A column that is wanted is not measured, or is measured in another version."""

    def __init__(self, *, wanted: Column, present_version: int | None) -> None:
        super().__init__(wanted, present_version)
        self.wanted, self.present_version = wanted, present_version

    def __str__(self) -> str:
        name, version = self.wanted.name, self.wanted.version
        if self.present_version is None:
            return f"feature {name!r} (version {version}) is not measured any more"
        return f"feature {name!r} is wanted in version {version}, and version {self.present_version} of it is measured"


def positions(wanted: Sequence[Column], present: Sequence[Column]) -> NDArray[np.intp]:
    """Return where each wanted column stands among those present, shape (n_wanted,).

    Raises
    ------
    MissingColumn : one is not there, or in another version.

    >>> positions([Column("b"), Column("a")], [Column("a"), Column("new"), Column("b")]).tolist()
    [2, 0]
    """
    place = {column.name: k for k, column in enumerate(present)}
    for column in wanted:
        k = place.get(column.name)
        if k is None or present[k] != column:
            raise MissingColumn(wanted=column, present_version=None if k is None else present[k].version)
    return np.array([place[column.name] for column in wanted], dtype=np.intp)
