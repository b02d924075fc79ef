"""The arrays behind the plots of the benchmark's report: plain numbers, thousands of them, so beside the result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from predictor.benchmark import metrics
from predictor.benchmark.alarm import raise_alarms
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.decision import Frontier
from predictor.benchmark.held_out import Evaluation, HeldOut
from predictor.benchmark.methods import CONTEXT_BOOSTED, FORECASTER
from predictor.benchmark.rows import HEADLINE
from training_runs import Run
from training_runs.arrays import FloatArray

CALIBRATION_BINS = 10
MIN_FAMILY_ONSETS = 5  # with fewer, a coverage means nothing
_ROC_POINTS = 200


@dataclass(frozen=True)
class Calibration:
    """Rows in bins of their predicted probability: its mean, the share with onset with its interval, and how many."""

    predicted: list[float]
    observed: list[float | None]
    low: list[float | None]
    high: list[float | None]
    rows: list[int]


@dataclass(frozen=True)
class Roc:
    """A ROC curve from (0, 0) to (1, 1), and the area under it; blocked negatives are left out."""

    false_positive: list[float]
    true_positive: list[float]
    auroc: float


@dataclass(frozen=True)
class Onsets:
    """Onset steps of runs that grokked, as they came and as they were forecast, with the task family of each."""

    actual: list[float]
    predicted: list[float]
    family: list[str]


@dataclass(frozen=True)
class Coverage:
    """The share of onsets within the 90 % intervals of a family, and over how many onsets that is."""

    held: Interval
    onsets: int


@dataclass(frozen=True)
class Plots:
    """What the report can draw; what is empty or None is left out.

    Attributes
    ----------
    landmark : the kind of landmark of `calibration`, `onsets` and `coverage`.
    calibration : by method.
    roc : of the forecaster, by kind of landmark.
    onsets : of runs that grokked.
    coverage : by task family.
    leads : of every grokking run, the share of its delay by which the alarm came before the onset, 0 to 1; 0 is a miss.
    frontier : of the forecast in a simulated sweep.
    """

    landmark: str = ""
    calibration: dict[str, Calibration] = field(default_factory=dict)
    roc: dict[str, Roc] = field(default_factory=dict)
    onsets: Onsets | None = None
    coverage: dict[str, Coverage] = field(default_factory=dict)
    leads: list[float] = field(default_factory=list)
    frontier: Frontier | None = None


def held_out_plots(runs: Sequence[Run], evaluation: Evaluation, sweep: Frontier) -> Plots:
    """Return every array that the report draws."""
    if HEADLINE not in evaluation.at:
        return Plots(frontier=sweep)
    families = {r.run_id: r.context.task_family or "unknown" for r in runs}
    own = np.array([families[r] for r in evaluation.at[HEADLINE].rows.run.tolist()])
    plots = plot_arrays(evaluation.at, own, HEADLINE, (FORECASTER, CONTEXT_BOOSTED))
    watched = evaluation.watched
    alarms = raise_alarms(watched.rows, watched.predictions[FORECASTER].probability)
    return replace(plots, leads=alarms.lead_share[alarms.grokking].tolist(), frontier=sweep)


def plot_arrays(
    held_out: Mapping[str, HeldOut],
    family: NDArray[np.str_],
    landmark: str,
    methods: Sequence[str] = (FORECASTER,),
) -> Plots:
    """Return the arrays of the plots that held-out rows are enough for: all but `leads` and `frontier`.

    Parameters
    ----------
    held_out : by kind of landmark.
    family : of each row at the landmark, shape (n_rows,).
    landmark : the kind whose calibration, onsets and coverage are drawn.
    methods : whose calibration is drawn; the first is the forecaster, which all else is about.
    """
    s, ours = held_out[landmark], methods[0]
    grokked = s.rows.grokking()
    return Plots(
        landmark=landmark,
        calibration={
            name: calibration(s.predictions[name].probability, s.rows.event, s.rows.configuration) for name in methods
        },
        roc={
            name: roc(x.predictions[ours].probability[~x.rows.blocked], x.rows.event[~x.rows.blocked])
            for name, x in held_out.items()
            if _has_both(x.rows.event[~x.rows.blocked])
        },
        onsets=Onsets(
            actual=s.rows.time[grokked].tolist(),
            predicted=np.round(s.predictions[ours].median[grokked], 1).tolist(),
            family=family[grokked].tolist(),
        ),
        coverage={
            str(name): _coverage(s, family == name)
            for name in np.unique(family)
            if (s.rows.event & (family == name)).sum() >= MIN_FAMILY_ONSETS
        },
    )


def calibration(probability: FloatArray, event: NDArray[np.bool_], configuration: NDArray[np.str_]) -> Calibration:
    """Return predicted beside observed shares, in bins that hold equally many rows; intervals over configurations."""
    groups = np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS)
    bins = [rows for rows in groups if len(rows)]

    def share(of: NDArray[np.bool_]) -> Callable[[NDArray[np.intp]], float]:
        return lambda i: float(of[i].mean())

    observed = [interval(share(event[rows]), configuration[rows]) for rows in bins]
    return Calibration(
        predicted=[round(float(probability[rows].mean()), 4) for rows in bins],
        observed=[o.value for o in observed],
        low=[o.low for o in observed],
        high=[o.high for o in observed],
        rows=[len(rows) for rows in bins],
    )


def roc(probability: FloatArray, event: NDArray[np.bool_]) -> Roc:
    """Return the ROC curve of a probability, at most 200 points of it."""
    false, true, _ = roc_curve(event, probability)
    some = np.unique(np.linspace(0, len(false) - 1, _ROC_POINTS).astype(int))
    return Roc(
        false_positive=np.round(false[some], 4).tolist(),
        true_positive=np.round(true[some], 4).tolist(),
        auroc=round(metrics.auroc(probability, event), 4),
    )


def _coverage(s: HeldOut, kept: NDArray[np.bool_]) -> Coverage:
    at_end, event, weight = s.at_end[kept], s.rows.event[kept], s.rows.weight[kept]
    held = interval(
        lambda i: metrics.interval_coverage(at_end[i], event[i], weight[i]),
        s.rows.configuration[kept],
    )
    return Coverage(held, int(event.sum()))


def _has_both(event: NDArray[np.bool_]) -> bool:
    return bool(event.any() and not event.all())
