"""Figure 5 of Li & Sakib: contours of the loss around optima of grokking, comprehension and confusion."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from predictor.benchmark.bootstrap import Interval
from predictor.reproduction.claim import Figure, Finding, Picture, at_least, graded, panel
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import each_seed, median_of, over_seeds
from predictor.reproduction.transformer_grids import BASE, SMALL
from training_runs.arrays import FloatArray
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun

_RADIUS = 0.5  # in lengths of each filter: how far a stored square reaches from the weights, each way
# Rate, decay and scale of initial weights: of the full ones two grok, one comprehends and the last is confused; of the
# quick ones the last is, and the others are what their seed makes them.
_SETTINGS = ((1e-3, 0.1, 0.1), (2e-3, 1.0, 1.0), (1e-3, 1.0, 0.1), (1e-2, 1.0, 0.1))
_QUICK_SETTINGS = (
    *((3e-3, 0.1, 0.4), (3e-3, 0.2, 0.2), (2e-3, 1.0, 0.4)),
    *((1e-3, 1.0, 0.4), (3e-3, 0.4, 0.4), (8e-3, 1.0, 0.1)),
)
_CLASSES = ("grokking", "comprehension", "confusion")

_Measure = Callable[[LabelledRun], float]


def configs(quick: bool) -> Sequence[RunConfig]:
    """Return transformers that end in different classes, each with a contour of its loss every so many steps."""
    small = replace(SMALL, train_fraction=0.8)
    base, settings, budget = (small, _QUICK_SETTINGS, 5000) if quick else (BASE, _SETTINGS, 8000)
    base = replace(base, batch_size=128, budget_step=budget, probe_every=500, probe_arrays=True)
    return each_seed([replace(base, learning_rate=r, weight_decay=d, init_scale=a) for r, d, a in settings])


def contours(runs: Runs) -> Finding:
    """Test whether the loss around optima of grokking has a larger range and is less of a bowl than around others."""
    by_class = {name: [r for r in runs if r.outcome == name] for name in _CLASSES}
    wider = _beside(by_class, "comprehension", _range)
    rougher = _beside(by_class, "comprehension", _unevenness)
    than_confusion = _beside(by_class, "confusion", _range)
    deciding = (wider, rougher, than_confusion)
    parts = [at_least(figure, 1.0) for figure in deciding]
    figures: dict[str, Figure] = {
        "range of the loss around grokking over that around comprehension (printed: up to 8)": wider,
        "unevenness around grokking over that around comprehension": rougher,
        "range of the loss around grokking over that around confusion": than_confusion,
    }
    for name, some in by_class.items():
        figures[f"{name}: runs"] = len(some)
        figures[f"{name}: range of the loss, median"] = over_seeds(some, median_of(_range))
        figures[f"{name}: unevenness, median"] = over_seeds(some, median_of(_unevenness))
    return Finding(
        graded(all(parts), any(parts)) if all(figure.low is not None for figure in deciding) else None,
        figures,
        runs,
        Picture(
            "one direction (lengths of each filter)",
            "contours of the loss, another direction",
            [],
            panels=[panel(name, _loss(some[0]), _RADIUS) for name, some in by_class.items() if some],
        ),
        "Planes of two random filter-normalised directions; the paper's are not normalised. They go through the weights of "
        "the least loss among those at every 500 steps. Unevenness is the share of the loss's variance that no quadratic "
        "surface explains.",
    )


def _beside(by_class: dict[str, list[LabelledRun]], other: str, measure: _Measure) -> Interval:
    """Return what a measure is around grokking over what it is around another class, medians of each seed's runs."""

    def ratio(some: Runs) -> float:
        one, two = ([measure(r) for r in some if r.outcome == name] for name in ("grokking", other))
        return float(np.median(one) / np.median(two)) if one and two else float("nan")

    return over_seeds([*by_class["grokking"], *by_class[other]], ratio)


def _loss(run: LabelledRun) -> FloatArray:
    """Return the contour around the optimum: of those stored, the one whose own weights have the least loss."""
    stored = [np.array(at["contour"], dtype=float) for at in run.run.arrays]
    return min(stored, key=lambda loss: float(loss[len(loss) // 2, len(loss) // 2]))


def _range(run: LabelledRun) -> float:
    return float(np.ptp(_loss(run)))


def _unevenness(run: LabelledRun) -> float:
    """Return the share of the variance that a quadratic surface leaves."""
    loss = _loss(run)
    x, y = (axis.ravel() for axis in np.meshgrid(*(np.linspace(-1, 1, n) for n in loss.shape), indexing="ij"))
    terms = np.column_stack([np.ones_like(x), x, y, x**2, x * y, y**2])
    left = loss.ravel() - terms @ np.linalg.lstsq(terms, loss.ravel(), rcond=None)[0]
    return float(left.var() / max(loss.var(), 1e-12))
