"""Tables with a row a value, or a row a split, as wide ones."""

import numpy as np
import pandas as pd

from training_runs.readers.column_choice import numbers_of
from training_runs.readers.metric_names import canonical_name, is_epoch
from training_runs.readers.recording import wide

_METRIC = {"metric", "metric_name", "key", "tag", "variable", "signal"}
_VALUE = {"value", "metric_value", "scalar"}
_SPLIT = {"split", "phase", "mode", "subset", "set", "stage", "partition", "dataset"}


def widened(table: pd.DataFrame) -> pd.DataFrame:
    """Return a long table as a wide one, with a row a value where other columns stand beside it; others as they are.

    >>> widened(pd.DataFrame({"step": [1, 1], "split": ["train", "val"], "loss": [0.5, 0.7]})).columns.tolist()
    ['step', 'train_loss', 'val_loss']
    """
    names = {str(c).strip().lower(): c for c in table.columns}
    metric, value = (next((names[n] for n in names if n in known), None) for known in (_METRIC, _VALUE))
    step = next((c for c in table.columns if canonical_name(str(c)) == "step" or is_epoch(str(c))), None)
    if metric is not None and value is not None and step is not None:
        return _by_metric(table, step, metric, value)
    split = next((names[n] for n in names if n in _SPLIT), None)
    return _by_split(table, split) if split is not None else table


def _by_metric(table: pd.DataFrame, step: str, metric: str, value: str) -> pd.DataFrame:
    rest = [c for c in table.columns if c not in (metric, value)]
    table = table.assign(**{metric: table[metric].map(str)})
    rises = all((np.diff(numbers_of(part[step])) >= 0).all() for _, part in table.groupby(metric, sort=False))
    if rest == [step] and rises:
        points = table.rename(columns={step: "step", metric: "metric", value: "value"})
        return wide(points).rename(columns={"step": step})
    columns = {name: table[value].where(table[metric] == name) for name in table[metric].unique()}
    return pd.concat([table[rest], pd.DataFrame(columns)], axis=1)


def _by_split(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return `loss` of the rows whose split is `val` as `val_loss`, and so on."""
    values = [v for v in table[split].map(str).unique() if v != "nan"]
    metrics = [c for c in table.columns if canonical_name(f"val_{c}") and canonical_name(str(c)) is None]
    if not metrics or any(canonical_name(f"{value}_loss") is None for value in values):
        return table
    kept = table[[c for c in table.columns if c not in (*metrics, split)]]
    moved = {f"{v}_{c}": table[c].where(table[split].map(str) == v) for c in metrics for v in values}
    return pd.concat([kept, pd.DataFrame(moved)], axis=1)
