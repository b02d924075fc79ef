"""Plans of runs that have not begun, as Python code asks for them and receives them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcast.answer import Answer
from grokcast.given_context import fields_of

if TYPE_CHECKING:
    import pandas as pd

    from predictor.planning.question import PlanQuestion

_QUANTILES = ("memorization_step", "onset_step", "onset_step_if_onset")


class Plans(Answer):
    """The answer for several settings: a dictionary as the service sends it as JSON, whose fields are attributes too.

    Printed it is one line, the recommendation.
    """

    def table(self) -> "pd.DataFrame":
        """Return a row for each setting, in the order in which they were asked for."""
        import pandas as pd

        return pd.DataFrame([_row(self, k) for k in range(len(self["settings"]))])

    def __str__(self) -> str:
        return str(self["recommendation"])

    __repr__ = __str__


def question_of(
    context: Mapping[str, Any] | str | Path | None,
    grid: Mapping[str, Sequence[Any]],
    contexts: Sequence[Any] = (),
    **asked: Any,
) -> "PlanQuestion":
    """Return a question about settings; a file with the contexts of several runs is a setting for each.

    `asked` are the other fields of `PlanQuestion`.

    Raises
    ------
    InvalidInput : a file that cannot be read, or what cannot be asked.
    """
    from grokcast.contexts import read_contexts
    from predictor.planning.question import PlanQuestion

    read = read_contexts(context)
    return PlanQuestion(
        context=read.for_all,
        contexts=[*map(fields_of, contexts)] or list(read.by_run.values()),
        grid={name: [values] if _is_one(values) else values for name, values in grid.items()},
        **asked,
    )


def _is_one(values: Any) -> bool:
    """Return whether the values of a field are a single one; a text is, not its letters."""
    return isinstance(values, str) or not hasattr(values, "__len__")


def _row(answer: Mapping[str, Any], k: int) -> dict[str, Any]:
    item = answer["settings"][k]
    plan = item["plan"]
    quantiles = {f"{name}_{level}": plan[name][level] for name in _QUANTILES for level in ("p05", "p50", "p95")}
    return {
        **item["setting"],
        "budget_step": plan["budget_step"],
        "probability_onset_by_budget": plan["probability_onset_by_budget"],
        "probability_memorization_by_budget": plan["probability_memorization_by_budget"],
        **quantiles,
        "outcome": plan["outcome"],
        "expected_steps": plan["expected_steps"],
        "expected_hours": item["expected_hours"],
        "expected_cost": item["expected_cost"],
        "in_support": plan["in_support"],
        "cheapest": k == answer["cheapest"],
        "reasons": "; ".join(plan["reasons"]) or None,
        "warnings": "; ".join(plan["warnings"]) or None,
    }
