"""Tables that Aim exports (`repo.query_metrics(...).dataframe()`): a row a value, with the run and its parameters in columns."""

import pandas as pd

from training_runs.readers.recording import wide

_METRIC, _CONTEXT, _RUN, _PARAMETER = "metric.name", "metric.context.", "run.hash", "run."


def from_aim(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of Aim's with a row a step, a column a metric and its context (`loss/train`), the parameters and `run_id`; others as they are."""
    if not {_METRIC, "step", "value"} <= set(table.columns):
        return table
    names = table[_METRIC].map(str)
    for column in [c for c in table.columns if str(c).startswith(_CONTEXT)]:
        names = names + table[column].map(_inner)
    points = table.assign(metric=names, value=pd.to_numeric(table["value"], errors="coerce"))
    kept = [c for c in ("step", "metric", "value", "time") if c in points]
    if _RUN not in table.columns:
        return wide(points[kept])
    parameters = [c for c in table.columns if str(c).startswith(_PARAMETER) and c != _RUN]
    runs = []
    for run, part in points.groupby(_RUN, sort=False):
        own = {str(c).removeprefix(_PARAMETER).replace(".", "/"): part[c].iloc[0] for c in parameters}
        runs.append(wide(part[kept]).assign(run_id=run, **own))
    return pd.concat(runs, ignore_index=True)


def _inner(value: object) -> str:
    return "" if pd.isna(value) else f"/{value}"  # type: ignore[call-overload]
