"""A small neural network of the log hazard, beside the boosted trees.

Much of what decides when a run generalises is smooth, and trees have only steps to draw it with. A network of two hidden
layers is no better than they are, but wrong elsewhere: the mean of both is better than either (docs/decisions.md).
Written in numpy: whoever retrains has no torch, and there is nothing else that fits a Poisson likelihood with exposure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.standardized import centre_and_spread, standardized, standardized_target
from predictor.hazard.time_bins import N_BINS, PersonPeriods
from training_runs.arrays import FloatArray

Array = NDArray[np.floating[Any]]  # of 32 bits
Parameters = list[Array]

_WIDTH, _DROPOUT = 64, 0.3
_EPOCHS, _BATCH, _PEAK, _DECAY = 15, 256, 2e-3, 1e-2
_AT_ONCE = 4096  # rows read together: all of them with all their digits would take half a gigabyte
# Standard deviations: what lies beyond at home tells little of what lies beyond elsewhere.
_FARTHEST = 1.0
_LEAST_KNOWN = 0.02  # of the rows: a column known less often is not read
_LOWEST, _HIGHEST = np.float32(-20), np.float32(8)  # log rates
_ONE: Array = np.ones(1, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Activations:
    """What rows become on their way through the networks, each of shape (n_rows, n_networks, 1, width of the layer).

    Attributes
    ----------
    inputs : the features, standardised.
    first, second : what goes into each hidden layer.
    log_rates : log hazard per decade in each bin.
    """

    inputs: Array
    first: Array
    second: Array
    log_rates: Array


@dataclass(frozen=True, eq=False)
class HazardNetwork:
    """The mean log hazard of networks that read every column they are given, standardised; there is one, or one of each learner.

    Attributes
    ----------
    centre, scale : median and spread of each feature, shape (n_networks, n_features); a missing value counts as the median.
    parameters : weights (n_networks, n_in, n_out) and offsets (n_networks, 1, n_out) of three layers, by turns; then how
        much a higher target accuracy takes away in each bin, (n_networks, 1, n_bins), as the inverse of softplus, so that
        it never adds.
    """

    centre: FloatArray
    scale: FloatArray
    parameters: Parameters

    @classmethod
    def fit(
        cls, features: FloatArray | ChosenRows, target: FloatArray, periods: PersonPeriods, weight: FloatArray
    ) -> "HazardNetwork":
        """Fit one by the Poisson likelihood; arguments as for `fit_hazard`. The same rows give the same network."""
        n_rows, n_features = features.shape
        known = np.array([np.isfinite(features[:, k]).mean() for k in range(n_features)]) > _LEAST_KNOWN
        centre, spread = np.zeros(n_features), np.full(n_features, np.inf)
        centre[known], spread[known] = centre_and_spread(features, np.flatnonzero(known))
        # What does not vary is always at its centre.
        scale = np.where(spread > 1e-9, spread, np.inf)
        inputs = np.empty((n_rows, n_features), dtype=np.float32)
        for part in (slice(k, k + _AT_ONCE) for k in range(0, n_rows, _AT_ONCE)):
            inputs[part] = _standardized(features[part], centre, scale)
        exposure, event = (np.zeros((n_rows, N_BINS), dtype=np.float32) for _ in range(2))
        exposure[periods.row, periods.bin] = periods.exposure
        event[periods.row, periods.bin] = periods.event
        share = (weight / weight.mean()).astype(np.float32)[:, None]
        trained = _trained(inputs, _query(target), exposure * share, event * share)
        return cls(centre[None], scale[None], [np.atleast_2d(p)[None] for p in trained])

    def state(self) -> dict[str, Any]:
        """Return the arrays."""
        return {"centre": self.centre, "scale": self.scale, "parameters": list(self.parameters)}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "HazardNetwork":
        """Return the network whose state this is."""
        return cls(**state)

    @classmethod
    def mean(cls, parts: Sequence["HazardNetwork"]) -> "HazardNetwork":
        """Return the mean of several."""
        centre, scale = (np.concatenate([getattr(p, n) for p in parts]) for n in ("centre", "scale"))
        layers = zip(*(part.parameters for part in parts), strict=True)
        return cls(centre, scale, [np.concatenate(layer) for layer in layers])

    def activations(self, features: FloatArray, target: FloatArray) -> Activations:
        """Return what features of shape (n_rows, n_features) become, to be handed to the two methods below.

        A product for each row: one of all rows rounds otherwise, and a forecast must not depend on which other rows
        are in the batch.
        """
        x = _standardized(features[:, None], self.centre, self.scale)[:, :, None]
        first, _, second, _, log_rates = _forward(self.parameters, x, _query(target)[:, None, None])
        return Activations(x, first, second, log_rates)

    def log_rates(self, rows: Activations) -> FloatArray:
        """Return the log hazard per decade in each bin, shape (n_rows, n_bins)."""
        return np.asarray(rows.log_rates[:, :, 0].mean(1), dtype=np.float64)

    def contributions(self, rows: Activations, bins: NDArray[np.intp]) -> FloatArray:
        """Return each feature's distance from its median, as far as it is read, times the slope there.

        Shape (n_rows, n_features). The first term of a Taylor series: what it leaves out belongs to no single feature.
        """
        w1, _, w2, _, w3, *_ = self.parameters
        to_bins = w3[:, :, bins].transpose(2, 0, 1)[:, :, None]  # (n_rows, n_networks, 1, n_hidden)
        back_2 = to_bins * _silu_slope(rows.second)
        back_1 = back_2 @ w2.transpose(0, 2, 1) * _silu_slope(rows.first)
        return np.asarray((rows.inputs * (back_1 @ w1.transpose(0, 2, 1)))[:, :, 0].mean(1))


def _standardized(features: FloatArray, centre: FloatArray, scale: FloatArray) -> Array:
    return standardized(features, centre, scale, _FARTHEST).astype(np.float32)


def _query(target: FloatArray) -> Array:
    return standardized_target(target).astype(np.float32)[:, None]


def _forward(
    parameters: Parameters,
    x: Array,
    query: Array,
    masks: Sequence[Array] = (_ONE, _ONE),
) -> tuple[Array, ...]:
    """Return what goes into and comes out of each hidden layer, and the log hazards."""
    w1, b1, w2, b2, w3, b3, fall = parameters
    before_1 = x @ w1 + b1
    after_1 = _silu(before_1) * masks[0]
    before_2 = after_1 @ w2 + b2
    after_2 = _silu(before_2) * masks[1]
    falls: Array = np.logaddexp(fall, np.float32(0)) * query
    log_rates = np.minimum(np.maximum(after_2 @ w3 + b3 - falls, _LOWEST), _HIGHEST)
    return before_1, after_1, before_2, after_2, log_rates


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _silu(x: Array) -> Array:
    return np.asarray(x * _sigmoid(x))


def _silu_slope(x: Array) -> Array:
    s = _sigmoid(x)
    return np.asarray(s * (1 + x * (1 - s)))


def _trained(
    inputs: Array,
    query: Array,
    exposure: Array,
    event: Array,
) -> Parameters:
    """Train with AdamW (Loshchilov & Hutter 2019), a rate that rises and falls, and dropout."""
    rng = np.random.default_rng(0)
    parameters = _initial(rng, inputs.shape[1], exposure, event)
    mean, square = ([np.zeros_like(p) for p in parameters] for _ in range(2))
    batches = list(_batches(rng, len(inputs)))
    for k, rows in enumerate(batches):
        gradients = _gradients(parameters, inputs[rows], query[rows], exposure[rows], event[rows], rng)
        rate = _PEAK * min((k + 1) / (0.3 * len(batches)), 1.0) * _falling(k / len(batches))
        for p, g, m, v in zip(parameters, gradients, mean, square, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            step = m / (1 - 0.9 ** (k + 1)) / (np.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8)
            p -= np.float32(rate) * (step + _DECAY * p)
    return parameters


def _falling(done: float) -> float:
    """Return 1 until a third of the training is done, then a cosine down to 0."""
    return float(0.5 * (1 + np.cos(np.pi * max(done - 0.3, 0.0) / 0.7)))


def _batches(rng: np.random.Generator, n_rows: int) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each step: every row once an epoch, but for a last batch that is not full."""
    size = min(_BATCH, n_rows)
    for _ in range(_EPOCHS):
        order = rng.permutation(n_rows)
        yield from (order[k : k + size] for k in range(0, n_rows - size + 1, size))


def _initial(
    rng: np.random.Generator,
    n_inputs: int,
    exposure: Array,
    event: Array,
) -> Parameters:
    """Begin with the rate of all rows in each bin."""

    def layer(n_in: int, n_out: int, size: float = 1.0) -> Parameters:
        bound = size / np.sqrt(n_in)
        uniform = rng.uniform(-bound, bound, (n_in, n_out)).astype(np.float32)
        return [uniform, np.zeros(n_out, dtype=np.float32)]

    parameters = [*layer(n_inputs, _WIDTH), *layer(_WIDTH, _WIDTH), *layer(_WIDTH, N_BINS, 0.1)]
    parameters[-1] += np.log((event.sum(0) + 1e-3) / (exposure.sum(0) + 1e-1))
    return [*parameters, np.zeros(N_BINS, dtype=np.float32)]


def _gradients(
    parameters: Parameters,
    x: Array,
    query: Array,
    exposure: Array,
    event: Array,
    rng: np.random.Generator,
) -> Parameters:
    """Return the gradient of `exposure * rate - event * log(rate)`, averaged over rows, with dropout."""
    _, _, w2, _, w3, _, fall = parameters
    kept = np.float32(1 - _DROPOUT)
    masks = [(rng.random((len(x), _WIDTH), dtype=np.float32) < kept) / kept for _ in range(2)]
    before_1, after_1, before_2, after_2, log_rates = _forward(parameters, x, query, masks)
    out = (exposure * np.exp(log_rates) - event) / np.float32(len(x))
    hidden_2 = out @ w3.T * masks[1] * _silu_slope(before_2)
    hidden_1 = hidden_2 @ w2.T * masks[0] * _silu_slope(before_1)
    return [
        x.T @ hidden_1,
        hidden_1.sum(0),
        after_1.T @ hidden_2,
        hidden_2.sum(0),
        after_2.T @ out,
        out.sum(0),
        -(out * query).sum(0) * _sigmoid(fall),
    ]
