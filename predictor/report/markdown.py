"""The benchmark in words: the tables that stand in the README and in docs/benchmark.md, written by `predictor.release`."""

from typing import Any

from predictor.benchmark.methods import CONTEXT_BOOSTED, FORECASTER
from predictor.report.targets import targets_table
from predictor.report.text import interval_text, markdown_table

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
        f"{_rows_text(landmark, result['tables'][landmark])} {_headline_text(result)}\n\n"
        f"{_use_text(result)}"
    )


def _use_text(result: dict[str, Any]) -> str:
    """Say what alarms and stopping are worth, beside what there is."""
    ours, context = result["alarm"][FORECASTER], result["alarm"][CONTEXT_BOOSTED]
    decision = result["decision"]
    pruner = max((n for n in decision if "runer" in n), key=lambda n: decision[n]["kept"]["value"])
    return (
        f"Alarms on algorithmic tasks, by run: {interval_text(ours['coverage_watched'])} of the grokking runs that have not "
        f"risen when memorisation is confirmed ({ours['grokking_watched']} of {ours['grokking']}) are announced before their "
        f"rise, at a false-positive rate of {interval_text(ours['fpr'])}; of all that grok {interval_text(ours['coverage'])}, "
        f"with a median lead of {interval_text(ours['lead_share'])} of the delay, misses counted as 0. By context alone "
        f"{interval_text(context['coverage_watched'])} and {interval_text(context['coverage'])} at "
        f"{interval_text(context['fpr'])}. The corpus as one sweep: stopping what the forecast gives up keeps "
        f"{interval_text(decision[FORECASTER]['kept'])} of the grokking runs at "
        f"{interval_text(decision[FORECASTER]['compute'])} of the compute; the pruner that keeps most ({pruner}) keeps "
        f"{interval_text(decision[pruner]['kept'])} at {interval_text(decision[pruner]['compute'])}."
    )


def benchmark_page(result: dict[str, Any], version: str) -> str:
    """Return docs/benchmark.md: every kind of landmark."""
    parts = [
        "# Benchmark\n\n"
        f"Written by `python -m predictor.release`; the figures are those of forecaster {version}'s recipe on "
        f"{result['runs']} runs of {result['configurations']} configurations, {result['folds']} outer folds, whole "
        "configurations held out. `grokcast benchmark` makes them again. Figures stand with 95 % intervals by bootstrap "
        "over configurations. AUROC leaves blocked negatives out; `auroc_all` and `auroc_blocked` are in "
        "`results.json`. WHEN is scored by the median given onset within the budget: on runs that grok (a delay of more than "
        "1,000 steps), but for levels left out and runs recorded elsewhere, where it is scored on every onset. A dash stands "
        "where too little was seen.\n\n" + _headline_text(result)
    ]
    parts.append(_section(*targets_table(result)))
    for landmark, table in result["tables"].items():
        parts.append(f"## {landmark.capitalize()}\n\n{_rows_text(landmark, table)}\n\n{_table(table)}")
    parts += [_section(*section(result)) for section in SECTIONS]
    parts += [f"{_section(*external_table(e))}\n\n{_BY_ROWS}" for e in result.get("external", [])]
    if "blind" in result:
        parts.append(
            "## The blind test\n\nConfigurations frozen before any forecaster saw them, looked at once a release."
        )
        parts += [f"{_rows_text(landmark, table)}\n\n{_table(table)}" for landmark, table in result["blind"].items()]
    return "\n\n".join(parts) + "\n"


_BY_ROWS = (
    "Coverage by rows counts one without onset by the horizon as covered where its interval reaches beyond that: even a "
    "forecast that is right is above 0.90. Beside it: how many rows have their onset before the interval begins (0.05 at "
    "most, if forecasts were right), and how many of the onsets their intervals hold, with how many they would if right. "
    "Too short are recordings that end before the horizon without an onset; those that end as early with one are counted, "
    "so onsets are more frequent here than among all runs."
)

Section = tuple[str, list[str], list[list[str]]]  # title, header, rows


def alarm_table(result: dict[str, Any]) -> Section:
    """Return the ALARM layer: algorithmic tasks, by run, thresholds from the other folds."""
    header = [
        "alarm",
        "FPR",
        "95 % bound",
        "of grokking runs",
        "of those watched",
        "median lead, steps",
        "median lead share",
    ]
    rows = [
        [
            name,
            interval_text(a["fpr"]),
            f"{a['fpr_bound']:.3f}",
            interval_text(a["coverage"]),
            interval_text(a["coverage_watched"]),
            interval_text(a["lead_steps"], digits=0),
            interval_text(a["lead_share"]),
        ]
        for name, a in result["alarm"].items()
    ]
    return "Alarms on algorithmic tasks, at a false-positive rate of 5 % wanted", header, rows


def decision_table(result: dict[str, Any]) -> Section:
    """Return the DECISION layer: what pruning the corpus as one sweep would have kept and spent."""
    rows = [[name, interval_text(d["kept"]), interval_text(d["compute"])] for name, d in result["decision"].items()]
    header = ["policy", "grokking runs kept", "share of the full compute"]
    return "The corpus as one sweep", header, rows


def groups_table(result: dict[str, Any]) -> Section:
    """Return the figures of each task family and architecture at memorisation."""
    header = [
        "at memorisation",
        "rows",
        "generalise",
        "grok",
        "AUROC",
        "log10 MAE",
        "MAPE",
        "coverage of 90 %",
    ]
    rows = [
        [
            name,
            *(str(g[k]) for k in ("rows", "positives", "grokking")),
            *(interval_text(g[k]) for k in ("auroc", "log10_mae", "mape", "coverage90")),
        ]
        for name, g in result["groups"].items()
    ]
    return "By task family and architecture", header, rows


def signal_sets_table(result: dict[str, Any]) -> Section:
    """Return what the same forecaster reaches when less is sent to it."""
    rows = [
        [name, interval_text(f["auroc"]), interval_text(f["log10_mae"])] for name, f in result["signal_sets"].items()
    ]
    return "By what is sent, at memorisation", ["sent", "AUROC", "log10 MAE"], rows


def transfer_table(result: dict[str, Any]) -> Section:
    """Return every level that was left out of fitting, beside the context alone."""
    header = [
        "left out",
        "level",
        "rows",
        "generalise",
        "AUROC",
        "context only",
        "log10 MAE",
        "context only",
    ]
    figures = ("auroc", "context_only_auroc", "log10_mae", "context_only_log10_mae")
    rows = []
    for factor, found in result["transfer"].items():
        rows += [
            [
                factor,
                level,
                str(f["rows"]),
                str(f["positives"]),
                *(interval_text(f[k]) for k in figures),
            ]
            for level, f in found["levels"].items()
        ]
        missing = ", ".join(found["not_estimable"])
        rows.append([factor, "mean", "", "", *(_number(found[k]) for k in figures)])
        if missing:
            rows.append([factor, f"not estimable: {missing}", *[""] * 6])
    return "One level left out, at memorisation", header, rows


def external_table(result: dict[str, Any]) -> Section:
    """Return how the forecaster, unchanged, does on runs recorded elsewhere."""
    header = [
        "source",
        "horizon",
        "context",
        "rows",
        "onsets",
        "left out: already rising",
        "left out: too short",
        "AUROC",
        "log10 MAE",
        "coverage of 90 %, by rows",
        "onset before the 5 % quantile",
        "of onsets held",
        "if forecasts were right",
    ]
    figures = ("auroc", "log10_mae", "coverage90", "too_early", "held")
    rows = [
        [
            r["source"],
            f"{r['horizon']}x",
            "with" if r["with_context"] else "without",
            str(r["rows"]),
            str(r["onsets"]),
            str(r["already_rising"]),
            str(r["left_out"]),
            *(interval_text(r[k]) for k in figures),
            _number(r["held_if_right"]),
        ]
        for r in result["rows"]
    ]
    rows += [
        ["mean of scored sources", f"{m['horizon']}x", "both", "", "", "", "", *(_number(m[k]) for k in figures), ""]
        for m in result["means"]
    ]
    half = "the locked half" if result["locked"] else "development data"
    return f"Runs recorded elsewhere: {half}", header, rows


SECTIONS = (alarm_table, decision_table, groups_table, signal_sets_table, transfer_table)


def _section(title: str, header: list[str], rows: list[list[str]]) -> str:
    return f"## {title}\n\n{markdown_table(header, rows)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _rows_text(landmark: str, table: dict[str, Any]) -> str:
    negatives = table["negatives"]
    return (
        f"Forecasts made {landmark.removesuffix(', before the rise')}, before the rise: {table['rows']} rows, {table['positives']} generalise within their "
        f"budget ({table['grokking']} grok), {negatives['budget_censored']} run out of it, {negatives['blocked']} never "
        f"can.{_held_text(table['coverage90'])}"
    )


def _held_text(held: dict[str, float | None]) -> str:
    if held["value"] is None:
        return " None of them was followed to the end of its 90 % interval."
    return f" The 90 % intervals hold {interval_text(held)} of the onsets (Kaplan-Meier over F(T), each configuration counting once)."


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
    rows = [[name, *(interval_text(figures[c]) for c in _COLUMNS)] for name, figures in table["methods"].items()]
    return markdown_table(["method", *_COLUMNS.values()], rows)
