"""The forecaster on runs that it has learnt from beside the corpus, each judged by learners that have not seen its configuration.

The benchmark of configurations held out fits on the corpus alone. Of what a release learns from beyond that, design by design,
these are the figures; images have some of their own, whatever design they come from, and so have all designs together: few onsets
of one are followed to the end of their intervals, and how many the intervals hold can be told of all only. The corpus stands beside
them, learnt from together with all else: what that bought it can be told from its benchmark. Context only is fitted on all that the
release learns from, in the same folds; the best single signal on other configurations of the same design.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from features.table import FeatureTable, table_at
from predictor.benchmark.baselines.context_and_population import best_single_signal, blind_context_boosting
from predictor.benchmark.figures import landmark_figures
from predictor.benchmark.held_out import HeldOut
from predictor.benchmark.methods import BEST_SIGNAL, CONTEXT_BOOSTED
from predictor.benchmark.prediction import Prediction, Predictor
from predictor.benchmark.result import ALL_DESIGNS, CORPUS_BESIDE, IMAGES, LandmarkFigures
from predictor.benchmark.rows import ANY, HEADLINE, LANDMARKS
from predictor.forecaster import OnsetForecaster
from predictor.hazard.folds import fold_of
from training_runs import Run

_IMAGE_FAMILIES = ("mnist", "digits")
_LANDMARKS = (HEADLINE, "10 % of budget")


def benchmark_designs(
    forecaster: OnsetForecaster, own: Sequence[Run], designs: Mapping[str, Sequence[Run]], training: FeatureTable
) -> dict[str, dict[str, LandmarkFigures]]:
    """Return the figures of each design, of all of them, of images and of the corpus, at memorisation and at a tenth of the budget; of all at any landmark too.

    Parameters
    ----------
    own : the runs that the forecaster has learnt from, public ones aside; those of images are taken from all of them.
    designs : name -> those beside the corpus.
    training : rows of all runs that it has learnt from, on which context only is fitted.
    """
    beside = {run.run_id for run in chain(*designs.values())}
    groups = {
        **designs,
        ALL_DESIGNS: list(chain(*designs.values())),
        IMAGES: [run for run in own if run.context.task_family in _IMAGE_FAMILIES],
        CORPUS_BESIDE: [run for run in own if run.run_id not in beside],
    }
    tables = {
        (name, landmark): table_at(runs, LANDMARKS[landmark]).early()
        for name, runs in groups.items()
        for landmark in (*_LANDMARKS, *([ANY] if name == ALL_DESIGNS else []))
    }
    predictors = {CONTEXT_BOOSTED: blind_context_boosting(training), BEST_SIGNAL: in_folds(best_single_signal)}
    figures: dict[str, dict[str, LandmarkFigures]] = {}
    for (name, landmark), rows in tables.items():
        if len(rows):
            held_out = HeldOut.of(forecaster, predictors, rows, rows, blind=True)
            figures.setdefault(name, {})[landmark] = landmark_figures(held_out)
    return figures


def in_folds(predictor: Predictor) -> Predictor:
    """Predict each row from those of other configurations, in folds."""

    def predict_all(at: FeatureTable, test: FeatureTable) -> Prediction:
        own, others = fold_of(test.configuration, "designs"), fold_of(at.configuration, "designs")
        probability, median = np.full(len(test), np.nan), np.full(len(test), np.nan)
        for k in np.unique(own):
            found = predictor(at.where(others != k), test.where(own == k))
            probability[own == k], median[own == k] = found.probability, found.median
        return Prediction(probability, median)

    return predict_all
