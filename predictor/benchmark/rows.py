"""Which rows are judged: the landmarks, the sets of signals, and the tables that hold them, made once for all folds."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.landmarks import landmarks
from features.table import FeatureTable, table_at
from predictor.fitting_tables import FittingTables
from predictor.hazard.folds import fold_of
from predictor.measuring import measured
from training_runs import Context, Run
from training_runs.onset import memorization
from training_runs.signals import SIGNALS, signal_names


def few(runs: Sequence[Run], folds: int) -> list[Run]:
    """Return the runs of so many of five folds of configurations, always the same: enough to try something."""
    fold = fold_of(np.array([run.configuration_id for run in runs]), "quick")
    return [run for run, k in zip(runs, fold, strict=True) if k < folds]


def checkpoint_at(run: Run, step: float) -> list[int]:
    """Return the last checkpoint at or before a step, in a list; an empty one where the recording does not reach it."""
    k = int(run.trajectory.index_at(step))
    return [int(run.trajectory.steps[k])] if k >= 0 and step <= run.trajectory.observed_until else []


def _memorized_at(run: Run, factor: float) -> list[int]:
    """Return the checkpoint at a multiple of the step at which memorisation was confirmed."""
    confirmed = memorization(run.trajectory).confirmed_step
    return [] if confirmed is None else checkpoint_at(run, factor * confirmed)


HEADLINE = "at memorisation"
ANY = "any, before the rise"
LANDMARKS: dict[str, Callable[[Run], Iterable[int]]] = {
    HEADLINE: lambda run: _memorized_at(run, 1),
    "2x memorisation": lambda run: _memorized_at(run, 2),
    "4x memorisation": lambda run: _memorized_at(run, 4),
    "10 % of budget": lambda run: checkpoint_at(run, 0.1 * run.budget_step),
    ANY: lambda run: landmarks(run, np.random.default_rng(0)),
}


def measured_at_any_landmark(runs: Sequence[Run]) -> FeatureTable:
    """Return up to 8 landmarks of each run, as recorded, measured on all cores where there are many."""
    return measured(runs, _at_any_landmark)[0]


def _at_any_landmark(runs: list[Run]) -> tuple[FeatureTable]:
    return (table_at(runs, LANDMARKS[ANY]),)


_LOSSES = signal_names("loss")
_PLAIN = signal_names("loss", "accuracy")
_WITHOUT_VALIDATION = [s.name for s in SIGNALS.values() if s.split != "val"]


class SignalSet(NamedTuple):
    """What a forecast is given.

    Attributes
    ----------
    signals : the signals that are available; None for all.
    context : whether the context is given.
    include_risen : whether runs whose validation accuracy has risen stay in: without validation data that is unknown.
    """

    signals: Collection[str] | None
    context: bool = True
    include_risen: bool = False


SIGNAL_SETS = {
    "everything": SignalSet(None),
    "losses, accuracies and norms": SignalSet(signal_names("loss", "accuracy", "norm")),
    "losses and accuracies": SignalSet(_PLAIN),
    "losses": SignalSet(_LOSSES),
    "no validation data": SignalSet(_WITHOUT_VALIDATION),
    "no validation data, risen or not": SignalSet(_WITHOUT_VALIDATION, include_risen=True),
    "everything, no context": SignalSet(None, context=False),
    "losses and accuracies, no context": SignalSet(_PLAIN, context=False),
    "context only, no history": SignalSet(()),
}


@dataclass(frozen=True, eq=False)
class CorpusTables:
    """Rows of the same runs that the benchmark fits on and predicts.

    Attributes
    ----------
    fitting : what forecasters are fitted on.
    early : by kind of landmark, rows before the rise whose outcome is known.
    by_signals : by signal set, the same rows at the headline landmark with only those signals; of one set those that
        have risen too.
    """

    fitting: FittingTables
    early: dict[str, FeatureTable]
    by_signals: dict[str, FeatureTable]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "CorpusTables":
        """Measure every run at all of its landmarks."""
        early = {name: table_at(runs, choose).early() for name, choose in LANDMARKS.items()}
        by_signals = {name: _table_of(runs, signals) for name, signals in SIGNAL_SETS.items()}
        return cls(FittingTables.of(runs), early, by_signals)

    def of_configurations(self, names: NDArray[np.str_]) -> "CorpusTables":
        """Return the rows of some configurations."""
        return CorpusTables(
            self.fitting.of_configurations(names),
            {name: table.of_configurations(names) for name, table in self.early.items()},
            {name: table.of_configurations(names) for name, table in self.by_signals.items()},
        )


def _table_of(runs: Sequence[Run], available: SignalSet) -> FeatureTable:
    given: Callable[[Run], Context] = (lambda run: run.context) if available.context else lambda run: Context()
    table = table_at(runs, LANDMARKS[HEADLINE], signals=available.signals, context=given)
    return table.where(table.outcome_known()) if available.include_risen else table.early()
