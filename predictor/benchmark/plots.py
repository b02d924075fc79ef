"""The arrays behind the plots of the benchmark's report: plain numbers, so that `results.json` can hold them too."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from features.table import FeatureTable
from predictor.benchmark import metrics
from predictor.benchmark.baselines.context_and_population import Prediction
from predictor.benchmark.bootstrap import interval
from training_runs.arrays import FloatArray

CALIBRATION_BINS = 10
MIN_FAMILY_ONSETS = 5  # with fewer, a coverage says nothing
_ROC_POINTS = 200


class HeldOut(Protocol):
    """Held-out rows with their predictions, as `predictor.benchmark.run.Scored` holds them."""

    @property
    def rows(self) -> FeatureTable:
        """The rows, shape (n_rows,) each."""

    @property
    def predictions(self) -> Mapping[str, Prediction]:
        """By method."""

    @property
    def at_end(self) -> FloatArray:
        """The forecaster's F(T) at the onset or at the end of the recording, shape (n_rows,)."""


class Figure(TypedDict):
    """A figure with its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


class Calibration(TypedDict):
    """Rows in bins of their predicted probability: its mean, the share with onset with its interval, and how many."""

    predicted: list[float]
    observed: list[float | None]
    low: list[float | None]
    high: list[float | None]
    rows: list[int]


class Roc(TypedDict):
    """A ROC curve from (0, 0) to (1, 1), and the area under it; blocked negatives are left out."""

    false_positive: list[float]
    true_positive: list[float]
    auroc: float


class Onsets(TypedDict):
    """Onset steps of runs that grokked, as they came and as they were forecast, with the task family of each."""

    actual: list[float]
    predicted: list[float]
    family: list[str]


class Coverage(Figure):
    """How often the 90 % intervals of a family hold the onset, and over how many onsets that is."""

    onsets: int


class Frontier(TypedDict):
    """Share of grokking runs kept and of the compute spent, a point for each threshold; `decision.frontier`."""

    kept: list[float]
    compute: list[float]


class Plots(TypedDict, total=False):
    """What the report can draw. Every key may be missing.

    Keys
    ----
    landmark : the kind of landmark of `calibration`, `onsets` and `coverage`.
    calibration : by method.
    roc : of the forecaster, by kind of landmark.
    onsets : of runs that grokked.
    coverage : by task family.
    leads : of every grokking run, the share of its delay by which the alarm came before the onset, 0 to 1; 0 is a miss.
    frontier : of the forecast in a simulated sweep.
    """

    landmark: str
    calibration: dict[str, Calibration]
    roc: dict[str, Roc]
    onsets: Onsets
    coverage: dict[str, Coverage]
    leads: list[float]
    frontier: Frontier


def plot_arrays(
    scored: Mapping[str, HeldOut],
    family: NDArray[np.str_],
    landmark: str,
    methods: Sequence[str] = ("grokcast",),
) -> Plots:
    """Return the arrays of the plots that held-out rows are enough for: all but `leads` and `frontier`.

    Parameters
    ----------
    scored : by kind of landmark.
    family : of each row at the landmark, shape (n_rows,).
    landmark : the kind whose calibration, onsets and coverage are drawn.
    methods : whose calibration is drawn; the first is the forecaster, which all else is about.
    """
    s, ours = scored[landmark], methods[0]
    grokked = s.rows.grokking()
    return {
        "landmark": landmark,
        "calibration": {
            name: calibration(s.predictions[name].probability, s.rows.event, s.rows.configuration) for name in methods
        },
        "roc": {
            name: roc(x.predictions[ours].probability[~x.rows.blocked], x.rows.event[~x.rows.blocked])
            for name, x in scored.items()
            if _has_both(x.rows.event[~x.rows.blocked])
        },
        "onsets": {
            "actual": s.rows.time[grokked].tolist(),
            "predicted": np.round(s.predictions[ours].median[grokked], 1).tolist(),
            "family": family[grokked].tolist(),
        },
        "coverage": {
            str(name): _coverage(s, family == name)
            for name in np.unique(family)
            if (s.rows.event & (family == name)).sum() >= MIN_FAMILY_ONSETS
        },
    }


def calibration(probability: FloatArray, event: NDArray[np.bool_], configuration: NDArray[np.str_]) -> Calibration:
    """Return predicted beside observed shares, in bins that hold equally many rows; intervals over configurations."""
    groups = np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS)
    bins = [rows for rows in groups if len(rows)]

    def share(of: NDArray[np.bool_]) -> Callable[[NDArray[np.intp]], float]:
        return lambda i: float(of[i].mean())

    observed = [interval(share(event[rows]), configuration[rows]) for rows in bins]
    return {
        "predicted": [round(float(probability[rows].mean()), 4) for rows in bins],
        "observed": [o.value for o in observed],
        "low": [o.low for o in observed],
        "high": [o.high for o in observed],
        "rows": [len(rows) for rows in bins],
    }


def roc(probability: FloatArray, event: NDArray[np.bool_]) -> Roc:
    """Return the ROC curve of a probability, at most 200 points of it."""
    false, true, _ = roc_curve(event, probability)
    some = np.unique(np.linspace(0, len(false) - 1, _ROC_POINTS).astype(int))
    return {
        "false_positive": np.round(false[some], 4).tolist(),
        "true_positive": np.round(true[some], 4).tolist(),
        "auroc": round(metrics.auroc(probability, event), 4),
    }


def _coverage(s: HeldOut, kept: NDArray[np.bool_]) -> Coverage:
    at_end, event, weight = s.at_end[kept], s.rows.event[kept], s.rows.weight[kept]
    found = interval(
        lambda i: metrics.interval_coverage(at_end[i], event[i], weight[i]),
        s.rows.configuration[kept],
    )
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "onsets": int(event.sum()),
    }


def _has_both(event: NDArray[np.bool_]) -> bool:
    return bool(event.any() and not event.all())
