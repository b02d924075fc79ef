"""How far runs that differ only in their seed lie apart: what no forecast of a configuration can beat."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training_runs.trajectory import FloatArray


@dataclass(frozen=True)
class NoiseFloor:
    """How far seeds of one configuration lie apart.

    Attributes
    ----------
    difference : mean absolute difference of log10 onset between two seeds; None without a pair.
    value : that over sqrt 2: what a forecast of the configuration's typical onset would be wrong by.
    pairs : with both onsets seen.
    half_censored_pairs : where one generalised and the other was watched for longer without.
    """

    difference: float | None
    value: float | None
    pairs: int
    half_censored_pairs: int


def noise_floor(time: FloatArray, event: NDArray[np.bool_], configuration: NDArray[np.str_]) -> NoiseFloor:
    """Return the spread between seeds, from one row a run. Pairs with a censored onset are left out of the mean."""
    differences, half_censored = [], 0
    for name in np.unique(configuration):
        members = np.flatnonzero(configuration == name)
        for a, b in zip(*np.triu_indices(len(members), 1), strict=True):
            i, j = sorted((members[a], members[b]), key=lambda k: time[k])
            if event[i] and event[j]:
                differences.append(abs(np.log10(time[i] / time[j])))
            elif event[i]:  # the other was still without onset when this one had it
                half_censored += 1
    if not differences:
        return NoiseFloor(None, None, 0, half_censored)
    mean = float(np.mean(differences))
    return NoiseFloor(round(mean, 4), round(mean / 2**0.5, 4), len(differences), half_censored)
