"""The tables of a corpus that fitting and judging read, made once: features take longer than a model of them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.landmarks import landmarks
from features.table import FeatureTable, monitored_table, table_at, training_table
from training_runs import Run
from training_runs.onset import memorization
from training_runs.signals import SIGNALS, signal_names


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

_LOSSES = signal_names("loss")
_PLAIN = signal_names("loss", "accuracy")
_WITHOUT_VALIDATION = [s.name for s in SIGNALS.values() if s.split != "val"]


class Sent(NamedTuple):
    """What a caller sends: which signals (None: all), whether the context, and of which runs: also those that have risen?"""

    signals: Collection[str] | None
    context: bool = True
    risen_too: bool = False


SIGNAL_SETS = {
    "everything": Sent(None),
    "losses, accuracies and norms": Sent(signal_names("loss", "accuracy", "norm")),
    "losses and accuracies": Sent(_PLAIN),
    "losses": Sent(_LOSSES),
    "no validation data": Sent(_WITHOUT_VALIDATION),
    # Who has none cannot tell either whether validation accuracy has risen.
    "no validation data, risen or not": Sent(_WITHOUT_VALIDATION, risen_too=True),
    "everything, no context": Sent(None, context=False),
    "losses and accuracies, no context": Sent(_PLAIN, context=False),
    "context only, no history": Sent(()),
}


@dataclass(frozen=True, eq=False)
class FittingTables:
    """What a forecaster is fitted on.

    Attributes
    ----------
    training : what is learnt from.
    monitored_rows : every checkpoint at which a monitor would ask, from memorisation to the rise.
    """

    training: FeatureTable
    monitored_rows: FeatureTable

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "FittingTables":
        """Measure every run."""
        return cls(training_table(runs), monitored_table(runs))

    def of_configurations(self, names: NDArray[np.str_]) -> "FittingTables":
        """Return the rows of some configurations."""
        return FittingTables(_part(self.training, names), _part(self.monitored_rows, names))

    def joined(self, other: "FittingTables") -> "FittingTables":
        """Return the rows of both; their configurations must differ."""
        return FittingTables(
            FeatureTable.concatenate([self.training, other.training]),
            FeatureTable.concatenate([self.monitored_rows, other.monitored_rows]),
        )


@dataclass(frozen=True, eq=False)
class CorpusTables:
    """What the benchmark fits and asks, of the same runs.

    Attributes
    ----------
    fitting : what is learnt from.
    early : by kind of landmark, rows before the rise whose outcome is known.
    by_signals : by signal set, the same rows at the headline landmark, seeing only those signals; of one set those that
        have risen too.
    """

    fitting: FittingTables
    early: dict[str, FeatureTable]
    by_signals: dict[str, FeatureTable]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "CorpusTables":
        """Measure every run at all of its landmarks."""
        early = {name: table_at(runs, choose).early() for name, choose in LANDMARKS.items()}
        by_signals = {name: _table_of(runs, sent) for name, sent in SIGNAL_SETS.items()}
        return cls(FittingTables.of(runs), early, by_signals)

    def of_configurations(self, names: NDArray[np.str_]) -> "CorpusTables":
        """Return the rows of some configurations."""
        return CorpusTables(
            self.fitting.of_configurations(names),
            {name: _part(table, names) for name, table in self.early.items()},
            {name: _part(table, names) for name, table in self.by_signals.items()},
        )


def _table_of(runs: Sequence[Run], sent: Sent) -> FeatureTable:
    at = LANDMARKS[HEADLINE]
    table = table_at(runs, at, signals=sent.signals, hide_context=not sent.context)
    return table.where(table.outcome_known()) if sent.risen_too else table.early()


def _part(table: FeatureTable, configurations: NDArray[np.str_]) -> FeatureTable:
    return table.where(np.isin(table.configuration, configurations))
