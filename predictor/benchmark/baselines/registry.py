"""Every baseline, in the order of the tables: a new one is a function and a row here.

A baseline is a `Predictor`, a function of training rows at a landmark and of test rows at the same kind of landmark,
wrapped in `at_landmark`; or, where it learns from the whole training table, a function that returns one.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from predictor.benchmark.baselines.context_and_population import (
    best_single_signal,
    context_boosting,
    context_linear,
    kaplan_meier_curve,
)
from predictor.benchmark.baselines.laws import LAWS, closed_law
from predictor.benchmark.baselines.single_signals import (
    COLUMNS,
    Trajectories,
    accuracy_extrapolation,
    first_passage,
    linear_rule,
    loss_extrapolation,
)
from predictor.benchmark.methods import BEST_SIGNAL, CONTEXT_BOOSTED, CONTEXT_LINEAR
from predictor.benchmark.prediction import FitBaseline, at_landmark


@dataclass(frozen=True)
class Baseline:
    """A method that the forecaster must beat.

    Attributes
    ----------
    name : in every table.
    reads : the context alone, by a law or by a model, a signal or two of the history, or the population; the headline gives
        the difference to the best of the models that read the context, and to the best of those that read signals.
    fit : from the training table to a predictor.
    """

    name: str
    reads: Literal["context", "law", "signals", "population"]
    fit: FitBaseline


def baselines(trajectories: Trajectories, n_trees: int | None = None) -> tuple[Baseline, ...]:
    """Return every baseline; those that extrapolate curves look rows up in the recordings, by run id.

    The boosted one has as many trees as the forecaster beside it.
    """
    return (
        Baseline(CONTEXT_BOOSTED, "context", partial(context_boosting, n_trees=n_trees)),
        Baseline(CONTEXT_LINEAR, "context", at_landmark(context_linear)),
        Baseline(BEST_SIGNAL, "signals", at_landmark(best_single_signal)),
        Baseline("Kaplan-Meier", "population", at_landmark(kaplan_meier_curve)),
        *laws(),
        *(Baseline(name, "signals", at_landmark(linear_rule(*columns))) for name, columns in COLUMNS.items()),
        Baseline("weight-norm first passage", "signals", first_passage),
        Baseline("learning curves", "signals", at_landmark(accuracy_extrapolation(trajectories))),
        Baseline("power law of validation loss", "signals", at_landmark(loss_extrapolation(trajectories))),
    )


def laws() -> tuple[Baseline, ...]:
    """Return the closed laws of grokking time, which need rows at their landmark and nothing else."""
    return tuple(Baseline(name, "law", at_landmark(closed_law(exponents))) for name, exponents in LAWS.items())
