"""The tables of a corpus that a forecaster is fitted on, made once: features take longer than a model of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable, monitored_table, training_table
from predictor.measuring import measured
from training_runs import Run


@dataclass(frozen=True, eq=False)
class FittingTables:
    """What a forecaster is fitted on.

    Attributes
    ----------
    training : what is learnt from.
    monitored_rows : every checkpoint at which a monitor would request a forecast, from memorisation to the rise.
    """

    training: FeatureTable
    monitored_rows: FeatureTable

    @classmethod
    def of(cls, runs: Sequence[Run], on_part: Callable[[int, int], None] = lambda done, total: None) -> "FittingTables":
        """Measure every run, on all cores where there are many. The tables do not depend on how many cores there are.

        `on_part` is called with how many parts of the runs are measured, and how many there are.
        """
        return cls(*measured(runs, _both, on_part))

    def of_configurations(self, names: NDArray[np.str_]) -> "FittingTables":
        """Return the rows of some configurations."""
        return FittingTables(self.training.of_configurations(names), self.monitored_rows.of_configurations(names))

    def joined(self, other: "FittingTables") -> "FittingTables":
        """Return the rows of both; their configurations must differ."""
        return FittingTables(
            FeatureTable.concatenate([self.training, other.training]),
            FeatureTable.concatenate([self.monitored_rows, other.monitored_rows]),
        )


def _both(runs: list[Run]) -> tuple[FeatureTable, FeatureTable]:
    return training_table(runs), monitored_table(runs)
