"""What a forecast is worth in a sweep: how many of the runs that grok survive, and how many steps are spent.

Recorded runs are played again one after another, the runs of one task family as one study. A policy sees each run
checkpoint by checkpoint, and stops it or lets it go on to its end. Grokking is what pruners get wrong: a run that groks
looks for most of its life like the worst of all, so rules that compare validation accuracies stop it first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.benchmark.baselines.pruners import PRUNERS, Pruner
from predictor.benchmark.bootstrap import interval
from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.result import Decision
from predictor.hazard.folds import fold_of
from training_runs import Run
from training_runs.arrays import FloatArray
from training_runs.onset import generalization, memorization, outcome_by, target_accuracy_of

REPORTS_PER_DECADE = 10
FIRST_REPORT = 10  # step
KEEP = (
    0.96  # of the grokking runs: a little more than the 0.95 to reach, since a threshold keeps fewer of runs new to it
)
N_ORDERS = 20  # in which the runs come: what a pruner knows depends on which runs it saw first


@dataclass(frozen=True, eq=False)
class Sweep:
    """Recorded runs as a sweep sees them.

    Attributes
    ----------
    steps : the steps at which accuracy is reported, shape (n_steps,), increasing.
    values : validation accuracy at the last checkpoint by each of those, shape (n_runs, n_steps); NaN where the run has
        none yet, or has ended.
    end : step at which each run ends unless it is stopped, shape (n_runs,) as all below.
    budget : step that the sweep meant to go to.
    onset : onset step; infinity where it never came.
    groks : whether the run groks within its budget.
    study : whose runs a pruner compares with one another.
    run, configuration : identifiers.
    """

    steps: FloatArray
    values: FloatArray
    end: FloatArray
    budget: FloatArray
    onset: FloatArray
    groks: NDArray[np.bool_]
    study: NDArray[np.str_]
    run: NDArray[np.str_]
    configuration: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.end)


@dataclass(frozen=True, eq=False)
class Forecasts:
    """P(onset by the budget) of runs at landmarks, made by models that did not see the run; shape (n_rows,) each."""

    run: NDArray[np.str_]
    landmark: FloatArray
    probability: FloatArray


@dataclass(frozen=True)
class Frontier:
    """Share of the grokking runs kept and of the compute spent, a point for each threshold."""

    kept: list[float]
    compute: list[float]


def sweep_of(runs: Sequence[Run], *, until_onset: bool = False) -> Sweep:
    """Return recorded runs as a sweep.

    A run that is left alone takes its whole budget, at the accuracy it was last seen with; one that diverged ends
    there. With `until_onset`, every run also ends when its onset is confirmed, whatever the policy.
    """
    targets = [target_accuracy_of(run.context) for run in runs]
    onsets = [generalization(r.trajectory, t) for r, t in zip(runs, targets, strict=True)]
    budget = np.array([run.budget_step for run in runs], dtype=float)
    end = np.array(
        [r.trajectory.observed_until if r.status == "diverged" else r.budget_step for r in runs],
        dtype=float,
    )
    if until_onset:
        confirmed = [np.inf if o.confirmed_step is None else o.confirmed_step for o in onsets]
        end = np.minimum(end, confirmed)
    decades = np.log10(max(float(budget.max()), FIRST_REPORT) / FIRST_REPORT)
    steps = np.round(FIRST_REPORT * 10 ** np.arange(0, decades + 1e-9, 1 / REPORTS_PER_DECADE))
    return Sweep(
        steps=steps,
        values=np.array([_reported(r, steps, e) for r, e in zip(runs, end, strict=True)]),
        end=end,
        budget=budget,
        onset=np.array([np.inf if o.step is None else o.step for o in onsets], dtype=float),
        groks=np.array(
            [
                outcome_by(r.budget_step, memorization(r.trajectory), o) == "grokking"
                for r, o in zip(runs, onsets, strict=True)
            ]
        ),
        study=np.array([r.context.task_family or "" for r in runs], dtype=np.str_),
        run=np.array([r.run_id for r in runs], dtype=np.str_),
        configuration=np.array([r.configuration_id for r in runs], dtype=np.str_),
    )


def _reported(run: Run, steps: FloatArray, end: float) -> FloatArray:
    at, values = run.trajectory.recorded("val_acc")
    last = np.searchsorted(at, steps, side="right") - 1
    reported = np.append(values, np.nan)[last]  # -1, before the first checkpoint, finds the NaN
    return np.where(steps <= end, reported, np.nan)


def pruned(sweep: Sweep, pruner: Pruner, n_orders: int = N_ORDERS) -> FloatArray:
    """Return when a pruner stops each run, its study's runs coming in random orders; shape (n_orders, n_runs)."""
    rng = np.random.default_rng(0)
    stopped = np.full((n_orders, len(sweep)), np.inf)
    for study in np.unique(sweep.study):
        members = np.flatnonzero(sweep.study == study)
        for k in range(n_orders):
            order = rng.permutation(members)
            stopped[k, order] = pruner(sweep.values[order], sweep.steps)
    return stopped


def forecast_stops(sweep: Sweep, forecasts: Forecasts, threshold: float | FloatArray) -> FloatArray:
    """Return when each run is stopped if it is at the first landmark with a probability below a threshold.

    Parameters
    ----------
    threshold : one for all, or one for each run of the sweep, so that it can come from other folds.

    Returns
    -------
    Shape (1, n_runs): the order of the runs does not matter.

    Raises
    ------
    ValueError : a forecast is of a run that is not in the sweep.
    """
    rows = _rows_of(sweep, forecasts)
    stopped = np.full(len(sweep), np.inf)
    below = forecasts.probability < np.broadcast_to(threshold, len(sweep))[rows]
    np.minimum.at(stopped, rows[below], forecasts.landmark[below])
    return stopped[None]


def threshold_that_keeps(sweep: Sweep, forecasts: Forecasts, share: float, among: NDArray[np.bool_]) -> float:
    """Return the highest threshold that keeps at least a share of some grokking runs.

    A run is kept if no forecast before its onset is below the threshold. 0, which stops nothing, without such runs.
    """
    rows = _rows_of(sweep, forecasts)
    early = forecasts.landmark < sweep.onset[rows]
    lowest = np.full(len(sweep), np.inf)
    np.minimum.at(lowest, rows[early], forecasts.probability[early])
    ranked = np.sort(lowest[sweep.groks & among])
    if not len(ranked):
        return 0.0
    lost = int((1 - share) * len(ranked) + 1e-9)  # how many may be stopped
    return float(min(ranked[lost], 1.0)) if lost < len(ranked) else 1.0


def held_out_thresholds(sweep: Sweep, forecasts: Forecasts, share: float = KEEP) -> FloatArray:
    """Return a threshold for each run that keeps a share of the grokking runs of the other folds of configurations."""
    fold = fold_of(sweep.configuration, "decision")
    thresholds = np.zeros(len(sweep))
    for k in np.unique(fold):
        thresholds[fold == k] = threshold_that_keeps(sweep, forecasts, share, fold != k)
    return thresholds


def _rows_of(sweep: Sweep, forecasts: Forecasts) -> NDArray[np.intp]:
    """Return which run of the sweep each forecast is of."""
    order = np.argsort(sweep.run)
    found = np.searchsorted(sweep.run[order], forecasts.run)
    rows = order[np.minimum(found, len(order) - 1)]
    unknown = np.unique(forecasts.run[sweep.run[rows] != forecasts.run])
    if len(unknown):
        raise ValueError(f"forecasts of {len(unknown)} runs that are not in the sweep: {unknown[:3].tolist()}")
    return np.asarray(rows, dtype=np.intp)


def judge(sweep: Sweep, stopped: FloatArray) -> Decision:
    """Return the share of grokking runs kept and the compute spent, with intervals over configurations.

    `stopped` has shape (n_orders, n_runs): figures are means over the orders.
    """
    kept, spent = _by_run(sweep, stopped)
    return Decision(
        kept=interval(lambda i: _share(kept[i], sweep.groks[i]), sweep.configuration),
        compute=interval(lambda i: float(spent[i].sum() / sweep.budget[i].sum()), sweep.configuration),
    )


def _by_run(sweep: Sweep, stopped: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of orders in which each run was kept, and its mean number of steps."""
    return (stopped >= sweep.onset).mean(axis=0), np.minimum(stopped, sweep.end).mean(axis=0)


def _share(kept: FloatArray, groks: NDArray[np.bool_]) -> float:
    return float(kept[groks].mean()) if groks.any() else float("nan")


def frontier(sweep: Sweep, forecasts: Forecasts, shares: Sequence[float] | FloatArray) -> Frontier:
    """Return the forecast's points, one for each share of the grokking runs that it should keep.

    Each point's thresholds come from the other folds: `kept` is the share that they kept, not the one requested.
    """
    kept, compute = [], []
    for share in shares:
        thresholds = held_out_thresholds(sweep, forecasts, share)
        kept_runs, spent = _by_run(sweep, forecast_stops(sweep, forecasts, thresholds))
        kept.append(_share(kept_runs, sweep.groks))
        compute.append(float(spent.sum() / sweep.budget.sum()))
    return Frontier(kept, compute)


def decide(sweep: Sweep, forecasts: Forecasts, name: str = FORECASTER) -> dict[str, Decision]:
    """Return the decision of each policy: of every pruner, and of the forecast that should keep `KEEP`."""
    stopped = {policy: pruned(sweep, pruner) for policy, pruner in PRUNERS.items()}
    stopped[name] = forecast_stops(sweep, forecasts, held_out_thresholds(sweep, forecasts))
    return {policy: judge(sweep, when) for policy, when in stopped.items()}
