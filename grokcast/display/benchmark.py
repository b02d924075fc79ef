"""The benchmark as tables of a terminal."""

from typing import Any

from rich.table import Table

from grokcast.display.console import OUT
from predictor.report.markdown import SECTIONS, external_table
from predictor.report.text import interval_text


def show_benchmark(result: dict[str, Any]) -> None:
    """Print the benchmark: one table for each kind of landmark."""
    OUT.print(f"{result['runs']} runs of {result['configurations']} configurations, {result['folds']} folds")
    for landmark, part in result["tables"].items():
        negatives = part["negatives"]
        table = Table(
            title=f"{landmark}: {part['positives']} generalise ({part['grokking']} grok), "
            f"{negatives['budget_censored']} run out of budget, {negatives['blocked']} are blocked",
            title_justify="left",
        )
        columns = ("auroc", "auroc_all", "average_precision", "brier", "log10_mae", "mape")
        for column in ("", *columns):
            table.add_column(column.replace("_", " "), justify="left" if not column else "right")
        for name, figures in part["methods"].items():
            table.add_row(name, *(interval_text(figures[c]) for c in columns))
        OUT.print(table)
        OUT.print(f"90 % intervals hold {interval_text(part['coverage90'])}\n")
    for section in SECTIONS:
        OUT.print(_section(*section(result)))
    OUT.print(headline_text(result["headline"]), highlight=False)


def headline_text(headline: dict[str, Any] | None) -> str:
    """Return the headline figures in three lines."""
    if headline is None:
        return "no landmark at memorisation could be scored"
    whether, when = headline["whether"], headline["when"]
    floor = when["noise_floor"]
    return (
        f"whether, {headline['landmark']}: AUROC {interval_text(whether['auroc'])}; "
        f"minus {whether['context_only']} {interval_text(whether['minus_context_only'])}; "
        f"minus best single signal {interval_text(whether['minus_best_signal'])}\n"
        f"when, {when['grokking_runs']} runs that grok: log10 MAE {interval_text(when['log10_mae'])}; "
        f"{when['context_only']} {interval_text(when['context_only_log10_mae'])}; "
        f"noise floor {floor['value']} ({floor['pairs']} pairs)\n"
        f"90 % intervals hold {interval_text(when['coverage90'])}"
    )


_SHOWN_ELSEWHERE = (
    "source",
    "horizon",
    "context",
    "rows",
    "onsets",
    "AUROC",
    "log10 MAE",
    "of onsets held",
)


def show_external(result: dict[str, Any]) -> None:
    """Print how the forecaster does on runs recorded elsewhere, as much of it as a terminal is wide."""
    OUT.print(f"forecaster {result['forecaster']}, unchanged; --json has all figures with their intervals")
    title, header, rows = external_table(result)
    shown = [k for k, name in enumerate(header) if name in _SHOWN_ELSEWHERE]
    bare = [[row[k].partition(" [")[0] for k in shown] for row in rows]
    OUT.print(_section(title, [header[k] for k in shown], bare))


def _section(title: str, header: list[str], rows: list[list[str]]) -> Table:
    table = Table(*header, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table
