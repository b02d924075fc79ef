"""Closed laws of grokking time as rules to beat: a formula of the context that sees no history (docs/laws.md).

The onset is log-normal about the law, with a factor for each task family, architecture and kind of optimiser (decay apart
from the gradient, inside it, SGD), since laws are stated of one. Factors, the spread and the exponents that no paper gives
are fitted with the censored rows, on training rows `at` the same kind of landmark. Of a row without the law's fields, or of
a kind with too few onsets to fit its factor, a law says nothing: such rows get the population's prediction, and are counted.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.benchmark.baselines.context_and_population import kaplan_meier_curve
from predictor.benchmark.prediction import Prediction, Predictor
from predictor.hazard import censored_regression
from training_runs.arrays import FloatArray

# Exponents of OpenReview Qh29Wjs8oo; the fraction is that of all samples that train.
PUBLISHED = {"fraction": -2.04, "rate": -0.50, "decay": -0.64, "width": -0.27}
# Each law by its exponents; None is fitted. `density` is the number of training samples over classes^1.5.
LAWS: dict[str, Mapping[str, float | None]] = {
    "law: 1 / (rate x decay)": {"rate": -1.0, "decay": -1.0},
    "law: published exponents": PUBLISHED,
    "law: censored refit": {"density": None, "rate": None, "decay": None},
}
_TERMS: dict[str, Callable[[FeatureTable], FloatArray]] = {
    "fraction": lambda table: np.log10(table.feature("train_fraction")),
    "density": lambda table: table.feature("samples_over_critical"),
    "rate": lambda table: table.feature("training_clock") - table.feature("step"),
    "decay": lambda table: _above_floor(table.feature("weight_decay")),
    "width": lambda table: table.feature("width"),
}
_NO_DECAY = -4.0  # what stands for log10 of a decay of zero, of which no law says anything
_MIN_ONSETS = 5  # of a kind: below, its factor is not known


def closed_law(exponents: Mapping[str, float | None]) -> Predictor:
    """Return the rule of a law, given by the exponent of each of its terms, or None where that is fitted."""
    given = {name: exponent for name, exponent in exponents.items() if exponent is not None}
    fitted = [name for name in exponents if name not in given]

    def law(table: FeatureTable) -> tuple[FloatArray, FloatArray]:
        """Return the terms to fit, shape (n_rows, n_terms), and log10 of what is given; NaN where a field is missing."""
        offset = sum((exponent * _TERMS[name](table) for name, exponent in given.items()), np.zeros(len(table)))
        return np.column_stack([np.empty((len(table), 0)), *(_TERMS[name](table) for name in fitted)]), offset

    def predict(at: FeatureTable, test: FeatureTable) -> Prediction:
        (terms, offset), (asked_terms, asked_offset) = law(at), law(test)
        learnt = _is_known(terms, offset) & ~at.blocked
        asked = _is_known(asked_terms, asked_offset)
        kinds, onsets = np.unique(_kind(at)[learnt & at.event], return_counts=True)
        kinds = kinds[onsets >= _MIN_ONSETS]
        learnt, asked = learnt & np.isin(_kind(at), kinds), asked & np.isin(_kind(test), kinds)
        population = kaplan_meier_curve(at, test)
        probability, median = population.probability.copy(), population.median.copy()
        if asked.any():
            matrix = np.column_stack([_kind(at)[:, None] == kinds, terms])[learnt]
            model = censored_regression.fit(matrix, np.log10(at.time)[learnt], at.event[learnt], offset[learnt])
            queries = np.column_stack([_kind(test)[:, None] == kinds, asked_terms])[asked]
            horizon = np.log10(test.budget[asked]) - asked_offset[asked]
            probability[asked] = model.probability_by(queries, horizon)
            median[asked] = 10 ** (model.median_by(queries, horizon) + asked_offset[asked])
        return Prediction(probability, np.clip(median, test.landmark + 1, test.budget), silent=~asked)

    return predict


def _is_known(terms: FloatArray, offset: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(terms).all(axis=1) & np.isfinite(offset))


def _above_floor(log_decay: FloatArray) -> FloatArray:
    return np.where(log_decay > _NO_DECAY, log_decay, np.nan)


def _kind(table: FeatureTable) -> NDArray[np.str_]:
    """Return of each row its task family and architecture, and of what kind its optimiser is."""
    trained = [source.rpartition("/")[0] for source in table.source.tolist()]
    by = zip(table.feature("decoupled_decay"), table.feature("plain_gradient"), strict=True)
    return np.array([f"{network}/{decay:g}/{plain:g}" for network, (decay, plain) in zip(trained, by, strict=True)])
