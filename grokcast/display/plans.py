"""Settings as a table of a terminal, a line a setting, and below it which to take."""

from grokcast.display.console import ERR, OUT
from grokcast.display.rows import show_rows
from predictor.forecast import Quantiles
from predictor.planning.comparison import Comparison, PlannedSetting, named
from predictor.planning.plan import Plan
from training_runs.probability import percent

_FIRST_TO_GO = ("memorised at", "likeliest outcome", "hours")  # in a narrow terminal
_NO_VERDICT = "no verdict"


def show_plans(answer: Comparison) -> None:
    """Print a line for each setting, the recommendation, why settings have no verdict, and what was assumed."""
    for note in answer.warnings:
        ERR.print(note, style="dim", highlight=False, soft_wrap=True)
    columns = {name: [s.setting[name] for s in answer.settings] for name in answer.settings[0].setting}
    cells = [_cells(item, k == answer.cheapest) for k, item in enumerate(answer.settings)]
    names = [name for name in cells[0] if any(cell[name] is not None for cell in cells)]
    rows = [
        (*(_value(values[k]) for values in columns.values()), *(cell[name] for name in names))
        for k, cell in enumerate(cells)
    ]
    words = [name for name, values in columns.items() if any(isinstance(v, str) for v in values)]
    show_rows((*columns, *names), rows, (*words, "likeliest outcome", ""), _FIRST_TO_GO)
    for line in _below(answer):
        OUT.print(line, highlight=False, soft_wrap=True)


def _cells(item: PlannedSetting, is_cheapest: bool) -> dict[str, str | None]:
    plan = item.plan
    if not plan.in_support:
        return {"P": _NO_VERDICT} | dict.fromkeys(
            ("memorised at", "median onset", "90 %", "likeliest outcome", "expected steps", "hours", "cost", "")
        )
    onset, end = plan.onset_step, plan.supported_until_step
    return {
        "P": percent(plan.probability_onset_by_budget),
        "memorised at": _median(plan.memorization_step, end),
        "median onset": _median(onset, end),
        "90 %": f"{_step(onset.p05, end)} to {_step(onset.p95, end)}",
        "likeliest outcome": plan.outcome.replace("memorization", "memorisation"),
        "expected steps": f"{plan.expected_steps:,}",
        "hours": None if item.expected_hours is None else f"{item.expected_hours:.3g}",
        "cost": None if item.expected_cost is None else f"{item.expected_cost:,.2f}",
        "": "cheapest" if is_cheapest else None,
    }


def _below(answer: Comparison) -> list[str]:
    shared = f"all: {named(answer.shared)}" if answer.shared else ""
    plans = [item.plan for item in answer.settings]
    unlike = dict.fromkeys(
        f"{_NO_VERDICT}: {named(item.setting)}: {reason}"
        for item in answer.settings
        if not item.plan.in_support
        for reason in item.plan.reasons
    )
    assumed = dict.fromkeys(f"assumed: {warning}" for plan in plans for warning in plan.warnings)
    recommendation = f"recommendation: {answer.recommendation}"
    lines = [recommendation, shared, _explained(plans), *unlike, *assumed, f"forecaster: {answer.forecaster}"]
    return [line for line in lines if line]


def _explained(plans: list[Plan]) -> str:
    ends = {(min(p.budget_step, p.supported_until_step), p.target_accuracy) for p in plans}
    by = {step for step, _ in ends}
    targets = {target for _, target in ends}
    until = f"step {next(iter(by)):,}" if len(by) == 1 else "the budget"
    at = f"{next(iter(targets)):g}" if len(targets) == 1 else "its target"
    return (
        f"P: of validation accuracy at {at} by {until}; expected steps: to onset or to the budget, whichever is first; "
        "a run that never generalises counts as later"
    )


def _median(quantiles: Quantiles, end: int) -> str:
    return _step(quantiles.p50, end)


def _step(step: int | None, end: int) -> str:
    return f"> {end:,}" if step is None else f"{step:,}"


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)
