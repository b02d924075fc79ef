"""The benchmark in words: the tables that stand in the README and in docs/benchmark.md, written by `predictor.release`."""

from typing import Any

_COLUMNS = {
    "auroc": "WHETHER: AUROC",
    "brier": "Brier",
    "log10_mae": "WHEN: log10 MAE",
    "mape": "MAPE",
}


def headline_table(result: dict[str, Any]) -> str:
    """Return the table of the headline landmark, and under it what the rows are and what the intervals cover."""
    landmark = result["headline"]["landmark"]
    return (
        f"{_table(result['tables'][landmark])}\n\n"
        f"{_rows_text(landmark, result['tables'][landmark])} {_headline_text(result)}"
    )


def benchmark_page(result: dict[str, Any], version: str) -> str:
    """Return docs/benchmark.md: every kind of landmark."""
    parts = [
        "# Benchmark\n\n"
        f"Written by `python -m predictor.release`; the figures are those of forecaster {version}'s recipe on "
        f"{result['runs']} runs of {result['configurations']} configurations, {result['folds']} outer folds, whole "
        "configurations held out. `grokcast benchmark` makes them again. Figures stand with 95 % intervals by bootstrap "
        "over configurations. AUROC leaves blocked negatives out; `auroc_all` and `auroc_blocked` are in "
        "`results.json`. WHEN is scored on runs that grok (a delay of more than 1,000 steps), by the median given onset "
        "within the budget.\n\n" + _headline_text(result)
    ]
    for landmark, table in result["tables"].items():
        parts.append(
            f"## {landmark.capitalize()}\n\n{_rows_text(landmark, table)}\n\n{_table(table)}"
        )
    return "\n\n".join(parts) + "\n"


def _rows_text(landmark: str, table: dict[str, Any]) -> str:
    negatives = table["negatives"]
    return (
        f"Forecasts made {landmark}, before the rise: {table['rows']} rows, {table['positives']} generalise within their "
        f"budget ({table['grokking']} grok), {negatives['budget_censored']} run out of it, {negatives['blocked']} never "
        f"can. The 90 % intervals hold {interval_text(table['coverage90'])} of the onsets (Kaplan-Meier over F(T))."
    )


def _headline_text(result: dict[str, Any]) -> str:
    whether, when = result["headline"]["whether"], result["headline"]["when"]
    floor = when["noise_floor"]
    return (
        f"AUROC minus the stronger context-only model: {interval_text(whether['minus_context_only'])}; minus the best single "
        f"signal: {interval_text(whether['minus_best_signal'])}. Two seeds of one configuration differ by "
        f"{floor['difference']} in log10 onset on average ({floor['pairs']} pairs, {floor['half_censored_pairs']} more "
        f"half-censored): knowing a configuration's typical onset would leave an error of about {floor['value']}."
    )


def _table(table: dict[str, Any]) -> str:
    lines = [
        "| method | " + " | ".join(_COLUMNS.values()) + " |",
        "|---" * (len(_COLUMNS) + 1) + "|",
    ]
    for name, figures in table["methods"].items():
        lines.append(
            f"| {name} | " + " | ".join(interval_text(figures[c]) for c in _COLUMNS) + " |"
        )
    return "\n".join(lines)


def interval_text(figure: dict[str, float | None]) -> str:
    """Return `value [low, high]`; a dash where a figure is not defined."""
    if figure["value"] is None:
        return "-"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
