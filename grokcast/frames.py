"""Many runs as DataFrames: histories in, forecasts out. pandas is imported only by who brings a DataFrame."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokcast.answer import gap_in_words
from grokcast.given_context import fields_of

if TYPE_CHECKING:
    import pandas as pd

_ACTIONS = ("continue", "undecided", "stop")


def requests_of(
    table: "pd.DataFrame",
    *,
    contexts: Mapping[Any, Any] | None = None,
    **question: Any,
) -> dict[str, dict[str, Any]]:
    """Return one forecast request for each run of a table.

    Parameters
    ----------
    table : long over runs: a column that names the run, one of steps and one for each signal; a row a checkpoint, in any
        order. Without `run_id` and `step` the columns that mean them are found as in files (`seed`, `global_step`).
    contexts : run_id -> what is known of that run, fields or words; an id that is no text is looked up as it is, then as text; of `seed=3`, `3`
        is enough.
    question : `horizon_step`, `target_accuracy`, `seconds_per_step`, `cost_per_hour`, `include`, for all runs; None is left out.

    Raises
    ------
    ValueError : no column of steps, or none that tells the runs apart.
    """
    given = {name: value for name, value in question.items() if value is not None}
    known = contexts or {}
    requests = {}
    for run_id, part, recorded in _runs(table):
        ordered = part.sort_values(_step_column(part), kind="stable")
        history = {str(c): _listed(ordered[c]) for c in ordered.columns}
        names = (run_id, str(run_id), str(run_id).rpartition("=")[2])
        context = fields_of(next((known[name] for name in names if name in known), None))
        requests[str(run_id)] = {"history": history, "context": {**recorded, **context}, **given}
    return requests


def _runs(table: "pd.DataFrame") -> "Iterator[tuple[Any, pd.DataFrame, Mapping[str, Any]]]":
    """Yield the name of each run, its rows, and what the columns that tell it apart say of its context."""
    if "run_id" in table.columns:
        _step_column(table)
        for run_id, rows in table.groupby("run_id", sort=False):
            yield run_id, rows.drop(columns="run_id"), {}
        return
    from training_runs.errors import InvalidInput
    from training_runs.readers import ReadOptions
    from training_runs.readers.column_choice import choose_columns
    from training_runs.readers.run_columns import split_runs

    named: pd.DataFrame = table.set_axis([str(c) for c in table.columns], axis=1)
    try:
        parts = split_runs(named, choose_columns(named, "table", ReadOptions()), "table", ReadOptions())
    except InvalidInput as error:
        raise _no_runs(table, str(error.value)) from None
    for part in parts:
        if part.name is None:
            raise _no_runs(table, "no column that tells runs apart")
        yield part.name, part.table, part.context


def _no_runs(table: "pd.DataFrame", why: str) -> ValueError:
    columns = ", ".join(map(str, table.columns))[:200]
    return ValueError(f"the table has columns {columns}: {why}; expected run_id and step, or columns that mean them")


def _step_column(table: "pd.DataFrame") -> Any:
    if "step" in table.columns:
        return "step"
    from training_runs.metric_names import is_epoch, meaning_of

    ranks = {c: m.rank for c in table.columns if (m := meaning_of(str(c))) and m.signal == "step"}
    ranks = ranks or {c: 0 for c in table.columns if is_epoch(str(c))}
    if not ranks:
        raise _no_runs(table, "no column of steps")
    return min(ranks, key=lambda column: ranks[column])


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
    clock = f.get("clock") or {}
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
        "onset_hours_p50": (clock.get("onset_hours") or {}).get("p50"),
        "onset_at_p50": (clock.get("onset_at") or {}).get("p50"),
        "hours_saved_by_stopping": clock.get("hours_saved_by_stopping"),
        "cost_saved_by_stopping": (clock.get("cost") or {}).get("saved_by_stopping"),
        "advice": advice.get("action"),
        "check_again_step": advice.get("check_again_step"),
        "support": support.get("score"),
        "tell_next": gap_in_words(f["gaps"][0]) if f.get("gaps") else None,
        "warnings": "; ".join(f.get("warnings") or []) or None,
        "problem": (item.get("problem") or {}).get("detail"),
    }


def _listed(column: "pd.Series[Any]") -> list[Any]:
    """Return the values of a column as JSON can hold them: None where they are missing, of any kind, or not finite."""
    return [
        None if missing or (isinstance(value, float) and not math.isfinite(value)) else value
        for value, missing in zip(column.tolist(), column.isna(), strict=True)
    ]
