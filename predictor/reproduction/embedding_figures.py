"""Figures 3 and 4a of Salah & Yevick: similar embeddings lie in bands, and embedding values go from one peak to two."""

from collections.abc import Callable

import numpy as np

from predictor.benchmark.bootstrap import Interval
from predictor.reproduction import evidence
from predictor.reproduction.claim import Finding, Picture, at_least, at_most, graded, line, panel
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import last, median_of, over_seeds
from predictor.reproduction.salah_yevick import STRUCTURE
from predictor.reproduction.stored_arrays import density_of, nearest, times
from training_runs.labelled_run import LabelledRun

_LONG_BEFORE = 0.5  # of the step of the rise: bands that are there by then come long before it
_PEAKS = (0.3, 0.5)  # where peaks at about +-0.4 lie
_ONE_PEAK, _TWO_PEAKS = 0.8, 0.5  # of the density at the peaks: what is left at 0, at least or at most
_BANDS = "embedding_cos_structure"


def bands(runs: Runs) -> Finding:
    """Test whether similar embeddings lie in bands long before the test accuracy rises, and draw the similarities."""

    def lead(run: LabelledRun) -> float:
        return evidence.crossing(run, _BANDS, STRUCTURE) / evidence.rise(run)

    found = over_seeds(runs, median_of(lead))
    drawn = runs[0]
    return Finding(
        graded(at_most(found, _LONG_BEFORE), at_most(found, 1.0)) if _all_rise(runs) else None,
        {
            "step of the bands over that of the rise": found,
            "share of the similarities' variance in bands, at the rise": over_seeds(
                runs, median_of(lambda r: evidence.value_at(r, _BANDS, evidence.rise(r)))
            ),
            "the same at the end": over_seeds(runs, median_of(lambda r: last(r, _BANDS))),
        },
        runs,
        Picture(
            "residue",
            "residue, first seed (blue -1, red 1)",
            [],
            panels=[panel(n, np.array(drawn.run.arrays[k]["cosine_matrix"])) for n, k in times(drawn).items()],
        ),
    )


def values(runs: Runs) -> Finding:
    """Test whether the embedding values have one peak when memorised, and two at about +-0.4 at the rise."""
    before, risen, end = (_over_seeds(runs, _dip, step) for step in (evidence.memorized, evidence.rise, _at_end))
    upper, upper_end = (_over_seeds(runs, _peak, step) for step in (evidence.rise, _at_end))
    two, placed = at_most(risen, _TWO_PEAKS), at_least(upper, _PEAKS[0]) and at_most(upper, _PEAKS[1])
    return Finding(
        graded(two and placed and at_least(before, _ONE_PEAK), two) if _all_rise(runs) else None,
        {
            "density at 0 over that at the peaks, at the rise": risen,
            "the same at memorisation": before,
            "the same at the end": end,
            "upper peak at the rise": upper,
            "upper peak at the end": upper_end,
        },
        runs,
        Picture(
            "embedding value",
            "density, first seed",
            [line(name, *density_of(runs[0], "embedding", k)) for name, k in times(runs[0]).items()],
        ),
    )


def _all_rise(runs: Runs) -> bool:
    return all(evidence.rise(run) < float("inf") for run in runs)


def _at_end(run: LabelledRun) -> float:
    return float("inf")


def _over_seeds(
    runs: Runs, measure: Callable[[LabelledRun, int], float], step: Callable[[LabelledRun], float]
) -> Interval:
    """Return a measure of the arrays nearest to a step."""
    return over_seeds(runs, median_of(lambda run: measure(run, nearest(run, step(run)))))


def _peak(run: LabelledRun, at: int) -> float:
    """Return where the embedding values above 0 are densest."""
    centres, density = density_of(run, "embedding", at)
    above = centres > 0
    return float(centres[above][np.argmax(density[above])])


def _dip(run: LabelledRun, at: int) -> float:
    """Return the density of the embedding values at 0 over that where they are densest on either side."""
    centres, density = density_of(run, "embedding", at)
    peaks = [density[centres < 0].max(), density[centres > 0].max()]
    return float(density[len(density) // 2] / np.mean(peaks))
