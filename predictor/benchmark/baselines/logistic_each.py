"""Logistic regressions of one outcome on each of many columns in turn, all at once."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from training_runs.arrays import FloatArray

_STEPS = 50  # at most: six or so do
_NEAR = 1e-6  # of a coefficient, in standard deviations


def probability_by_each(columns: FloatArray, shared: FloatArray, label: NDArray[np.bool_]) -> FloatArray:
    """Return what a regression on each column and the shared ones gives the rows that it was fitted on.

    Median imputation, standardisation and a ridge penalty of 1/2 on all but the intercept, as scikit-learn's defaults. Newton's
    method, for all columns together: fitted one by one the two hundred signals of a run take ten to three hundred times as long,
    most of it in scikit-learn's checks.

    Parameters
    ----------
    columns : shape (n_rows, n_columns); NaN where a value is missing.
    shared : shape (n_rows, n_shared).
    label : of both kinds, shape (n_rows,).

    Returns
    -------
    shape (n_columns, n_rows).
    """
    filled = SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(columns)
    own, others = (StandardScaler().fit_transform(part) for part in (filled, shared))
    design = np.ones((own.shape[1], len(own), 2 + others.shape[1]))
    design[:, :, 1], design[:, :, 2:] = own.T, others
    penalty = np.ones(design.shape[2])
    penalty[0] = 0

    weight = np.zeros((len(design), design.shape[2]))
    for _ in range(_STEPS):
        probability = _probability(design, weight)
        slope = ((probability - label)[:, None, :] @ design)[:, 0] + penalty * weight
        spread = (probability * (1 - probability))[:, :, None]
        curvature = (design * spread).mT @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        weight -= step
        if np.abs(step).max() < _NEAR:
            break
    return _probability(design, weight)


def _probability(design: FloatArray, weight: FloatArray) -> FloatArray:
    return np.asarray(expit((design @ weight[:, :, None])[:, :, 0]))
