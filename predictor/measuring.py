"""Tables of many runs, measured on all cores: features of a run take longer than a forecast of it."""

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from features.table import FeatureTable
from training_runs import Run

Measure = Callable[[list[Run]], tuple[FeatureTable, ...]]

_AT_ONCE = 250  # runs that a process measures at a time: some ten seconds of work; fewer are measured here


def measured(
    runs: Sequence[Run], measure: Measure, on_part: Callable[[int, int], None] = lambda done, total: None
) -> tuple[FeatureTable, ...]:
    """Return the tables that `measure` makes of runs, rows in the order of the runs, however many cores there are.

    `on_part` is called with how many parts of the runs are measured, and how many there are.
    """
    parts = _parts(runs)
    tables = []
    on_part(0, len(parts))
    for of_part in _each_measured(parts, measure):
        tables.append(of_part)
        on_part(len(tables), len(parts))
    order = {run.run_id: k for k, run in enumerate(runs)}
    joined = (FeatureTable.concatenate(of_parts) for of_parts in zip(*tables, strict=True))
    return tuple(t.where(np.argsort([order[r] for r in t.run.tolist()], kind="stable")) for t in joined)


def _each_measured(parts: Sequence[list[Run]], measure: Measure) -> Iterator[tuple[FeatureTable, ...]]:
    if len(parts) < 2 or os.cpu_count() == 1:
        yield from map(measure, parts)
        return
    # Takes a second, and is seldom needed.
    from joblib.externals.loky import get_reusable_executor  # type: ignore[import-untyped]
    from sklearn.utils.parallel import Parallel, delayed

    yield from Parallel(n_jobs=-1, return_as="generator")(delayed(measure)(p) for p in parts)
    get_reusable_executor().shutdown()  # they would wait for five minutes, with a quarter of a gigabyte each


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
