"""The claim of Notsawo et al. (arXiv 2306.13253) on stored runs: the loss's early oscillation tells whether a run groks."""

import numpy as np

from features.curves import roughness
from predictor.reproduction import evidence
from predictor.reproduction.claim import Finding, Picture, at_least, graded, points
from predictor.reproduction.evidence import Runs
from training_runs.labelled_run import LabelledRun

PAPER = "Notsawo et al."
_LEAST_BUDGET = 10  # times the memorisation step: with less, a run has had no time to grok


def early_oscillation(runs: Runs) -> Finding:
    """Test whether oscillation of the training loss up to memorisation tells runs that grok from those that do not."""
    arithmetic = [r for r in runs if r.family == "modular" and not r.run.blocked]
    tested = [r for r in arithmetic if (r.budget_ratio or 0) >= _LEAST_BUDGET and _is_before_rise(r)]
    activity = [_activity(r) for r in tested]
    tested = [r for r, a in zip(tested, activity, strict=True) if np.isfinite(a)]
    activity = [a for a in activity if np.isfinite(a)]
    groks = [r.generalized.step is not None for r in tested]
    by_oscillation = evidence.separation(tested, activity, groks)
    by_budget = evidence.separation(tested, [r.budget_ratio or 0.0 for r in tested], groks)
    known = np.array(groks)
    return Finding(
        graded(at_least(by_oscillation, 0.75), at_least(by_oscillation, 0.5)),
        {
            "AUROC of the oscillation up to memorisation for an onset within the budget": by_oscillation,
            "AUROC of the budget alone, in memorisation steps": by_budget,
        },
        tested,
        Picture(
            "oscillation of log10 training loss",
            "share of runs below",
            [
                points(word, np.sort(chosen), (np.arange(len(chosen)) + 0.5) / max(len(chosen), 1))
                for word, chosen in (
                    ("generalises", np.array(activity)[known]),
                    ("does not", np.array(activity)[~known]),
                )
            ],
            x_log=True,
        ),
        "Read at the confirmation of memorisation, over the last 0.7 decades of steps.",
    )


def _is_before_rise(run: LabelledRun) -> bool:
    confirmed = run.memorized.confirmed_step
    return confirmed is not None and confirmed < evidence.rise(run)


def _activity(run: LabelledRun) -> float:
    """Return the square root of Hjorth's activity of the loss up to the confirmation of memorisation."""
    confirmed = run.memorized.confirmed_step or 0
    steps, losses = evidence.before(run, "train_loss", confirmed + 1)
    used = (steps > 0) & (losses > 0)
    curve = np.log10(losses[used])[None, :]
    return float(roughness(np.log10(steps[used] / confirmed), curve)[0]) if used.sum() else float("nan")
