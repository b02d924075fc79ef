"""The features that moved a forecast, in words."""

from collections.abc import Sequence

import numpy as np

from features.columns import Column
from features.extract import FEATURES
from predictor.forecast import Driver
from training_runs.arrays import FloatArray

N_DRIVERS = 5


def drivers_of(columns: Sequence[Column], contribution: FloatArray, values: FloatArray) -> tuple[Driver, ...]:
    """Return the features with the largest contributions to the log hazard of one forecast, strongest first.

    Parameters
    ----------
    columns : of the features, in the order of their contributions and values, shape (n_features,) each.
    """
    known = np.where(np.isfinite(values), np.abs(contribution), 0.0)
    strongest = np.argsort(-known, kind="stable")[:N_DRIVERS]
    return tuple(
        Driver(columns[k].name, round(float(contribution[k]), 4), _text(columns[k].name, values[k], contribution[k]))
        for k in strongest
        if contribution[k] != 0 and np.isfinite(values[k])
    )


def _text(name: str, value: float, effect: float) -> str:
    towards = "generalising earlier" if effect > 0 else "generalising later or never"
    return f"{FEATURES[name].in_words(value)}, which points to {towards}"
