"""What to tell next: how far a forecast would move with each field of the context that was not given.

Each gap has the forecasts with one more field, over its likely values among runs like this one. Which one comes first they do not say well:
a field alone says little where the others that it acts with (rate and decay) are not known, and what a forecast makes of a single field is
its weakest. So gaps are ordered by forecasts with every field filled in from each of the runs like this one, and by how
much of the variance of P among those the field accounts for: the first-order sensitivity index of Sobol (2001, Math. Comput.
Simul. 55, 271), by groups of its values and less what groups account for by chance. docs/gaps.md measures what that is worth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from predictor.answering.answer import median_onset, probability_by_horizon
from predictor.answering.seen_contexts import LikelyField, SeenContexts
from predictor.forecast import Gap, GapExample
from predictor.hazard.curves import OnsetCurves
from predictor.question import CheckedQuestion, Question, check
from training_runs import Context, InvalidInput
from training_runs.arrays import FloatArray

# How far P moves at memorisation, where nothing of the context is given, with one core signal beside the four others: root
# mean square over configurations that were not learnt from, as a share of that of sqrt(P (1 - P)). docs/gaps.md has the figures.
_SIGNALS = {"val_loss": 0.35, "train_loss": 0.17, "val_acc": 0.15, "train_acc": 0.12, "weight_norm": 0.05}
_LEAST_CHANGE = 0.01  # of P, root mean square over the values: what moves it less is not worth asking for


@dataclass(frozen=True, eq=False)
class Supposition:
    """A question as it would be with one more field: the k-th of its likely values."""

    field: LikelyField
    k: int
    question: CheckedQuestion


@dataclass(frozen=True, eq=False)
class SupposedQuestions:
    """What has to be forecast to say what to tell next.

    Attributes
    ----------
    fields : those that were not given, and of which runs like this one say more than one value.
    one_more : with each likely value of each field that was not given, those of a field together.
    filled_in : with every field, as each of the runs like this one has it.
    known : which of those runs could be, shape (n_like,): not those whose chance accuracy is above the target.
    """

    fields: Sequence[LikelyField]
    one_more: Sequence[Supposition]
    filled_in: Sequence[CheckedQuestion]
    known: NDArray[np.bool_]


def suppose(question: Question, seen: SeenContexts) -> SupposedQuestions:
    """Return the questions that one would be if more were given; none of them asks for another target accuracy."""
    asked = replace(question, with_gaps=False)
    target = check(asked).target_accuracy
    like = seen.like(asked.context, asked.trajectory)
    one_more = [
        Supposition(field, k, supposed)
        for field in like.fields
        for k in range(len(field.values))
        for supposed in _with_context(asked, field.given(asked.context, k))
        if supposed.target_accuracy == target
    ]
    filled_in = [list(_with_context(replace(asked, target_accuracy=target), context)) for context in like.contexts]
    known = np.array([bool(found) for found in filled_in])
    return SupposedQuestions(like.fields, one_more, [supposed for found in filled_in for supposed in found], known)


def gaps_of(supposed: SupposedQuestions, answer: Callable[[Sequence[CheckedQuestion]], OnsetCurves]) -> tuple[Gap, ...]:
    """Return the gaps that the curves which answer supposed questions show, the most telling first."""
    one_more = [supposition.question for supposition in supposed.one_more]
    asked = [*one_more, *supposed.filled_in]
    if not one_more:
        return ()
    curves = list(answer(asked))
    probability = np.array([probability_by_horizon(q, curve) for q, curve in zip(asked, curves, strict=True)])
    examples = [
        GapExample(s.field.values[s.k], float(probability[n]), median_onset(s.question, curves[n]))
        for n, s in enumerate(supposed.one_more)
    ]
    pairs = zip(supposed.one_more, examples, strict=True)
    gaps = [
        _gap(field, [(s.k, example) for s, example in group], supposed.known, probability[len(one_more) :])
        for field, group in groupby(pairs, key=lambda pair: pair[0].field)
    ]
    return tuple(sorted((gap for gap in gaps if gap is not None), key=_telling, reverse=True))


def signal_gaps(missing: Sequence[str], probability: float) -> tuple[Gap, ...]:
    """Return the core signals that were not recorded, in a measured order: they can be recorded from now on only.

    What a signal would show is no single value, so there are no examples.
    """
    spread = np.sqrt(probability * (1 - probability))
    return tuple(
        Gap(name, "signal", float(share * spread), None, ()) for name, share in _SIGNALS.items() if name in missing
    )


def _telling(gap: Gap) -> tuple[float, float]:
    low, high = gap.range_of_probability or (0.0, 0.0)
    return gap.expected_change, high - low


def _with_context(question: Question, context: Context) -> Iterator[CheckedQuestion]:
    """Yield the question with another context; nothing where that cannot be."""
    try:
        yield check(replace(question, context=context))
    except InvalidInput:
        return


def _gap(
    field: LikelyField,
    examples: Sequence[tuple[int, GapExample]],
    known: NDArray[np.bool_],
    filled_in: FloatArray,
) -> Gap | None:
    """Return the gap of a field from its examples, each with the place of its value; None where it moves P by next to nothing."""
    probability = np.array([example.probability for _, example in examples])
    runs = np.array([np.count_nonzero(field.group == k) for k, _ in examples])
    if np.sqrt(np.cov(probability, fweights=runs, bias=True)) < _LEAST_CHANGE:
        return None
    return Gap(
        name=field.name,
        kind="context",
        expected_change=accounted_for(filled_in, field.group[known]),
        range_of_probability=(float(probability.min()), float(probability.max())),
        examples=tuple(example for _, example in examples),
    )


def accounted_for(probability: FloatArray, group: NDArray[np.int64]) -> float:
    """Return the standard deviation of P that groups account for, beyond what they would by chance; -1 is no group."""
    probability, group = probability[group >= 0], group[group >= 0]
    groups = [probability[group == k] for k in np.unique(group)]
    if len(probability) <= len(groups):
        return 0.0
    within = sum(((p - p.mean()) ** 2).sum() for p in groups)
    between = ((probability - probability.mean()) ** 2).sum() - within
    by_chance = (len(groups) - 1) * within / (len(probability) - len(groups))
    return float(np.sqrt(max(between - by_chance, 0.0) / len(probability)))
