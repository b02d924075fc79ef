"""What telling the field that a forecast's gaps name first is worth.

A run of a configuration is forecast when it has memorised, with half of its context and with none; then
with one more field, at its true value: the one named first among those the run knows, or each of those not given, whose mean is what
one at random does. By the learner, and from the likely values, that have not seen the fold of the configuration; of public runs, their
source.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.landmarks import rise_of
from features.table import FeatureTable, table_at
from predictor.answering.answer import CORE_SIGNALS, probability_by_horizon
from predictor.answering.gaps import gaps_of, suppose
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.external import CONTEXTS
from predictor.benchmark.result import ContextGiven
from predictor.benchmark.rows import HEADLINE, LANDMARKS
from predictor.forecaster import OnsetForecaster
from predictor.hazard.curves import OnsetCurve
from predictor.hazard.folds import fold_of
from predictor.hazard.time_bins import decades_after
from predictor.question import Question, check
from training_runs import InvalidInput, Run
from training_runs.arrays import FloatArray
from training_runs.onset import generalization, target_accuracy_of

Horizon = Callable[[Run, int], int]  # of a run and the last step of what is known of it


@dataclass(frozen=True)
class Told:
    """P by the horizon and decades between the 5 % and the 95 % quantile, before and after one more field.

    Attributes
    ----------
    first : the field named first, of those that the run knows.
    event : whether the onset came by the horizon.
    without, with_first, everything : with what was given, with the field named first, with the whole context.
    each : with one field more, of those not given that runs like it have, shape (n_fields, 2).
    """

    configuration: str
    first: str
    event: bool
    without: tuple[float, float]
    with_first: tuple[float, float]
    each: FloatArray
    everything: tuple[float, float]


@dataclass(frozen=True)
class Worth:
    """Means over runs, and what telling a field changes, with intervals over configurations; < 0 is better.

    Attributes
    ----------
    brier, width : without a field more, with one at random, with the one named first, and with everything.
    first_minus_random, first_minus_without : of the Brier score, and of the width.
    """

    runs: int
    named: Counter[str]
    brier: tuple[float, ...]
    width: tuple[float, ...]
    first_minus_random: tuple[Interval, Interval]
    first_minus_without: tuple[Interval, Interval]


def told(forecaster: OnsetForecaster, runs: Iterable[Run], given: ContextGiven, horizon: Horizon) -> Iterator[Told]:
    """Yield what one more field does, for each run that has memorised, has not risen, and whose outcome is known.

    Runs for which no field is named are left out.
    """
    for run in runs:
        for landmark in LANDMARKS[HEADLINE](run):
            target, until = target_accuracy_of(run.context), horizon(run, landmark)
            onset = generalization(run.trajectory, target).step
            is_known = onset is not None or run.trajectory.observed_until >= until
            if is_known and landmark < min(until, rise_of(run, target)):
                question = Question(run.trajectory.prefix(landmark), CONTEXTS[given](run), until, target)
                yield from _told(forecaster, run, question, event=onset is not None and onset <= until)


def _told(forecaster: OnsetForecaster, run: Run, question: Question, *, event: bool) -> Iterator[Told]:
    seen, unseen = forecaster.seen_contexts, run.configuration_id
    assert seen is not None
    seen = seen.where(seen.fold != fold_of(np.array([unseen]), "fit"))
    known = run.context.completed().as_dict()
    try:
        supposed = suppose(question, seen)
        fields = [field for field in supposed.fields if field.name in known]
        one_more = [replace(question.context, **{field.name: known[field.name]}) for field in fields]
        asked = [check(replace(question, context=context)) for context in (question.context, run.context, *one_more)]
    except InvalidInput:  # too few checkpoints: nobody is answered
        return
    named = [
        gap.name
        for gap in gaps_of(supposed, lambda questions: forecaster.supposed_curves(questions, unseen=unseen))
        if gap.name in known
    ]
    if not named:
        return
    curves = forecaster.supposed_curves(asked, unseen=unseen)
    without, everything, *each = [(probability_by_horizon(q, c), _width(c)) for q, c in zip(asked, curves, strict=True)]
    first = [field.name for field in fields].index(named[0])
    yield Told(unseen, named[0], event, without, each[first], np.array(each), everything)


def _width(curve: OnsetCurve) -> float:
    """Return the decades between the 5 % and the 95 % quantile, as far as the curve is supported."""
    low, high = (curve.quantile(level) for level in (0.05, 0.95))
    return (curve.reach if np.isnan(high) else high) - (curve.reach if np.isnan(low) else low)


def worth(rows: Sequence[Told]) -> Worth:
    """Return what telling the field named first is worth."""
    configuration, event = np.array([r.configuration for r in rows]), np.array([r.event for r in rows])
    ends = [np.array([getattr(r, name) for r in rows]) for name in ("without", "with_first", "everything")]
    width = [end[:, 1] for end in ends]
    error = [(end[:, 0] - event) ** 2 for end in ends]
    random_error = np.array([np.mean((r.each[:, 0] - r.event) ** 2) for r in rows])
    random_width = np.array([r.each[:, 1].mean() for r in rows])

    def change(of: FloatArray, to: FloatArray) -> Interval:
        return _mean(of - to, configuration)

    return Worth(
        runs=len(rows),
        named=Counter(r.first for r in rows),
        brier=tuple(float(e.mean()) for e in (error[0], random_error, *error[1:])),
        width=tuple(float(w.mean()) for w in (width[0], random_width, *width[1:])),
        first_minus_random=(change(error[1], random_error), change(width[1], random_width)),
        first_minus_without=(change(error[1], error[0]), change(width[1], width[0])),
    )


def _mean(values: FloatArray, configuration: NDArray[np.str_]) -> Interval:
    return interval(lambda i: float(values[i].mean()), configuration)


@dataclass(frozen=True)
class SignalWorth:
    """What one core signal adds to the four others, over runs that have memorised; < 0 of the Brier score is better.

    Attributes
    ----------
    brier : with it minus without it.
    moved : root mean square by which P moves with it.
    share : that of `moved` and of sqrt(P (1 - P)) without it.
    """

    brier: Interval
    moved: float
    share: float


def signal_worth(forecaster: OnsetForecaster, runs: Sequence[Run], given: ContextGiven) -> dict[str, SignalWorth]:
    """Return what each core signal is worth, by learners that have not seen the configurations, at the budget."""

    def forecast(signals: Collection[str]) -> tuple[FeatureTable, FloatArray]:
        table = table_at(runs, LANDMARKS[HEADLINE], signals=signals, context=CONTEXTS[given])
        curves = forecaster.curves(table, blind=True)
        return table, curves.probability(decades_after(table.budget, table.landmark))

    table, told = forecast(CORE_SIGNALS)
    early = table.outcome_known() & (table.landmark < table.rise)
    event, configuration, found = table.event[early], table.configuration[early], {}
    for name in CORE_SIGNALS:
        _, untold = forecast(set(CORE_SIGNALS) - {name})
        p, q = told[early], untold[early]
        better, moved = (p - event) ** 2 - (q - event) ** 2, float(np.sqrt(np.mean((p - q) ** 2)))
        found[name] = SignalWorth(
            brier=_mean(better, configuration),
            moved=moved,
            share=moved / float(np.sqrt(np.mean(q * (1 - q)))),
        )
    return found
