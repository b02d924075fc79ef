"""A corpus cut at landmarks: one row per (run, landmark), with its features and its censored time to onset."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.curves import FloatArray
from features.extract import FEATURES, extract
from features.phase import PHASES, phase_of
from training_runs import Context, Run, Trajectory
from training_runs.onset import generalization, memorization, rise_step, target_accuracy_of

MIN_EVALS = 3  # fewer confirm nothing
MIN_LANDMARK = 10  # before step 10 a run has said nothing yet
LANDMARKS_PER_RUN = 8
TARGETS = (0.80, 0.85, 0.90, 0.95, 0.99)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Rows of (run, landmark). All arrays have length n_rows; times are absolute steps.

    Attributes
    ----------
    features : float64, shape (n_rows, n_features), in the order of `FEATURES`.
    landmark : the last step that the features have seen.
    event, time : whether onset was seen, and its step or the last step observed.
    memorized_event, memorized_time : the same for memorisation.
    target : the accuracy that counts as onset in this row.
    phase : index into `PHASES` at the landmark.
    rise : step at which generalisation became visible; infinity where it did not.
    budget : step at which the run would be stopped.
    run, configuration : identifiers; a configuration is the unit of every split.
    blocked : whether the run could never generalise.
    """

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
    blocked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.landmark)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "FeatureTable":
        """Return some of the rows."""
        return FeatureTable(**{name: values[rows] for name, values in vars(self).items()})

    @classmethod
    def concatenate(cls, tables: Sequence["FeatureTable"]) -> "FeatureTable":
        """Return the rows of several tables, in order."""
        return cls(**{n: np.concatenate([vars(t)[n] for t in tables]) for n in vars(tables[0])})

    def weights(self) -> FloatArray:
        """Return weights such that each configuration counts once in each third of a decade of landmarks."""
        stratum = np.floor(3 * np.log10(self.landmark)).astype(int).astype(str)
        keys = np.char.add(np.char.add(self.configuration, "/"), stratum)
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / counts[inverse])


@dataclass(frozen=True, eq=False)
class _View:
    """What one row gets to see: a history, a context, and the target that is asked about."""

    history: Trajectory
    context: Context
    target: float


def training_table(runs: Sequence[Run], seed: int = 0) -> FeatureTable:
    """Return two rows for each of up to 8 landmarks of each run: as recorded, and as a user might have recorded it.

    The second has lost signals, context fields and checkpoints at random. One target accuracy is drawn per landmark.
    """
    rows = []
    for run in runs:
        rng = np.random.default_rng([seed, int(run.run_id[:15], 16)])
        for landmark in landmarks(run, rng):
            target = float(rng.choice(TARGETS))
            view = _View(run.trajectory.prefix(landmark), run.context, target)
            rows += [(run, view), (run, _degraded(view, rng))]
    return _table(rows)


def table_at(runs: Sequence[Run], choose: Callable[[Run], Iterable[int]]) -> FeatureTable:
    """Return one row for each landmark that a rule chooses, as recorded, at each run's own default target."""
    rows = []
    for run in runs:
        target = target_accuracy_of(run.context)
        for landmark in choose(run):
            rows.append((run, _View(run.trajectory.prefix(landmark), run.context, target)))
    return _table(rows)


def landmarks(run: Run, rng: np.random.Generator) -> list[int]:
    """Return up to 8 checkpoints, log-spaced with jitter from step 10 to the budget.

    The grid knows the budget but not the onset: if it ended at the onset, its spacing would give the onset away.
    """
    k = np.arange(LANDMARKS_PER_RUN) + rng.uniform(size=LANDMARKS_PER_RUN)
    wanted = MIN_LANDMARK * (run.budget_step / MIN_LANDMARK) ** (k / LANDMARKS_PER_RUN)
    steps = run.trajectory.steps
    at = np.searchsorted(steps, wanted, side="right") - 1
    # A run that ended before a wanted landmark has no row there; its last checkpoint is not repeated.
    usable = (at >= MIN_EVALS - 1) & (wanted <= run.trajectory.observed_until)
    return sorted({int(steps[i]) for i in at[usable] if steps[i] >= MIN_LANDMARK})


def _table(rows: list[tuple[Run, _View]]) -> FeatureTable:
    """Label and measure rows; those whose onset is already confirmed, or that cannot be measured, are left out."""
    open_rows = [(r, v) for r, v in rows if _is_open(r, v)]
    onsets = [generalization(r.trajectory, v.target) for r, v in open_rows]
    memorized = [memorization(r.trajectory) for r, _ in open_rows]
    rises = [
        rise_step(r.trajectory, r.context.chance_accuracy or 0.0, v.target) for r, v in open_rows
    ]
    phases = [phase_of(v.history, v.context, v.target) for _, v in open_rows]
    return FeatureTable(
        features=np.array([extract(v.history, v.context) for _, v in open_rows]).reshape(-1, len(FEATURES)),
        landmark=np.array([v.history.observed_until for _, v in open_rows], dtype=float),
        event=np.array([o.step is not None for o in onsets], dtype=bool),
        time=np.array([o.step or o.observed_until for o in onsets], dtype=float),
        memorized_event=np.array([m.step is not None for m in memorized], dtype=bool),
        memorized_time=np.array([m.step or m.observed_until for m in memorized], dtype=float),
        target=np.array([v.target for _, v in open_rows], dtype=float),
        phase=np.array([PHASES.index(p or "fitting") for p in phases], dtype=np.int64),
        rise=np.array([np.inf if r is None else r for r in rises], dtype=float),
        budget=np.array([r.budget_step for r, _ in open_rows], dtype=float),
        run=np.array([r.run_id for r, _ in open_rows], dtype=np.str_),
        configuration=np.array([r.configuration_id for r, _ in open_rows], dtype=np.str_),
        blocked=np.array([r.blocked for r, _ in open_rows], dtype=bool),
    )  # fmt: skip


def _is_open(run: Run, view: _View) -> bool:
    enough = len(view.history) >= MIN_EVALS and view.history.observed_until >= MIN_LANDMARK
    before_end = view.history.observed_until < run.trajectory.observed_until
    confirmed = generalization(run.trajectory, view.target).confirmed_step
    return enough and before_end and (confirmed is None or confirmed > view.history.observed_until)


_VALIDATION = {"val_loss", "val_acc"}
_PLAIN = {"train_loss", "train_acc", "val_loss", "val_acc"}


def _degraded(view: _View, rng: np.random.Generator) -> _View:
    """Return what might be left of a row when someone else records it: fewer signals, fields and checkpoints."""
    names = set(view.history.recorded_names())
    keep = rng.random()
    if keep < 0.35:
        names &= _PLAIN
    elif keep < 0.50:
        names &= {"train_loss", "val_loss"} | ({"val_acc"} if rng.random() < 0.5 else set())
    elif keep < 0.62:
        names -= _VALIDATION
    elif keep < 0.70:
        names &= {"val_acc"}
    elif keep < 0.90:
        names = {n for n in sorted(names) if rng.random() >= 0.3} or {"train_loss"}
    history = view.history.only(names)
    if rng.random() < 0.5:
        history = _thinned(history, rng)
    return _View(history, _forgotten(view.context, rng), view.target)


def _thinned(history: Trajectory, rng: np.random.Generator) -> Trajectory:
    """Keep every k-th checkpoint, counted from the last, as long as three are left."""
    stride = min(int(rng.choice([2, 3, 5])), max((len(history) - 1) // (MIN_EVALS - 1), 1))
    return history.select(np.arange(len(history))[::-stride][::-1])


def _forgotten(context: Context, rng: np.random.Generator) -> Context:
    if rng.random() < 0.4:
        return Context()
    return replace(context, **{name: None for name in context.as_dict() if rng.random() < 0.2})
