"""Tables with a row a value, or a row a split, as wide ones."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from training_runs.metric_names import canonical_name, is_epoch, words_of
from training_runs.readers.column_choice import numbers_of
from training_runs.readers.recording import wide

_METRIC = {"metric", "metric_name", "metricname", "metric_key", "key", "tag", "variable", "signal", "quantity", "title"}
_METRIC |= {"measure", "measurement", "attribute", "attribute_path", "scalar", "scalar_name"}
_VALUE = {"value", "metric_value", "metricvalue", "scalar", "val", "y"}  # beside a column of metrics
_STEP = re.compile(r"(?:(?P<kind>step|epoch|iter|iteration)s?[ _-]?)?(?P<number>\d+(?:\.\d+)?k|\d+)", re.IGNORECASE)
_QUANTILE = re.compile(r"[qp]\d{1,2}|\d{1,2}th|iqr|mad|quantile|percentile|quartile")
_METRICS = {"train_loss", "train_acc", "val_loss", "val_acc"}
# Beside a metric in the name of another quantity than the metric of a run.
_OTHER_QUANTITIES = {
    "best",
    "max",
    "min",
    "highest",
    "lowest",
    "final",
    "last",
    "ema",
    "swa",
    "smoothed",
    "log",
    "log10",
    "ln",
}
_OTHER_QUANTITIES |= {
    "std",
    "stdev",
    "sem",
    "var",
    "se",
    "ci",
    "low",
    "high",
    "lower",
    "upper",
    "median",
    "delta",
    "diff",
    "gap",
}
_OTHER_QUANTITIES |= {
    "top5",
    "top3",
    "top",
    "count",
    "total",
    "correct",
    "num",
    "per",
    "ratio",
    "norm",
    "grad",
    "lr",
    "time",
    "weight",
}
_SPLIT = {
    "split",
    "phase",
    "mode",
    "subset",
    "set",
    "stage",
    "partition",
    "dataset",
    "data",
    "type",
    "kind",
    "event",
    "context",
    "runcontext",
    "run_context",
    "variant",
    "series",
}


def widened(table: pd.DataFrame) -> pd.DataFrame:
    """Return a long table as a wide one, with a row a value where other columns stand beside it; others as they are.

    >>> widened(pd.DataFrame({"step": [1, 1], "split": ["train", "val"], "loss": [0.5, 0.7]})).columns.tolist()
    ['step', 'train_loss', 'val_loss']
    """
    names = {str(c).strip().lower(): c for c in table.columns}
    metric, value = (next((names[n] for n in names if n in known), None) for known in (_METRIC, _VALUE))
    if metric is None and "name" in names and all(map(canonical_name, table[names["name"]].map(str).unique())):
        metric = names["name"]
    step = next((c for c in table.columns if canonical_name(str(c)) == "step" or is_epoch(str(c))), None)
    if metric is not None and value is not None and step is not None:
        table = _by_metric(table, step, metric, value)
    table, flag = _with_split_of_flag(table, names)
    split = flag or next((names[n] for n in names if n in _SPLIT), None)
    if split is not None:
        return _by_split(table, split)
    return table if step is None or metric is not None else _by_run(table, step)


def _with_split_of_flag(table: pd.DataFrame, names: Mapping[str, str]) -> tuple[pd.DataFrame, str | None]:
    """Return a table in which a flag `is_train` or `is_val` says the split in words, and its column; None where there is none."""
    for split, other in (("train", "val"), ("val", "train"), ("test", "train"), ("eval", "train")):
        column = next((names[n] for n in (f"is_{split}", f"is_{split}ing") if n in names), None)
        if column is not None and set(flags := table[column].map(str).str.lower()) in ({"true", "false"}, {"0", "1"}):
            return table.assign(**{column: np.where(flags.isin(["true", "1"]), split, other)}), column
    return table, None


def upright(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with a row a step for one with a column a step and a row a metric; others as they are.

    >>> upright(pd.DataFrame([["val_acc", 0.1, 0.2]], columns=["step", "10", "20"])).to_dict("list")
    {'step': ['10', '20'], 'val_acc': [0.1, 0.2]}
    """
    first, *steps = map(str, table.columns)
    if not steps or not all(map(_STEP.fullmatch, steps)) or not any(map(canonical_name, map(str, table.iloc[:, 0]))):
        return table
    turned = table.iloc[:, 1:].T.reset_index(drop=True).set_axis(table.iloc[:, 0].map(str), axis=1)
    found = [each for step in steps if (each := _STEP.fullmatch(step))]
    kind = "epoch" if (found[0]["kind"] or "").lower() == "epoch" else "step"
    turned.insert(0, first if canonical_name(first) or is_epoch(first) else kind, [each["number"] for each in found])
    return turned.rename_axis(columns=None)


def _by_run(table: pd.DataFrame, step: str) -> pd.DataFrame:
    """Return the columns `adamw_val_acc` and `sgd_val_acc`, where none is `val_acc`, as rows of the runs `adamw` and `sgd`."""
    runs: dict[str, dict[str, str]] = {}
    for column in map(str, table.columns):
        if column != step and canonical_name(column):
            return table
        if (found := _run_and_metric(column)) is not None:
            runs.setdefault(found[0], {})[column] = found[1]
    signals = [sorted(map(str, map(canonical_name, columns.values()))) for columns in runs.values()]
    if len(runs) < 2 or any(each != signals[0] for each in signals):
        return table
    others = [c for c in table.columns if all(c not in columns for columns in runs.values())]
    parts = [table[[*others, *columns]].rename(columns=columns).assign(run=run) for run, columns in runs.items()]
    return pd.concat(parts, ignore_index=True)


def _run_and_metric(column: str) -> tuple[str, str] | None:
    """Return what stands before a metric's name, or after it, and that name: `seed 0` and `val_acc`; None where it may be another quantity."""
    words = words_of(column)
    if set(words) & _OTHER_QUANTITIES or any(map(_QUANTILE.fullmatch, words)):
        return None
    for at in range(1, len(words)):
        for run, metric in ((words[:at], words[at:]), (words[at:], words[:at])):
            if canonical_name("_".join(metric)) in _METRICS:
                return " ".join(run), "_".join(metric)
    return None


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
    metrics = [c for c in table.columns if canonical_name(f"val_{c}") and canonical_name(str(c)) is None]
    measured = table[metrics].notna().any(axis=1)  # others may say more than splits: `{"type": "lr", "value": 0.1}`
    values = [v for v in table.loc[measured, split].map(str).unique() if v != "nan"]
    if not metrics or any(canonical_name(f"{value}_loss") is None for value in values):
        return table
    kept = table[[c for c in table.columns if c not in (*metrics, split)]]
    moved = {f"{v}_{c}": table[c].where(table[split].map(str) == v) for c in metrics for v in values}
    return pd.concat([kept, pd.DataFrame(moved).dropna(axis=1, how="all")], axis=1)
