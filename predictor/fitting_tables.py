"""The tables of a corpus that a forecaster is fitted on, made once: features take longer than a model of them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable, monitored_table, training_table
from training_runs import Run

_AT_ONCE = 250  # runs that a process measures at a time: some ten seconds of work; fewer are measured here


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
        parts = _parts(runs)
        measured = []
        on_part(0, len(parts))
        for part in _each_measured(parts):
            measured.append(part)
            on_part(len(measured), len(parts))
        order = {run.run_id: k for k, run in enumerate(runs)}
        joined = (
            FeatureTable.concatenate(tables)
            for tables in ([t.training for t in measured], [t.monitored_rows for t in measured])
        )
        return cls(*(t.where(np.argsort([order[r] for r in t.run.tolist()], kind="stable")) for t in joined))

    def of_configurations(self, names: NDArray[np.str_]) -> "FittingTables":
        """Return the rows of some configurations."""
        return FittingTables(self.training.of_configurations(names), self.monitored_rows.of_configurations(names))

    def joined(self, other: "FittingTables") -> "FittingTables":
        """Return the rows of both; their configurations must differ."""
        return FittingTables(
            FeatureTable.concatenate([self.training, other.training]),
            FeatureTable.concatenate([self.monitored_rows, other.monitored_rows]),
        )


def _each_measured(parts: Sequence[list[Run]]) -> Iterator[FittingTables]:
    if len(parts) < 2 or os.cpu_count() == 1:
        yield from map(_measured, parts)
        return
    # Takes a second, and is seldom needed.
    from joblib.externals.loky import get_reusable_executor  # type: ignore[import-untyped]
    from sklearn.utils.parallel import Parallel, delayed

    yield from Parallel(n_jobs=-1, return_as="generator")(delayed(_measured)(p) for p in parts)
    get_reusable_executor().shutdown()  # they would wait for five minutes, with a quarter of a gigabyte each


def _measured(runs: list[Run]) -> FittingTables:
    return FittingTables(training_table(runs), monitored_table(runs))


def _parts(runs: Sequence[Run]) -> list[list[Run]]:
    """Cut runs into parts of some hundred: weights are by configuration, so all seeds of one stay together."""
    by_configuration: dict[str, list[Run]] = {}
    for run in runs:
        by_configuration.setdefault(run.configuration_id, []).append(run)
    parts: list[list[Run]] = [[]]
    for seeds in by_configuration.values():
        if len(parts[-1]) >= _AT_ONCE:
            parts.append([])
        parts[-1] += seeds
    return parts
