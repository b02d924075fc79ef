"""Stored forecasters, and what a retraining found, in a terminal."""

from typing import Any

from rich.table import Table as Grid

from grokcast.display.console import OUT
from grokcast.display.tables import show_table
from predictor.report.table import Column, Table, columns
from predictor.report.tables import LOG10_MAE
from predictor.retrain import Comparison
from training_runs.escapes import printable
from training_runs.probability import percent


def show_forecasters(cards: list[dict[str, Any]]) -> None:
    """Print stored forecasters, one a line, the active one marked."""
    table = Grid.grid(padding=(0, 2))
    for card in cards:
        runs = card.get("corpus", {}).get("runs")
        learnt = "learnt from unknown runs" if runs is None else f"learnt from {runs:,} runs"
        what = f"damaged: {card['problem']}" if "problem" in card else learnt
        table.add_row(card["version"], "active" if card["active"] else "", what)
    OUT.print(table, highlight=False)


def show_comparison(comparison: Comparison) -> None:
    """Print champion and challenger side by side."""
    c = comparison
    header = (
        *(Column(""), Column(f"champion {c.champion}", digits=4), Column(f"challenger {c.challenger}", digits=4)),
        *columns("gain"),
    )
    rows = (
        ("Brier", c.champion_brier, c.challenger_brier, c.brier_gain),
        (LOG10_MAE, c.champion_log10_mae, c.challenger_log10_mae, c.log10_mae_gain),
    )
    show_table(Table(f"{c.rows:,} rows of {c.configurations:,} held-out configurations", header, rows))
    for strange in c.surprises:
        ended = "generalised" if strange.generalised else "did not generalise"
        forecast = f"{c.champion} forecast onset at {percent(strange.champion)}, {c.challenger} at {percent(strange.challenger)}"
        OUT.print(printable(f"run {strange.run_id} {ended}; {forecast}: is its recording right?"), highlight=False)
    verdict = "promoted" if c.promoted else "better, not promoted" if c.better else "not better: not promoted"
    OUT.print(f"{c.challenger}: {verdict}")
