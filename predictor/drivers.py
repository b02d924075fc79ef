"""The features that moved a forecast, in words."""

import numpy as np

from features.curves import FloatArray
from features.extract import FEATURES
from predictor.forecast import Driver

N_DRIVERS = 5


def drivers_of(contribution: FloatArray, values: FloatArray) -> tuple[Driver, ...]:
    """Return the features with the largest contributions to the log hazard of one forecast, strongest first."""
    names = list(FEATURES)
    strongest = np.argsort(-np.abs(contribution), kind="stable")[:N_DRIVERS]
    return tuple(
        Driver(
            names[k], round(float(contribution[k]), 4), _text(names[k], values[k], contribution[k])
        )
        for k in strongest
        if contribution[k] != 0
    )


def _text(name: str, value: float, effect: float) -> str:
    seen = "is not known" if np.isnan(value) else f"is {value:.3g}"
    return f"{FEATURES[name].text}, {seen}: onset {'sooner' if effect > 0 else 'later or never'}"
