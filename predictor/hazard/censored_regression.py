"""Log-normal accelerated failure times: a linear model of log10 time, fitted with right-censored rows.

Rows without an event say that it came later. Left out, they flatten every slope, since what takes longest is censored most.

References
----------
Kalbfleisch & Prentice (2002), The Statistical Analysis of Failure Time Data, 2nd ed., section 3.6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class LogNormalTimes:
    """log10 T = X @ coefficients + sigma * N(0, 1)."""

    coefficients: FloatArray
    sigma: float

    def median(self, matrix: FloatArray) -> FloatArray:
        """Return the median of log10 T of each row."""
        return np.asarray(matrix @ self.coefficients)

    def median_by(self, matrix: FloatArray, horizon: FloatArray) -> FloatArray:
        """Return the median of log10 T given that it is at most a horizon, in log10 steps."""
        mean = self.median(matrix)
        half = norm.cdf((horizon - mean) / self.sigma) / 2
        return np.asarray(np.where(half > 0, mean + self.sigma * norm.ppf(np.maximum(half, 1e-300)), horizon))

    def probability_by(self, matrix: FloatArray, horizon: FloatArray) -> FloatArray:
        """Return P(log10 T <= horizon)."""
        return np.asarray(norm.cdf((horizon - self.median(matrix)) / self.sigma))


def fit(
    matrix: FloatArray, time: FloatArray, event: NDArray[np.bool_], offset: FloatArray | float = 0.0
) -> LogNormalTimes:
    """Fit by maximum likelihood.

    Parameters
    ----------
    matrix : shape (n_rows, n_columns), a column of ones (or one a group) included.
    time : log10 of the time of the event, or of censoring; shape (n_rows,).
    event : whether it was seen.
    offset : what is added to each row's mean and not fitted: a law whose exponents are given.
    """
    y = time - offset

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        sigma = np.exp(theta[-1])
        z = (y - matrix @ theta[:-1]) / sigma
        log_survival = norm.logsf(z)
        value = np.where(event, z**2 / 2 + theta[-1], -log_survival).sum()
        hazard = np.exp(norm.logpdf(z) - log_survival)
        by_z = np.where(event, z, hazard)
        return value, np.append(-(by_z @ matrix) / sigma, np.where(event, 1 - z**2, -hazard * z).sum())

    start = np.append(np.linalg.lstsq(matrix, y, rcond=None)[0], np.log(np.std(y) + 0.1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return LogNormalTimes(found[:-1], float(np.exp(found[-1])))
