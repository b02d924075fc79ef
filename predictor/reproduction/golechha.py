"""Claims of Golechha, Progress measures for grokking on real-world datasets (arXiv 2405.12755), on stored runs."""

from functools import partial

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import Finding, Picture, at_least, at_most, graded
from predictor.reproduction.courses import course
from predictor.reproduction.evidence import Runs
from training_runs.labelled_run import LabelledRun

PAPER = "Golechha"
_FALL = 0.05  # of a measure's value at memorisation: less is no fall
_LATE = 3  # times the memorisation step: an onset later than this is late at any scale of time


def progress_measures(runs: Runs) -> Finding:
    """Test whether entropy and circuit complexity fall between memorisation and a late onset on images, beyond the norm."""
    images = [r for r in runs if r.family in ("mnist", "digits") and (r.delay_ratio or 0) > _LATE]
    tested = [r for r in images if np.isfinite(_change(r, "circuit_complexity"))]
    falls = {
        name: evidence.share(tested, partial(_falls, signal=signal))
        for name, signal in (("circuit complexity", "circuit_complexity"), ("weight entropy", "weight_entropy"))
    }
    norm = evidence.share(tested, lambda r: _falls(r, "weight_norm"))
    together = evidence.spearman(
        tested, [_change(r, "weight_entropy") for r in tested], [_change(r, "weight_norm") for r in tested]
    )
    return Finding(
        graded(
            all(at_least(f, 0.75) for f in falls.values()) and at_most(together, 0.5),
            any(at_least(f, 0.5) for f in falls.values()),
        ),
        {f"share of runs in which {name} falls before the onset": f for name, f in falls.items()}
        | {
            "share of runs in which the weight norm falls": norm,
            "rank correlation of the changes of entropy and norm": together,
        },
        tested,
        Picture(
            "step / step of memorisation",
            "circuit complexity (nats)",
            course("images that generalise late", tested, "circuit_complexity", evidence.memorized),
            x_log=True,
        ),
        "Weight entropy follows the norm, which the paper argues against; circuit complexity is another matter.",
    )


def _change(run: LabelledRun, signal: str) -> float:
    """Return a signal's relative change between memorisation and onset."""
    steps, values = run.run.trajectory.recorded(signal)
    between = values[(steps >= evidence.memorized(run)) & (steps <= evidence.onset(run))]
    return float(between[-1] / between[0] - 1) if len(between) > 1 and between[0] else float("nan")


def _falls(run: LabelledRun, signal: str) -> bool:
    return _change(run, signal) < -_FALL
