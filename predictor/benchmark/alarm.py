"""The ALARM layer: "this run will generalise within its budget", raised while a run is watched, judged by run.

A run is watched from confirmed memorisation to the rise. The alarm is raised at the first checkpoint whose probability
reaches a threshold; each fold of configurations is judged by the threshold of the other four. A false positive is a
run without onset in its budget that raises one at any checkpoint; positives are runs that grok, and a miss has lead 0.
Runs that had risen before memorisation was confirmed are never watched; those of them that grok are misses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.answering.advice import MAX_FALSE_POSITIVE_RATE, clopper_pearson_bound, threshold_for
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.held_out import HeldOut
from predictor.benchmark.result import AlarmFigures
from predictor.hazard.folds import fold_of
from training_runs import Run
from training_runs.arrays import FloatArray
from training_runs.labelled_run import label

ALGORITHMIC = ("modular", "permutation", "parity")
TARGET_FPR = MAX_FALSE_POSITIVE_RATE  # an alarm is the advice to continue, and has its threshold


@dataclass(frozen=True, eq=False)
class WatchedRuns:
    """One entry a run; arrays of length n_runs.

    Attributes
    ----------
    configuration : the unit of folds and of the bootstrap.
    negative, grokking : no onset within the budget; onset more than 1,000 steps after memorisation.
    highest : the largest probability while watched; -inf for a run that never was.
    alarm : the step of the alarm; NaN where none was raised.
    memorized, onset : steps; onset is where the recording ends for runs without one.
    """

    configuration: NDArray[np.str_]
    negative: NDArray[np.bool_]
    grokking: NDArray[np.bool_]
    highest: FloatArray
    alarm: FloatArray
    memorized: FloatArray
    onset: FloatArray

    @property
    def lead(self) -> FloatArray:
        """Steps from the alarm to the onset; 0 where none was raised."""
        return np.nan_to_num(self.onset - self.alarm)

    @property
    def lead_share(self) -> FloatArray:
        """The lead as a share of the delay, within [0, 1]."""
        delay = np.nan_to_num(self.onset - self.memorized)
        return np.clip(self.lead / np.maximum(delay, 1), 0, 1)


def raise_alarms(rows: FeatureTable, probability: FloatArray) -> WatchedRuns:
    """Raise alarms on watched rows, given the probability of onset within the budget at each of them."""
    order = np.lexsort((rows.landmark, rows.run))
    rows, probability = rows.where(order), probability[order]
    _, first, inverse = np.unique(rows.run, return_index=True, return_inverse=True)
    highest = np.full(len(first), -np.inf)
    np.maximum.at(highest, inverse, probability)
    negative = ~rows.event[first]
    configuration = rows.configuration[first]
    fold = fold_of(configuration, "benchmark")
    threshold = np.array([threshold_for(list(highest[negative & (fold != k)]), TARGET_FPR) for k in range(5)])[fold]
    alarm = np.full(len(first), np.nan)
    raised = probability >= threshold[inverse]
    for i in np.flatnonzero(raised)[::-1]:  # backwards: the first one stays
        alarm[inverse[i]] = rows.landmark[i]
    return WatchedRuns(
        configuration=configuration,
        negative=negative,
        grokking=rows.grokking()[first],
        highest=highest,
        alarm=alarm,
        memorized=rows.memorized_time[first],
        onset=rows.time[first],
    )


def with_unwatched(watched: WatchedRuns, configuration: NDArray[np.str_]) -> WatchedRuns:
    """Add runs that grok and were never watched, given the configuration of each."""
    n = len(configuration)
    unknown = np.full(n, np.nan)
    return WatchedRuns(
        configuration=np.append(watched.configuration, configuration),
        negative=np.append(watched.negative, np.zeros(n, dtype=bool)),
        grokking=np.append(watched.grokking, np.ones(n, dtype=bool)),
        highest=np.append(watched.highest, np.full(n, -np.inf)),
        alarm=np.append(watched.alarm, unknown),
        memorized=np.append(watched.memorized, unknown),
        onset=np.append(watched.onset, unknown),
    )


def alarms(runs: Sequence[Run], watched: HeldOut) -> dict[str, AlarmFigures]:
    """Return the figures of alarms on algorithmic tasks, by method."""
    algorithmic = [r for r in runs if r.context.task_family in ALGORITHMIC]
    watched = watched.where(np.isin(watched.rows.run, [r.run_id for r in algorithmic]))
    seen = set(watched.rows.run.tolist())
    unwatched = np.array(
        [r.configuration_id for r in algorithmic if r.run_id not in seen and label(r).outcome == "grokking"],
        dtype=str,
    )
    return {
        name: alarm_figures(with_unwatched(raise_alarms(watched.rows, p.probability), unwatched))
        for name, p in watched.predictions.items()
    }


def alarm_figures(runs: WatchedRuns) -> AlarmFigures:
    """Return the achieved rate of false positives with its bound, and coverage and lead with their intervals."""
    raised = np.isfinite(runs.alarm)
    _, one_each = np.unique(
        np.where(runs.negative, runs.configuration, ""), return_index=True
    )  # one negative run a configuration, for a bound whose cases are independent
    one_each = one_each[runs.negative[one_each]]

    watched = runs.grokking & np.isfinite(runs.highest)

    def rate(cases: NDArray[np.bool_]) -> Interval:
        kept = np.flatnonzero(cases)
        share = raised[kept]
        return interval(lambda i: float(share[i].mean()) if len(i) else float("nan"), runs.configuration[kept])

    def median(values: FloatArray) -> Interval:
        kept = np.flatnonzero(runs.grokking)
        of = values[kept]
        return interval(lambda i: float(np.median(of[i])) if len(i) else float("nan"), runs.configuration[kept])

    return AlarmFigures(
        target_fpr=TARGET_FPR,
        negatives=int(runs.negative.sum()),
        grokking=int(runs.grokking.sum()),
        grokking_watched=int(watched.sum()),
        fpr=rate(runs.negative),
        fpr_bound=round(clopper_pearson_bound(int(raised[one_each].sum()), len(one_each)), 4),
        coverage=rate(runs.grokking),
        coverage_watched=rate(watched),
        lead_steps=median(runs.lead),
        lead_share=median(runs.lead_share),
    )
