"""Some rows of a matrix: every learner sees most of the same features, and a copy for each takes half a gigabyte."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class ChosenRows:
    """Rows of a matrix, indexed as an array of them would be, of which no more is copied than is read.

    Attributes
    ----------
    matrix : shape (n, n_columns).
    row : positions of the rows in it.
    """

    matrix: FloatArray
    row: NDArray[np.intp]

    @classmethod
    def of(cls, features: "FloatArray | ChosenRows", chosen: NDArray[np.bool_]) -> "ChosenRows":
        """Return some rows of a matrix, or of rows of one."""
        if isinstance(features, ChosenRows):
            return cls(features.matrix, features.row[chosen])
        return cls(features, np.flatnonzero(chosen))

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows, and how many columns."""
        return len(self.row), self.matrix.shape[1]

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, at: Any) -> FloatArray:
        """Return `[rows]`, or all rows of one column or of several, `[:, columns]`."""
        if not isinstance(at, tuple):
            return np.asarray(self.matrix[self.row[at]])
        _, columns = at
        row = self.row if np.ndim(columns) == 0 else self.row[:, None]
        return np.asarray(self.matrix[row, columns])
