"""Many runs as DataFrames: histories in, forecasts out. pandas is imported only by who brings a DataFrame."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_ACTIONS = ("continue", "undecided", "stop")


def requests_of(
    table: "pd.DataFrame",
    *,
    contexts: Mapping[Any, Mapping[str, Any]] | None = None,
    **question: Any,
) -> dict[str, dict[str, Any]]:
    """Return one forecast request for each run of a table.

    Parameters
    ----------
    table : long over runs: columns `run_id`, `step` and one for each signal; a row a checkpoint, in any order.
    contexts : run_id -> what is known of that run; an id that is no text is looked up as it is, then as text.
    question : `horizon_step`, `target_accuracy`, for all runs; None is left out.

    Raises
    ------
    ValueError : the columns `run_id` and `step` are not there.
    """
    missing = [name for name in ("run_id", "step") if name not in table.columns]
    if missing:
        raise ValueError(
            f"the table has columns {', '.join(map(str, table.columns))}; expected {' and '.join(missing)} too"
        )
    given = {name: value for name, value in question.items() if value is not None}
    known = contexts or {}
    requests = {}
    for run_id, part in table.groupby("run_id", sort=False):
        ordered = part.drop(columns="run_id").sort_values("step")
        history = {str(c): _listed(ordered[c]) for c in ordered.columns}
        context = known[run_id] if run_id in known else known.get(str(run_id), {})
        requests[str(run_id)] = {"history": history, "context": dict(context), **given}
    return requests


def table_of(run_ids: list[str], items: list[dict[str, Any]]) -> "pd.DataFrame":
    """Return one row for each run, in the order of the runs; `problem` is the reason why a run has no forecast."""
    import pandas as pd

    rows = [{"run_id": r, **_row(item)} for r, item in zip(run_ids, items, strict=True)]
    return pd.DataFrame(rows, columns=["run_id", *_row({})])


def ranked(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return items in the order of the advice, continue before undecided before stop, the likeliest onset first; problems last."""

    def place(item: dict[str, Any]) -> tuple[int, float]:
        f = item.get("forecast")
        if f is None:
            return len(_ACTIONS), 0.0
        return _ACTIONS.index(f["advice"]["action"]), -f["probability_onset_by_horizon"]

    return sorted(items, key=place)


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    f = item.get("forecast") or {}
    onset, if_onset, delay, advice, support = (
        f.get(n) or {} for n in ("onset_step", "onset_step_if_onset", "delay_steps", "advice", "support")
    )
    return {
        "observed_until_step": f.get("observed_until_step"),
        "phase": f.get("phase"),
        "memorization_step": f.get("memorization_step"),
        "horizon_step": f.get("horizon_step"),
        "probability_onset_by_horizon": f.get("probability_onset_by_horizon"),
        "onset_step_p05": onset.get("p05"),
        "onset_step_p50": onset.get("p50"),
        "onset_step_p95": onset.get("p95"),
        "onset_step_if_onset_p05": if_onset.get("p05"),
        "onset_step_if_onset_p50": if_onset.get("p50"),
        "onset_step_if_onset_p95": if_onset.get("p95"),
        "delay_steps_p05": delay.get("p05"),
        "delay_steps_p50": delay.get("p50"),
        "delay_steps_p95": delay.get("p95"),
        "advice": advice.get("action"),
        "check_again_step": advice.get("check_again_step"),
        "support": support.get("score"),
        "warnings": "; ".join(f.get("warnings") or []) or None,
        "problem": (item.get("problem") or {}).get("detail"),
    }


def _listed(column: "pd.Series[Any]") -> list[Any]:
    """Return the values of a column as JSON can hold them: None where they are missing, of any kind, or not finite."""
    return [
        None if missing or (isinstance(value, float) and not math.isfinite(value)) else value
        for value, missing in zip(column.tolist(), column.isna(), strict=True)
    ]
