"""A corpus cut at landmarks: one row per (run, landmark), with its features and its censored time to onset."""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.columns import Column, positions
from features.extract import COLUMNS, extract
from features.landmarks import (
    MIN_EVALS,
    MIN_LANDMARK,
    monitored,
    planned_landmarks,
    rise_of,
    snapped,
    while_memorized,
)
from features.phase import phase_index, phase_of
from training_runs import Context, Onset, Run, Trajectory
from training_runs.arrays import FloatArray
from training_runs.onset import (
    COMPREHENSION_DELAY_STEPS,
    as_event_time,
    generalization,
    memorization,
    target_accuracy_of,
)
from training_runs.signals import SIGNALS, signal_names

TARGETS = (0.80, 0.85, 0.90, 0.95, 0.99)
# Of the weight of a landmark, that of the row as recorded: more would serve those who send everything, at the cost of those
# who send little (docs/decisions.md).
_RECORDED = 0.6
# Of every value that is learnt from, relative: nothing may rest on a log's last digits. As recorded it is that of values
# rounded to four digits; more of it there costs forecasts with a context more than it spares others.
_NOISE, _MORE_NOISE = 2e-4, 1e-3
_EVEN_STEPS = (4, 40)  # checkpoints of a sparse log up to its landmark, at least and at most


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Rows of (run, landmark). All arrays have length n_rows; times are absolute steps.

    Attributes
    ----------
    columns : name and version of each feature.
    features : float64, shape (n_rows, n_features), in the order of the columns.
    landmark : the last step that the features have seen.
    event, time : whether onset was seen, and its step or the last step observed.
    memorized_event, memorized_time : the same for memorisation.
    target : the accuracy that counts as onset in this row.
    phase : index of the phase at the landmark, as `phase_index` gives it.
    rise : step at which generalisation became visible; infinity where it did not.
    budget : step at which the run would be stopped.
    run, configuration : identifiers; a configuration is the unit of every split.
    source : task family, architecture and cadence of the run: what recordings differ by beside their hyperparameters.
    blocked : whether the run could never generalise.
    as_recorded : whether the row saw all that was recorded, rather than a degraded part of it.
    weight : such that a configuration counts once in each third of a decade of landmarks, all its seeds together, and
        once or twice more at each landmark that memorisation adds. It counts the landmarks that were planned: weights by
        the rows that are left would favour runs that generalise.
    """

    columns: tuple[Column, ...]
    features: FloatArray
    landmark: FloatArray
    event: NDArray[np.bool_]
    time: FloatArray
    memorized_event: NDArray[np.bool_]
    memorized_time: FloatArray
    target: FloatArray
    phase: NDArray[np.int64]
    rise: FloatArray
    budget: FloatArray
    run: NDArray[np.str_]
    configuration: NDArray[np.str_]
    source: NDArray[np.str_]
    blocked: NDArray[np.bool_]
    as_recorded: NDArray[np.bool_]
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.landmark)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "FeatureTable":
        """Return some of the rows."""
        return FeatureTable(self.columns, **{name: values[rows] for name, values in self.arrays().items()})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by its name: all but the columns."""
        return {name: values for name, values in vars(self).items() if name != "columns"}

    def select(self, columns: Sequence[Column]) -> FloatArray:
        """Return some of the features, shape (n_rows, n_columns), by name and version.

        Raises
        ------
        MissingColumn : one was not measured, or in another version.
        """
        return np.take(self.features, positions(columns, self.columns), axis=1)

    def feature(self, name: str) -> FloatArray:
        """Return one feature of each row, shape (n_rows,)."""
        return self.features[:, self.position(name)]

    def position(self, name: str) -> int:
        """Return where a feature stands among the columns."""
        return [column.name for column in self.columns].index(name)

    def of_configurations(self, names: NDArray[np.str_]) -> "FeatureTable":
        """Return the rows of some configurations."""
        return self.where(np.isin(self.configuration, names))

    def outcome_known(self) -> NDArray[np.bool_]:
        """Return, for each row, whether it is known if onset came within the budget."""
        return self.event | (self.time >= self.budget)

    def grokking(self) -> NDArray[np.bool_]:
        """Return, for each row, whether its run generalises more than 1,000 steps after memorising."""
        late = self.time - self.memorized_time > COMPREHENSION_DELAY_STEPS
        return np.asarray(self.event & self.memorized_event & late)

    def early(self) -> "FeatureTable":
        """Return the rows before the rise whose outcome at the budget is known."""
        return self.where(self.outcome_known() & (self.landmark < self.rise))

    @classmethod
    def concatenate(cls, tables: Sequence["FeatureTable"]) -> "FeatureTable":
        """Return the rows of several tables of the same columns, in order."""
        columns, arrays = tables[0].columns, [table.arrays() for table in tables]
        if any(table.columns != columns for table in tables):
            raise ValueError("tables of different columns cannot be joined: measure their runs with the same features")
        return cls(columns, **{name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]})


@dataclass(frozen=True, eq=False)
class _Row:
    """What one row gets to see of a run: a history, a context, and the requested target."""

    run: Run
    history: Trajectory
    context: Context
    target: float
    as_recorded: bool = True
    weight: float = 1.0


def training_table(runs: Sequence[Run], seed: int = 0) -> FeatureTable:
    """Return two rows for each landmark of each run: as recorded, and as a user might have recorded it.

    Landmarks are up to 8 over the whole run, and up to 17 more from memorisation on, where most forecasts are requested: up
    to the rise where validation accuracy shows it. The second row has lost signals, context fields and checkpoints at
    random. One target accuracy is drawn per landmark.
    """
    planned = _planned_by_stratum(runs, seed)
    seeds = Counter(run.configuration_id for run in runs)
    return _tables(_training_rows(run, _rng(run, seed), planned, seeds) for run in runs)


def _training_rows(
    run: Run,
    rng: np.random.Generator,
    planned: Counter[tuple[str, int]],
    seeds: Counter[str],
) -> list[_Row]:
    name = run.configuration_id
    weighted = [
        (landmark, 1 / planned[name, _stratum(wanted)])
        for wanted, landmark in snapped(run, planned_landmarks(run, rng))
    ]
    dense = [(step, times / seeds[name]) for step, times in while_memorized(run, rng)]
    rows = [row for at in weighted for row in _pair(run, *at, rng)]
    rise = rise_of(run)
    return rows + [
        row
        for at in dense
        for row in _pair(run, *at, rng)
        # Who sees that validation accuracy has risen requests no more forecasts; who does not see it cannot know.
        if at[0] < rise or "val_acc" not in row.history.recorded_names()
    ]


def _pair(run: Run, landmark: int, weight: float, rng: np.random.Generator) -> list[_Row]:
    """Return a row as recorded, and one as a user might have recorded it, about one target drawn at random."""
    seen, target = run.trajectory.prefix(landmark), float(rng.choice(TARGETS))
    recorded, degraded = (share * weight for share in (_RECORDED, 1 - _RECORDED))
    row = _Row(run, with_noise(seen, _NOISE, rng), run.context, target, weight=recorded)
    noisier = replace(row, history=with_noise(seen, _MORE_NOISE, rng), weight=degraded)
    return [row, _degraded(noisier, rng)]


def table_at(
    runs: Sequence[Run],
    choose: Callable[[Run], Iterable[int]],
    *,
    signals: Collection[str] | None = None,
    context: Callable[[Run], Context] = lambda run: run.context,
) -> FeatureTable:
    """Return one row for each landmark that a rule chooses, as recorded, at each run's own default target.

    With `signals` the features see only those, with `context` what that leaves of it; what is true of the run, its labels
    included, stays the same.
    """
    seeds = Counter(run.configuration_id for run in runs)
    return _tables(
        [
            _Row(
                run,
                run.trajectory.prefix(landmark).only(SIGNALS if signals is None else signals),
                context(run),
                target=target_accuracy_of(run.context),
                weight=1.0 / seeds[run.configuration_id],
            )
            for landmark in choose(run)
        ]
        for run in runs
    )


def monitored_table(runs: Sequence[Run]) -> FeatureTable:
    """Return a row for each checkpoint (at most 24 of a run) from confirmed memorisation to the rise.

    Those are what a monitor of the run asks about, again and again.
    """
    return table_at(runs, monitored)


def _planned_by_stratum(runs: Sequence[Run], seed: int) -> Counter[tuple[str, int]]:
    """Count the landmarks planned for each configuration in each third of a decade."""
    planned: Counter[tuple[str, int]] = Counter()
    for run in runs:
        for wanted in planned_landmarks(run, _rng(run, seed)):
            planned[run.configuration_id, _stratum(wanted)] += 1
    return planned


def _stratum(landmark: float) -> int:
    return math.floor(3 * math.log10(landmark))


def _rng(run: Run, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, _number_of(run.run_id)])


def _number_of(run_id: str) -> int:
    """Return a number that is always the same for one run: our own identifiers are hashes, those of others any text."""
    digits = run_id[:15].lower()
    if len(digits) < 15 or not set(digits) <= set("0123456789abcdef"):
        digits = hashlib.sha256(run_id.encode()).hexdigest()[:15]
    return int(digits, 16)


def _tables(rows_of_runs: Iterable[list[_Row]]) -> FeatureTable:
    """Measure run by run: the histories of all rows together take a gigabyte."""
    return FeatureTable.concatenate([_table([]), *map(_table, rows_of_runs)])


def _table(rows: list[_Row]) -> FeatureTable:
    """Label and measure rows; those whose onset is already confirmed, or that cannot be measured, are left out."""
    # What is true of a run does not hang on the landmark: of its tens of rows one each finds it.
    onset, memorized_at, rise = cache(generalization), cache(memorization), cache(rise_of)
    rows = [row for row in rows if _is_open(row, onset(row.run.trajectory, row.target))]
    event, time = as_event_time([onset(r.run.trajectory, r.target) for r in rows])
    memorized = as_event_time([memorized_at(r.run.trajectory) for r in rows])
    return FeatureTable(
        columns=COLUMNS,
        features=np.array([extract(r.history, r.context) for r in rows]).reshape(-1, len(COLUMNS)),
        landmark=np.array([r.history.observed_until for r in rows], dtype=float),
        event=event,
        time=time,
        memorized_event=memorized[0],
        memorized_time=memorized[1],
        target=np.array([r.target for r in rows], dtype=float),
        phase=np.array([phase_index(phase_of(r.history, r.context, r.target)) for r in rows], dtype=np.int64),
        rise=np.array([rise(r.run, r.target) for r in rows], dtype=float),
        budget=np.array([r.run.budget_step for r in rows], dtype=float),
        run=np.array([r.run.run_id for r in rows], dtype=np.str_),
        configuration=np.array([r.run.configuration_id for r in rows], dtype=np.str_),
        source=np.array([_source(r.run) for r in rows], dtype=np.str_),
        blocked=np.array([r.run.blocked for r in rows], dtype=bool),
        as_recorded=np.array([r.as_recorded for r in rows], dtype=bool),
        weight=np.array([r.weight for r in rows], dtype=float),
    )


def _source(run: Run) -> str:
    return f"{run.context.task_family}/{run.context.architecture}/{run.cadence}"


def _is_open(row: _Row, onset: Onset) -> bool:
    landmark = row.history.observed_until
    enough = len(row.history) >= MIN_EVALS and landmark >= MIN_LANDMARK
    confirmed = onset.confirmed_step
    before_end = landmark < row.run.trajectory.observed_until
    return enough and before_end and (confirmed is None or confirmed > landmark)


_LOSSES = set(signal_names("loss"))
_PLAIN = set(signal_names("loss", "accuracy"))
_VALIDATION = set(signal_names("loss", "accuracy", split="val"))
_VALIDATED = {s.name for s in SIGNALS.values() if s.split == "val"}


def _degraded(row: _Row, rng: np.random.Generator) -> _Row:
    """Return what might be left of a row when someone else records it: fewer signals, fields and checkpoints."""
    names = set(row.history.recorded_names())
    keep = rng.random()
    if keep < 0.35:
        names &= _PLAIN
    elif keep < 0.50:
        names &= _LOSSES | ({"val_acc"} if rng.random() < 0.5 else set())
    elif keep < 0.62:
        names -= _VALIDATION
    elif keep < 0.70:
        names &= {"val_acc"}
    elif keep < 0.90:
        names = {n for n in sorted(names) if rng.random() >= 0.3} or {"train_loss"}
    history = row.history.only(names)
    if rng.random() < 0.5:
        history = _thinned(history, rng)
    if rng.random() < 0.2:
        history = _validated_rarely(history, rng)
    context = _forgotten(row.context, rng)
    return replace(row, history=history, context=context, as_recorded=False)


def _thinned(history: Trajectory, rng: np.random.Generator) -> Trajectory:
    """Return fewer checkpoints, the last among them: every k-th, or a few at even steps, as most people record them."""
    if rng.random() < 0.5:
        stride = min(int(rng.choice([2, 3, 5])), max((len(history) - 1) // (MIN_EVALS - 1), 1))
        return history.select(np.arange(len(history))[::-stride][::-1])
    few = round(np.exp(rng.uniform(*np.log(_EVEN_STEPS))))
    at = np.unique(history.index_at(history.observed_until * np.arange(1, few + 1) / few))
    at = at[at >= 0]
    return history.select(at) if len(at) >= MIN_EVALS else history


def _validated_rarely(history: Trajectory, rng: np.random.Generator) -> Trajectory:
    """Return it with validation signals at every k-th checkpoint only, the last of which may be past."""
    every = int(rng.choice([2, 4, 8]))
    past = int(rng.integers(every))
    kept = np.zeros(len(history), dtype=bool)
    kept[::-1][past::every] = True
    if kept.sum() < MIN_EVALS:
        return history
    return Trajectory(
        history.steps,
        {n: np.where(kept, v, np.nan) if n in _VALIDATED else v for n, v in history.signals.items()},
    )


def with_noise(history: Trajectory, relative: float, rng: np.random.Generator) -> Trajectory:
    """Return it as another log would hold it: what differs in the third digit must not decide a forecast."""
    factors = 1 + relative * rng.standard_normal((len(history.signals), len(history)))
    signals = {n: v * f for (n, v), f in zip(history.signals.items(), factors, strict=True)}
    for n in signals:
        low, high = SIGNALS[n].range
        if high is not None:
            signals[n] = np.minimum(signals[n], high)
    return Trajectory(history.steps, signals)


# No feature reads these yet: a draw for each would change every table that forecasters were fitted on.
_UNREAD = {"beta1", "beta2", "momentum", "nesterov", "warmup_steps", "layer_norm"}


def _forgotten(context: Context, rng: np.random.Generator) -> Context:
    if rng.random() < 0.4:
        return Context()
    given = [name for name in context.as_dict() if name not in _UNREAD]
    return replace(context, **{name: None for name in given if rng.random() < 0.2})
