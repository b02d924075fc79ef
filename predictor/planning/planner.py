"""Plans: what a setting would do, learnt from the contexts and outcomes of finished runs."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.table import TARGETS
from predictor.forecast import LEVELS, Curve, Quantiles
from predictor.hazard.rows import Rows
from predictor.planning.plan import Plan
from predictor.planning.setting import Settings
from predictor.planning.time_to_event import GRID, TimeToEvent, at_step
from training_runs import Context, InvalidInput, Run
from training_runs.arrays import FloatArray
from training_runs.onset import (
    COMPREHENSION_DELAY_STEPS,
    OUTCOMES,
    Outcome,
    as_event_time,
    generalization,
    memorization,
    target_accuracy_of,
)

MIN_CONFIGURATIONS = 40  # with each event; fewer say nothing about settings
_AT_RISK = 30  # configurations still observed at a step, or plans end there
_AS_GIVEN = 0.6  # of the weight of a run, that of the row with all of its context; the other has forgotten fields
_MOST_FORGOTTEN = 0.8
_BEYOND = 0.1  # of the range of a field: so far outside it a value is not learnt from
_N = 48  # equally likely onsets, and memorisations before each
_MIDDLES: FloatArray = (np.arange(_N) + 0.5) / _N
_CLOCK, _DECAY_CLOCK = "training_clock", "decay_clock"
# Without one of these a plan is over what runs had there.
_DECISIVE = ("task_family", "architecture", "optimizer", "learning_rate", "weight_decay", "train_size")


@dataclass(frozen=True, eq=False)
class PlanRows:
    """Runs as a planner learns from them: one row with the whole context, and one that has forgotten fields of it.

    Attributes
    ----------
    memorization, onset : the same rows with either event; their `x` is log10 of its step, or of the last step observed.
    budget : log10 of the step at which each run would be stopped.
    blocked : whether the run could never generalise.
    as_given : whether the row has the whole context.
    """

    memorization: Rows
    onset: Rows
    budget: FloatArray
    blocked: NDArray[np.bool_]
    as_given: NDArray[np.bool_]

    @classmethod
    def of(cls, runs: Sequence[Run], settings: Settings) -> "PlanRows":
        """Draw what is forgotten and the target of the second rows; the first have each task's own target."""
        rng = np.random.default_rng(0)
        own = [target_accuracy_of(run.context) for run in runs]
        drawn = rng.choice(TARGETS, len(runs)).tolist()
        given = [run.context for run in runs]
        contexts = [*given, *(_forgotten(c, rng) for c in given)]
        seeds = Counter(run.configuration_id for run in runs)
        weight = np.array([1 / seeds[run.configuration_id] for run in runs])
        features = settings.matrix(contexts)
        target = np.array([*own, *drawn])
        group = _group(settings, features)

        def rows(event: NDArray[np.bool_], time: FloatArray) -> Rows:
            return Rows(
                features=features,
                target=target,
                group=group,
                x=np.log10(np.maximum(time, 10 ** (GRID[0] + 1e-3))),
                event=event,
                configuration=np.tile(np.array([run.configuration_id for run in runs]), 2),
                weight=np.concatenate([_AS_GIVEN * weight, (1 - _AS_GIVEN) * weight]),
            )

        onsets = [generalization(r.trajectory, t) for r, t in zip([*runs, *runs], target.tolist(), strict=True)]
        return cls(
            memorization=rows(*as_event_time([memorization(run.trajectory) for run in runs] * 2)),
            onset=rows(*as_event_time(onsets)),
            budget=np.log10(np.tile([run.budget_step for run in runs], 2).astype(float)),
            blocked=np.tile(np.array([run.blocked for run in runs], dtype=bool), 2),
            as_given=np.repeat([True, False], len(runs)),
        )

    def enough(self) -> bool:
        """Whether either event came to enough configurations to learn anything of settings."""
        return all(
            len(np.unique(rows.configuration[rows.event])) >= MIN_CONFIGURATIONS
            for rows in (self.memorization, self.onset)
        )


@dataclass(frozen=True, eq=False)
class Planner:
    """Answers about settings.

    Attributes
    ----------
    settings : what is read of a context.
    memorization, onset : the time to either.
    low, high : range of each number of the contexts that were learnt from, a little widened.
    reach : log10 of the step to which enough runs were observed.
    """

    settings: Settings
    memorization: TimeToEvent
    onset: TimeToEvent
    low: FloatArray
    high: FloatArray
    reach: float

    @classmethod
    def fit(cls, runs: Sequence[Run], n_trees: int | None = None) -> "Planner | None":
        """Learn from finished runs; None where too few of them memorised or generalised."""
        settings = Settings.of([run.context for run in runs])
        rows = PlanRows.of(runs, settings)
        if not rows.enough():
            return None
        given = rows.onset.features[rows.as_given]
        low, high = _range(given)
        return cls(
            settings=settings,
            memorization=TimeToEvent.fit(rows.memorization, n_trees),
            onset=TimeToEvent.fit(rows.onset, n_trees),
            low=low,
            high=high,
            reach=_reach(rows.onset),
        )

    def plan(
        self,
        version: str,
        contexts: Sequence[Context],
        *,
        budget_step: int | None = None,
        target_accuracy: float | None = None,
    ) -> list[Plan]:
        """Return a plan of each setting.

        Parameters
        ----------
        budget_step : where training would end; by default each context's own `budget_step`.
        target_accuracy : the validation accuracy that counts as generalised. Default: by task family.

        Raises
        ------
        InvalidInput : a setting has no budget, or the target cannot be.
        """
        budgets = [_budget(context, budget_step) for context in contexts]
        assumed = [_completed(context) for context in contexts]
        contexts = [context for context, _ in assumed]
        targets = [_target(context, target_accuracy) for context in contexts]
        features = self.settings.matrix(contexts)
        group, target = _group(self.settings, features), np.array(targets)
        memorization = self.memorization.curves(features, target, group)
        onset = self.onset.curves(features, target, group)
        return [
            self._plan(version, context, budgets[k], targets[k], memorization[k], onset[k], features[k], warnings)
            for k, (context, warnings) in enumerate(assumed)
        ]

    def warm_up(self) -> None:
        """Make ready what the first plan would wait for, by making two: of nothing given, and of some numbers.

        Raises
        ------
        ValueError, IndexError : the parts do not fit together.
        """
        self.plan("", [Context(budget_step=1000), Context(budget_step=1000, learning_rate=1e-3, weight_decay=1.0)])

    def state(self) -> dict[str, Any]:
        """Return the state of each part."""
        return {
            "settings": self.settings.state(),
            "memorization": self.memorization.state(),
            "onset": self.onset.state(),
            "low": self.low,
            "high": self.high,
            "reach": self.reach,
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Planner":
        """Return the planner whose state this is."""
        return cls(
            settings=Settings.of_state(state["settings"]),
            memorization=TimeToEvent.of_state(state["memorization"]),
            onset=TimeToEvent.of_state(state["onset"]),
            low=state["low"],
            high=state["high"],
            reach=float(state["reach"]),
        )

    def _plan(
        self,
        version: str,
        context: Context,
        budget: int,
        target: float,
        memorization: FloatArray,
        onset: FloatArray,
        features: FloatArray,
        assumed: list[str],
    ) -> Plan:
        # Nobody generalises before memorising by these curves either: what is later than the onset's counts as it.
        memorization = np.maximum(memorization, onset)
        supported = int(round(10**self.reach))
        end = min(np.log10(budget), self.reach)
        by_end, memorized = _by(onset, end), _by(memorization, end)
        outcomes = _outcomes(memorization, onset, end, by_end, memorized)
        warnings = [*assumed]
        if budget > supported:
            warnings.append(
                f"too few runs were observed beyond step {supported:,}: probabilities are for that step, not for {budget:,}"
            )
        reasons = self._reasons(context, features)
        return Plan(
            forecaster=version,
            budget_step=budget,
            target_accuracy=target,
            supported_until_step=supported,
            probability_memorization_by_budget=memorized,
            probability_onset_by_budget=by_end,
            memorization_step=_quantiles(memorization, self.reach, 1.0),
            onset_step=_quantiles(onset, self.reach, 1.0),
            onset_step_if_onset=_quantiles(onset, self.reach, by_end),
            expected_steps=_expected_steps(onset, budget, end),
            outcome=max(OUTCOMES, key=lambda name: outcomes[name]),
            outcome_probabilities=outcomes,
            curve=_curve(onset, self.reach),
            in_support=not reasons,
            reasons=reasons,
            warnings=tuple(warnings),
        )

    def _reasons(self, context: Context, features: FloatArray) -> tuple[str, ...]:
        """Return why a setting is unlike what was learnt from: words and values that no run has, or nothing to go by."""
        if not np.isfinite(features).any():
            return ("nothing of this context is read: give learning_rate, weight_decay, train_size and the like",)
        outside = np.isfinite(features) & ((features < self.low) | (features > self.high))
        unlike = [self._unlike(int(k), features[k]) for k in np.flatnonzero(outside)]
        return tuple(self.settings.unknown_words(context) or unlike)

    def _unlike(self, k: int, value: float) -> str:
        (name, said), (_, low), (_, high) = (self.settings.in_words(k, v) for v in (value, self.low[k], self.high[k]))
        return f"{name} is {said:.4g}; in runs that were learnt from it is between {low:.4g} and {high:.4g}"


def _completed(context: Context) -> tuple[Context, list[str]]:
    """Return a context with what goes without saying, and in sentences what was assumed."""
    warnings = []
    if context.task_family is None and context.modulus is not None:
        context = dataclasses.replace(context, task_family="modular")
        warnings.append("task_family was not given: modular is assumed, since a modulus is given")
    known = context.completed()
    if absent := [name for name in _DECISIVE if getattr(known, name) is None]:
        warnings.append(f"not given: {', '.join(absent)}; averaged over the values that the runs learnt from had")
    return context, warnings


def _forgotten(context: Context, rng: np.random.Generator) -> Context:
    share = rng.uniform(0, _MOST_FORGOTTEN)
    given = context.as_dict()
    lost = dict.fromkeys(name for name in given if rng.random() < share)
    return dataclasses.replace(context, **lost)


def _group(settings: Settings, features: FloatArray) -> NDArray[np.int64]:
    """Return the group that each row is calibrated in: by whether learning rate and weight decay are known."""
    known = np.isfinite(features[:, [settings.numbers.index(name) for name in (_CLOCK, _DECAY_CLOCK)]])
    return np.asarray(known.sum(1), dtype=np.int64)


def _range(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest value of each column, a tenth of their distance apart from both."""
    recorded = np.isfinite(features).any(0)
    low, high = np.full(features.shape[1], -np.inf), np.full(features.shape[1], np.inf)
    low[recorded], high[recorded] = np.nanmin(features[:, recorded], 0), np.nanmax(features[:, recorded], 0)
    margin = np.zeros(features.shape[1])
    margin[recorded] = _BEYOND * (high - low)[recorded] + 1e-9
    return low - margin, high + margin


def _reach(rows: Rows) -> float:
    """Return log10 of the last step of the grid to which enough configurations were observed, or had their onset."""
    followed = [len(np.unique(rows.configuration[rows.x >= edge])) for edge in GRID[1:]]
    enough = int(np.argmin(np.array([*followed, 0]) >= _AT_RISK))
    return float(GRID[max(enough, 1)])


def _budget(context: Context, budget_step: int | None) -> int:
    budget = context.budget_step if budget_step is None else budget_step
    if budget is None or budget <= 10 ** GRID[0]:
        raise InvalidInput(
            field="budget_step",
            value=budget,
            expected=f"the step at which training would end, more than {10 ** GRID[0]:.0f}",
            hint="give it in the context, or as the budget beside it",
        )
    return budget


def _target(context: Context, target_accuracy: float | None) -> float:
    target = target_accuracy_of(context) if target_accuracy is None else target_accuracy
    if not TARGETS[0] <= target <= TARGETS[-1]:
        raise InvalidInput(
            field="target_accuracy", value=target, expected=f"a number between {TARGETS[0]} and {TARGETS[-1]}"
        )
    return target


def _by(curve: FloatArray, step: float) -> float:
    return float(np.interp(step, GRID, curve))


def _step_of(curve: FloatArray, level: FloatArray) -> FloatArray:
    """Return log10 of the step by which a curve reaches each level, the last of the grid where it does not."""
    rising = curve + 1e-12 * np.arange(len(curve))  # flat parts would leave the inverse open
    return np.asarray(np.interp(level, rising, GRID))


def _quantiles(curve: FloatArray, reach: float, of: float) -> Quantiles:
    """Return the steps by which a curve reaches each level of a share of it."""
    highest = _by(curve, reach)
    steps = (float(10 ** _step_of(curve, np.array(level * of))) if level * of <= highest else None for level in LEVELS)
    return Quantiles.of(None if step is None else round(step) for step in steps)


def _expected_steps(onset: FloatArray, budget: int, end: float) -> int:
    """Return the mean of the onset step, cut at the budget: the area under the survival function up to it."""
    inner = GRID[end > GRID]
    steps = np.array([0.0, *10**inner, 10**end])
    waiting = 1 - np.interp(np.log10(np.maximum(steps, 1)), GRID, onset)
    mean = float(np.sum(np.diff(steps) * (waiting[1:] + waiting[:-1]) / 2))
    return round(mean + (budget - 10**end) * float(waiting[-1]))


def _outcomes(
    memorization: FloatArray, onset: FloatArray, end: float, by_end: float, memorized: float
) -> dict[Outcome, float]:
    """Split the probabilities of onset and of none into Li & Sakib's classes.

    The onset and memorisation are taken as independent but for their order, as `predictor.answering.delay` does.
    """
    onsets = _step_of(onset, _MIDDLES * by_end)
    before = at_step(np.tile(memorization, (_N, 1)), onsets)
    memorizations = _step_of(memorization, (before[:, None] * _MIDDLES).ravel()).reshape(_N, _N)
    late = float(np.mean(10 ** onsets[:, None] - 10**memorizations > COMPREHENSION_DELAY_STEPS))
    return {
        "grokking": by_end * late,
        "comprehension": by_end * (1 - late),
        "memorization": memorized - by_end,
        "confusion": 1 - memorized,
    }


def _curve(onset: FloatArray, reach: float) -> Curve:
    shown = reach + 1e-9 >= GRID
    steps = np.round(10 ** GRID[shown]).astype(np.int64)
    return Curve(tuple(steps.tolist()), tuple(onset[shown].tolist()))
