"""What runs that were learnt from had in their contexts: the likely values of a field that was not given, among runs like this one.

Runs are alike where what is known of both agrees: fields of the context, and of the history the step at which it memorised and
its first validation accuracy, which is near chance. A value is one that a run had, so it fits with what is known: no field is
varied over values which nobody trains with beside the others.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.hazard.folds import fold_of
from predictor.state import FieldsAreState
from training_runs import Context, Run, Trajectory
from training_runs.arrays import FloatArray
from training_runs.context import COUNTS, WORDS
from training_runs.onset import memorization

# Fields that features read.
FIELDS = (
    *("task_family", "operation", "modulus", "classes", "chance_accuracy", "train_size", "train_fraction"),
    *("architecture", "layers", "width", "embedding_dim", "parameters"),
    *("optimizer", "learning_rate", "weight_decay", "batch_size", "init_scale", "loss", "dropout", "label_noise"),
)
# Fields that need not be asked for beside others, from which they follow.
_FOLLOWS = {"chance_accuracy": {"classes", "modulus"}, "classes": {"modulus"}}
_NUMBERS = tuple(name for name in FIELDS if name not in WORDS)
_WORDS = tuple(name for name in FIELDS if name in WORDS)
_PLAIN = {"train_fraction", "dropout", "label_noise"}  # all other numbers are compared by their logarithms
_N_OF_HISTORY = 2
_LIKE = 60  # configurations that count as like a run
_LEAST = 20  # of them that have to have a field, or nothing is said of it
_VALUES = 5  # of a number: the medians of fifths
_LEAST_SHARE = 0.05  # of the configurations like it: words that fewer have are left out
# Another word is as far apart as three numbers at opposite ends; a field that one of two does not have, half a number.
_WORD, _NOT_KNOWN = 3.0, 0.5


@dataclass(frozen=True, eq=False)
class LikelyField:
    """A field that was not given, and what runs like this one have there.

    Attributes
    ----------
    values : likely ones, in order.
    group : of each run like this one, which value it has, or the nearest; -1 where not known. Shape (n_like,).
    """

    name: str
    values: Sequence[float | int | str]
    group: NDArray[np.int64]

    def given(self, context: Context, k: int) -> Context:
        """Return a context with the k-th value."""
        value: Any = self.values[k]
        return replace(context, **{self.name: value})


@dataclass(frozen=True, eq=False)
class RunsLikeIt:
    """The runs most like a run, those nearest first.

    Attributes
    ----------
    contexts : that of the run, what was not given taken from each of them.
    fields : those that were not given, and have more than one likely value.
    """

    contexts: Sequence[Context]
    fields: Sequence[LikelyField]


@dataclass(frozen=True, eq=False)
class SeenContexts(FieldsAreState):
    """One row for each configuration that was learnt from.

    Attributes
    ----------
    fold : which fold it is in, shape (n,): the learner of that number has not seen it.
    numbers : fields that are numbers, and what is compared of the history, shape (n, 17); NaN where not known.
    words : which of `vocabulary` each field that is a word has, shape (n, 5); -1 where not known.
    vocabulary : the words of each of those fields.
    """

    fold: NDArray[np.int8]
    numbers: FloatArray
    words: NDArray[np.int8]
    vocabulary: list[list[str]]

    @classmethod
    def fit(cls, runs: Sequence[Run]) -> "SeenContexts":
        """Keep one run of each configuration."""
        first = {run.configuration_id: run for run in reversed(runs)}
        kept = [first[name] for name in sorted(first)]
        contexts = [run.context.completed() for run in kept]
        vocabulary = [_known(getattr(c, name) for c in contexts) for name in _WORDS]
        numbers = [_numbers(c, run.trajectory) for c, run in zip(contexts, kept, strict=True)]
        return cls(
            fold=fold_of(np.array(sorted(first), dtype=np.str_), "fit").astype(np.int8),
            # 32 bits would change 0.001: what is shown is what somebody typed.
            numbers=np.array(numbers).reshape(-1, len(_NUMBERS) + _N_OF_HISTORY),
            words=np.array([_codes(c, vocabulary) for c in contexts], dtype=np.int8).reshape(-1, len(_WORDS)),
            vocabulary=vocabulary,
        )

    def where(self, kept: NDArray[np.bool_]) -> "SeenContexts":
        """Return some of the rows."""
        return SeenContexts(self.fold[kept], self.numbers[kept], self.words[kept], self.vocabulary)

    def like(self, context: Context, history: Trajectory) -> RunsLikeIt:
        """Return the runs most like one, of which a context and a history up to now are given."""
        known = context.completed()
        nearest = self._nearest(known, history)
        missing = [name for name in FIELDS if getattr(known, name) is None]
        columns = {name: self._column(name, nearest) for name in missing}
        contexts = [
            replace(context, **{name: column[k] for name, column in columns.items()}) for k in range(len(nearest))
        ]
        fields = {name: _likely(name, column) for name, column in columns.items()}
        told = {name: field for name, field in fields.items() if len(field.values) > 1}
        for name, others in _FOLLOWS.items():
            if told.keys() & others:
                told.pop(name, None)
        return RunsLikeIt(contexts, list(told.values()))

    def _nearest(self, context: Context, history: Trajectory) -> NDArray[np.intp]:
        """Return the rows nearest to a run: by Gower's distance, each number relative to its spread."""
        own, seen = _compared(np.array([_numbers(context, history)])), _compared(self.numbers)
        apart = np.minimum(np.abs(seen - own) / (2 * _spread(seen)), 1.0)
        of_numbers = np.where(np.isfinite(own), np.nan_to_num(apart, nan=_NOT_KNOWN), 0.0).sum(1)
        codes = np.array(_codes(context, self.vocabulary))
        other = np.where(self.words < 0, _NOT_KNOWN, _WORD * (self.words != codes))
        is_given = np.array([getattr(context, name) is not None for name in _WORDS])
        return np.argsort(of_numbers + (other * is_given).sum(1), kind="stable")[:_LIKE]

    def _column(self, name: str, rows: NDArray[np.intp]) -> list[Any]:
        """Return a field of some rows; None where it is not known."""
        if name in WORDS:
            k = _WORDS.index(name)
            return [None if code < 0 else self.vocabulary[k][code] for code in self.words[rows, k]]
        numbers = self.numbers[rows, _NUMBERS.index(name)].tolist()
        return [None if np.isnan(number) else int(number) if name in COUNTS else number for number in numbers]


def _likely(name: str, column: list[Any]) -> LikelyField:
    """Return the likely values of a field from those of runs alike: words, or the medians of fifths."""
    known = [value for value in column if value is not None]
    if len(known) < _LEAST:
        return LikelyField(name, (), np.full(len(column), -1))
    if name in WORDS or len(set(known)) <= _VALUES:
        counts = Counter(known)
        values = sorted(value for value, n in counts.items() if n >= _LEAST_SHARE * len(known))
        return LikelyField(name, values, np.array([values.index(v) if v in values else -1 for v in column]))
    levels = (2 * np.arange(_VALUES) + 1) / (2 * _VALUES)
    values = np.unique(np.quantile(known, levels, method="inverted_cdf")).tolist()
    nearest = [-1 if v is None else int(np.abs(_log(np.array(values)) - _log(np.array(v))).argmin()) for v in column]
    return LikelyField(name, [int(v) if name in COUNTS else v for v in values], np.array(nearest))


def _numbers(context: Context, history: Trajectory) -> list[float]:
    values = [getattr(context, name) for name in _NUMBERS]
    memorized, validated = memorization(history).step, history.recorded("val_acc")[1]
    of_history = (memorized, float(validated[0]) if len(validated) else None)
    return [np.nan if value is None else float(value) for value in (*values, *of_history)]


def _compared(numbers: FloatArray) -> FloatArray:
    """Return numbers on the scale on which they are compared."""
    is_plain = np.array([name in _PLAIN for name in _NUMBERS] + [False] * _N_OF_HISTORY)
    return np.where(is_plain, numbers, _log(numbers))


def _log(numbers: FloatArray) -> FloatArray:
    """Return log10, a thousandth-of-usual floor standing for zero, as features have it."""
    return np.asarray(np.log10(np.maximum(numbers, 1e-4)))


def _spread(seen: FloatArray) -> FloatArray:
    """Return the standard deviation of each column; 1 where there is none."""
    counted = np.isfinite(seen).sum(0) > 1
    spread = np.ones(seen.shape[1])
    spread[counted] = np.nanstd(seen[:, counted], axis=0)
    return np.where(spread > 0, spread, 1.0)


def _known(words: Iterable[str | None]) -> list[str]:
    return sorted({word for word in words if word is not None})


def _codes(context: Context, vocabulary: Sequence[Sequence[str]]) -> list[int]:
    """Return the place of each word in its vocabulary; -1 for none, and for one that nobody had."""
    words = [getattr(context, name) for name in _WORDS]
    return [known.index(word) if word in known else -1 for word, known in zip(words, vocabulary, strict=True)]
