"""Figures 1, 2 and 4 of Salah & Yevick, on runs of their settings that store what the figures are drawn from."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import Figure, Finding, Picture, at_least, at_most, graded, line
from predictor.reproduction.evidence import Runs
from predictor.reproduction.initialisation import PAPER, SMALL
from predictor.reproduction.replicates import each_seed, last, median_of, over_seeds
from predictor.reproduction.salah_yevick import variance_is_early
from predictor.reproduction.stored_arrays import array_steps, density_of, histogram_of, nearest
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun

_AT_ZERO = 0.1  # of the standard deviation: how far from 0 the fullest bin of a peak at 0 may be
_BULK = (0.0, 0.2)  # where most of the last layer's weights lie
_FLAT = 0.9  # of the accuracy without dropout: what a curve that is flat up to a rate of 0.2 has there
_HALVES = 0.5  # the rate at which the accuracy has halved, or a higher one
_TAIL = 2.0  # times as far from 0 as the highest hundredth: where the lowest is, if its tail is long


def configs(quick: bool) -> Sequence[RunConfig]:
    """Return runs of the paper's settings: 100 passes of dropout on all test samples but one, and arrays."""
    every = 500
    paper = replace(
        PAPER, budget_step=15_000, probe_passes=100, probe_samples=1404, probe_every=every, probe_arrays=True
    )
    small = replace(SMALL, budget_step=4000, early_stop=False, probe_every=every, probe_arrays=True)
    return each_seed([small if quick else paper])


def dropout(runs: Runs) -> Finding:
    """Test whether the variance under dropout announces the rise, and the robustness curve ends flat and halves late."""
    early = sum(map(variance_is_early, runs))
    flat = over_seeds(runs, median_of(lambda r: _curve(r, -1)[2] / max(_curve(r, -1)[0], 1e-9)))
    half = over_seeds(runs, median_of(lambda r: last(r, "drc_half")))
    robust = at_least(flat, _FLAT) and at_least(half, _HALVES)
    return Finding(
        graded(early == len(runs) and robust, early == len(runs) or robust),
        {
            "seeds whose variance reaches a quarter of its peak between memorisation and rise": early,
            "validation accuracy at the peak of the variance": over_seeds(runs, median_of(_accuracy_at_peak)),
            "accuracy at a dropout rate of 0.2 over that without, at the end": flat,
            "rate at which the accuracy has halved, at the end": half,
            "area under the curve at memorisation": over_seeds(
                runs, median_of(lambda r: evidence.value_at(r, "drc_auc", evidence.memorized(r)))
            ),
            "area at the end": over_seeds(runs, median_of(lambda r: last(r, "drc_auc"))),
        },
        runs,
        _curves(runs[0]),
    )


def _curve(run: LabelledRun, at: int) -> list[float]:
    return list(run.run.arrays[at]["robustness_curve"])


def _accuracy_at_peak(run: LabelledRun) -> float:
    steps, values = run.run.trajectory.recorded("dropout_acc_var")
    return evidence.value_at(run, "val_acc", float(steps[np.argmax(values)]))


def _curves(run: LabelledRun) -> Picture:
    """Return the robustness curve at some steps, evenly on a log scale."""
    steps = array_steps(run)
    chosen = sorted({nearest(run, step) for step in np.geomspace(steps[0], steps[-1], 5)})
    series = [line(f"step {steps[k]:,.0f}", np.arange(10) / 10, np.array(_curve(run, k))) for k in chosen]
    return Picture("dropout rate", "validation accuracy, first seed", series)


def last_layer(runs: Runs) -> Finding:
    """Test the shape of the first and the last layer's weights at the end."""
    at_zero = over_seeds(runs, median_of(lambda r: abs(_mode(r, "hidden")) / _spread(r, "hidden")))
    bulk = over_seeds(runs, median_of(lambda r: _share(r, "output", *_BULK)))
    tail = over_seeds(
        runs, median_of(lambda r: -_quantile(r, "output", 0.01) / max(_quantile(r, "output", 0.99), 1e-9))
    )
    peaks_at_zero = at_most(at_zero, _AT_ZERO)
    skewed = at_least(bulk, 0.5) and at_least(tail, _TAIL)
    figures: dict[str, Figure] = {
        "share of the last layer's weights in [0, 0.2]": bulk,
        "its lowest hundredth over its highest, below and above 0": tail,
        "fullest bin of the first layer's weights, in standard deviations from 0": at_zero,
    }
    names = {"hidden": "first layer", "output": "last layer"}
    return Finding(
        graded(peaks_at_zero and skewed, peaks_at_zero or skewed),
        figures,
        runs,
        Picture(
            "weight", "density at the end, first seed", [line(n, *density_of(runs[0], g)) for g, n in names.items()]
        ),
    )


def _mode(run: LabelledRun, group: str) -> float:
    centres, density = density_of(run, group)
    return float(centres[np.argmax(density)])


def _spread(run: LabelledRun, group: str) -> float:
    centres, density = density_of(run, group)
    mean = np.average(centres, weights=density)
    return float(np.sqrt(np.average((centres - mean) ** 2, weights=density)))


def _share(run: LabelledRun, group: str, low: float, high: float) -> float:
    edges, counts = histogram_of(run, group)
    below = np.interp([low, high], edges, np.concatenate([[0], counts.cumsum()]) / counts.sum())
    return float(below[1] - below[0])


def _quantile(run: LabelledRun, group: str, share: float) -> float:
    edges, counts = histogram_of(run, group)
    return float(np.interp(share, np.concatenate([[0], counts.cumsum()]) / counts.sum(), edges))
