"""The forecaster as it is on the runs of a blind test, beside the context alone and the best single signal.

The context alone is fitted on all that the forecaster has learnt from, the best single signal on other configurations of the
blind test: neither may know less than ours does.
"""

from collections.abc import Sequence

from features.table import FeatureTable, table_at
from predictor.benchmark.baselines.context_and_population import best_single_signal, context_boosting
from predictor.benchmark.designs import in_folds
from predictor.benchmark.figures import landmark_figures
from predictor.benchmark.held_out import HeldOut
from predictor.benchmark.methods import BEST_SIGNAL, CONTEXT_BOOSTED
from predictor.benchmark.result import LandmarkFigures
from predictor.benchmark.rows import LANDMARKS
from predictor.forecaster import OnsetForecaster
from training_runs import Run


def benchmark_blind(
    forecaster: OnsetForecaster, runs: Sequence[Run], training: FeatureTable
) -> dict[str, LandmarkFigures]:
    """Return the figures by kind of landmark.

    Parameters
    ----------
    runs : those of the blind test; no configuration of theirs may be among those learnt from.
    training : rows of all runs that the forecaster has learnt from.
    """
    assert not {run.configuration_id for run in runs} & set(training.configuration.tolist())
    predictors = {CONTEXT_BOOSTED: context_boosting(training), BEST_SIGNAL: in_folds(best_single_signal)}
    tables = {name: table_at(runs, choose).early() for name, choose in LANDMARKS.items()}
    return {
        name: landmark_figures(HeldOut.of(forecaster, predictors, rows, rows))
        for name, rows in tables.items()
        if len(rows)
    }
