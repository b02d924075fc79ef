"""Stored forecasters, and what a retraining found, in a terminal."""

from typing import Any

from rich.table import Table

from grokcast.display.console import OUT
from predictor.report.text import interval_text
from predictor.retrain import Comparison


def show_forecasters(cards: list[dict[str, Any]]) -> None:
    """Print stored forecasters, one a line, the active one marked."""
    table = Table.grid(padding=(0, 2))
    for card in cards:
        made_from = card["corpus"]
        table.add_row("*" if card["active"] else "", card["version"], f"{made_from['runs']} runs")
    OUT.print(table, highlight=False)


def show_comparison(comparison: Comparison) -> None:
    """Print champion and challenger side by side."""
    c = comparison
    table = Table(title=f"{c.rows} rows of {c.configurations} held-out configurations", title_justify="left")
    for column in ("", f"champion {c.champion}", f"challenger {c.challenger}", "gain"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row(
        "Brier",
        f"{c.champion_brier:.4f}",
        f"{c.challenger_brier:.4f}",
        interval_text(vars(c.brier_gain)),
    )
    table.add_row(
        "log10 MAE",
        f"{c.champion_log10_mae:.4f}",
        f"{c.challenger_log10_mae:.4f}",
        interval_text(vars(c.log10_mae_gain)),
    )
    OUT.print(table)
    verdict = "promoted" if c.promoted else "better, not promoted" if c.better else "not better: not promoted"
    OUT.print(f"{c.challenger}: {verdict}")
