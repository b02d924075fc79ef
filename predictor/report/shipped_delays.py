"""The delay and the four classes as the shipped forecaster forecasts them, in minutes instead of the hour of all outer folds.

`python -m predictor.report.shipped_delays` judges each run of the corpus by the learner that has not seen its configuration,
calibrated without it. Only the curve of how runs memorise, one for all, has seen every run. The benchmark's own figures are
those of outer folds.
"""

import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable, table_at
from predictor.benchmark.baselines.context_and_population import context_matrix
from predictor.benchmark.delay import DelayForecasts, delays_by_kind, outcome_figures
from predictor.benchmark.prediction import predict
from predictor.benchmark.rows import ANY, HEADLINE, LANDMARKS
from predictor.forecaster import OnsetForecaster
from predictor.hazard.cross_fitting import HazardModel
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.folds import fold_of
from predictor.hazard.rows import Rows
from predictor.report.markdown import markdown_section
from predictor.report.tables import delay_table, outcomes_table
from training_runs import Run


def shipped_delays(
    forecaster: OnsetForecaster, runs: Sequence[Run], *, n_trees: int | None = None
) -> dict[str, DelayForecasts]:
    """Return the forecasts of rows before the rise, at memorisation and at any landmark, each by a learner blind to it."""
    at = {name: table_at(runs, LANDMARKS[name]).early() for name in (HEADLINE, ANY)}
    context_only = _context_only(at[ANY], n_trees)
    return {name: _forecasts(forecaster, context_only, rows) for name, rows in at.items()}


def _context_only(rows: FeatureTable, n_trees: int | None) -> HazardModel:
    learnt = Rows.of(rows, context_matrix(rows), np.zeros(len(rows), dtype=np.int64))
    return HazardModel.fit(learnt, range(learnt.features.shape[1]), n_trees=n_trees)


def _forecasts(forecaster: OnsetForecaster, context_only: HazardModel, rows: FeatureTable) -> DelayForecasts:
    curves = forecaster.curves(rows, blind=True, to_reach=False)
    no_group = np.zeros(len(rows), dtype=np.int64)
    of_context = context_only.blind_curves(context_matrix(rows), rows.target, no_group, rows.configuration)
    predicted = predict(OnsetCurves(of_context, curves.reach), rows)
    parts = []
    for fold in _folds(rows):
        own = OnsetCurves(curves.cdf[fold], curves.reach[fold])
        learnt_from = rows.where(~fold)
        parts.append(
            DelayForecasts.of(rows.where(fold), own, forecaster.memorization, learnt_from, predicted.where(fold))
        )
    return DelayForecasts.concatenate(parts)


def _folds(rows: FeatureTable) -> Iterator[NDArray[np.bool_]]:
    """Yield which rows are in each fold of configurations."""
    fold = fold_of(rows.configuration, "fit")
    yield from (fold == k for k in np.unique(fold))


def main() -> None:
    """Write the tables of the shipped forecaster to standard output, as Markdown."""
    from predictor.store import SHIPPED, ForecasterStore
    from training_runs import archive

    found = shipped_delays(ForecasterStore(SHIPPED).load(), archive.read(archive.CORPUS))
    tables = [delay_table(delays_by_kind(found))]
    tables += [outcomes_table(name, outcome_figures(forecasts)) for name, forecasts in found.items()]
    sys.stdout.write("\n\n".join(map(markdown_section, tables)) + "\n")


if __name__ == "__main__":
    main()
