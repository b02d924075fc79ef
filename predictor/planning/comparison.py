"""Settings beside each other: what each would do and cost, and which to take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from predictor.planning.plan import Plan, cheapest
from predictor.planning.question import PlanQuestion
from training_runs import Context
from training_runs.probability import percent

_SECONDS = 3600.0  # of an hour


@dataclass(frozen=True)
class PlannedSetting:
    """One of the settings.

    Attributes
    ----------
    setting : the fields in which the settings differ, as they were read.
    plan : what a run of it would do.
    expected_hours : to onset or to the budget, whichever comes first; None where no pace is given.
    expected_cost : of these hours; None where no price is given.
    """

    setting: dict[str, Any]
    plan: Plan
    expected_hours: float | None
    expected_cost: float | None


@dataclass(frozen=True)
class Comparison:
    """What a plan answers of all its settings.

    Attributes
    ----------
    shared : the fields that all settings have alike, as they were read.
    settings : in the order in which they were asked for.
    cheapest : which of them reaches the wanted probability in the fewest expected steps; None where none does.
    recommendation : the same in a sentence, or which setting is the likeliest.
    warnings : how the contexts were read.
    """

    forecaster: str
    wanted_probability: float
    shared: dict[str, Any]
    settings: tuple[PlannedSetting, ...]
    cheapest: int | None
    recommendation: str
    warnings: tuple[str, ...]

    @classmethod
    def of(
        cls, version: str, question: PlanQuestion, contexts: Sequence[Context], plans: list[Plan], notes: Sequence[str]
    ) -> "Comparison":
        """Put together what was asked and what was answered."""
        shared, differing = _parted([context.as_dict() for context in contexts])
        pace, price = question.seconds_per_step, question.cost_per_hour
        hours = [None if pace is None else plan.expected_steps * pace / _SECONDS for plan in plans]
        costs = [None if spent is None or price is None else spent * price for spent in hours]
        settings = tuple(map(PlannedSetting, differing, plans, hours, costs))
        best = cheapest(plans, question.wanted_probability)
        return cls(
            forecaster=version,
            wanted_probability=question.wanted_probability,
            shared=shared,
            settings=settings,
            cheapest=best,
            recommendation=_recommendation(settings, best, question.wanted_probability),
            warnings=tuple(notes),
        )


def named(setting: dict[str, Any]) -> str:
    """Return a setting in words: `weight_decay 0.1, optimizer adamw`."""
    return ", ".join(f"{name} {_worded(value)}" for name, value in setting.items()) or "this setting"


def _worded(value: Any) -> str:
    if value is None:
        return "not given"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parted(contexts: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the fields that are alike in all contexts, and of each the others; None where one does not have them."""
    names = list(dict.fromkeys(name for context in contexts for name in context))
    alike = {name for name in names if len({context.get(name) for context in contexts}) == 1}
    shared = {name: contexts[0][name] for name in names if name in alike}
    return shared, [{name: context.get(name) for name in names if name not in alike} for context in contexts]


def _recommendation(settings: Sequence[PlannedSetting], best: int | None, wanted: float) -> str:
    supported = [s for s in settings if s.plan.in_support]
    left_out = len(settings) - len(supported)
    beside = f"; {left_out} of {len(settings)} are unlike the runs learnt from and have no verdict" if left_out else ""
    goal = f"{100 * wanted:g} %"
    if not supported:
        return "no verdict: unlike the runs learnt from"
    if best is not None:
        return f"the cheapest that reaches {goal}: {_described(settings[best])}{beside}"
    likeliest = max(supported, key=lambda s: s.plan.probability_onset_by_budget)
    return f"none reaches {goal} by its budget; the likeliest: {_described(likeliest)}{beside}"


def _described(setting: PlannedSetting) -> str:
    plan = setting.plan
    by = min(plan.budget_step, plan.supported_until_step)
    cost = f"{plan.expected_steps:,} steps expected"
    if setting.expected_hours is not None:
        cost += f", {setting.expected_hours:.3g} hours"
    if setting.expected_cost is not None:
        cost += f" (cost {setting.expected_cost:,.2f})"
    chance = percent(plan.probability_onset_by_budget)
    return f"{named(setting.setting)}, {chance} to generalise by step {by:,}, {cost}"
